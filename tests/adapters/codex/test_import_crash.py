"""A crash or a full disk at any point of an import leaves whole threads, and a repeat completes."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import threadhost
from tests.support.dying import died, run_doomed
from tests.support.import_crash import POINTS, content, made
from tests.support.program import run_here
from tests.support.shares import shared_out
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events import failpoints
from threadhost.events.base import Event

PARTS = 8
PARTS_OF_SLICES = 1


def in_a_process(home: Path, codex: Path, point: str = "none", times: int = 0) -> tuple[int, str]:
    """Import a codex home in a process of its own; its exit code and output."""
    return run_doomed("import_crash", home, codex, point, times)


class Undisturbed:
    """A codex home, the log after an import without a crash, and how often points were reached."""

    def __init__(self, folder: Path) -> None:
        self.codex = made(folder / "codex").folder
        code, output = in_a_process(folder / "whole", self.codex)
        assert code == 0
        self.content = content(folder / "whole")
        self.reached: dict[str, int] = json.loads(output)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return Undisturbed(tmp_path_factory.mktemp("undisturbed"))


def assert_whole_threads(found: dict[str, list[Event]], wanted: dict[str, list[Event]]) -> None:
    """Assert that each thread is complete or absent, and that trees name no absent thread."""
    for stream, events in found.items():
        if stream.startswith("thread-"):
            assert events in ([], wanted[stream])
    there = {one.removeprefix("thread-") for one in found if found[one]}
    for events in found.values():
        named = {getattr(e, "child_id", None) or getattr(e, "fork_id", None) for e in events}
        assert named - {None} <= there


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("part", shared_out(PARTS, PARTS_OF_SLICES))
def test_threads_are_whole_wherever_the_host_dies_and_a_repeat_imports_the_rest(
    point: str, part: int, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    for times in range(part, undisturbed.reached.get(point, 0), PARTS):
        home = tmp_path / str(times)
        if not died(in_a_process(home, undisturbed.codex, point, times), point, times):
            continue  # how many threads a commit takes is left to chance
        if (home / "threadhost.db").exists() and (home / "keys.db").exists():
            assert_whole_threads(content(home), undisturbed.content)
        assert in_a_process(home, undisturbed.codex)[0] == 0
        assert content(home) == undisturbed.content
        assert run_here("log", "verify", "--home", str(home)).returncode == 0


@pytest.fixture
def full_disk() -> Iterator[None]:
    """The disk has room for two commits."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    commits = 0

    def fail() -> None:
        nonlocal commits
        commits += 1
        if commits > 2:
            raise error

    failpoints.arm("store.before_commit", fail)
    yield
    failpoints.disarm()


@pytest.mark.slices
async def test_a_full_disk_ends_an_import_with_clear_words_and_a_repeat_goes_on(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    codex, home = made(tmp_path / "codex").folder, tmp_path / "home"
    params = {"path": str(codex)}
    async with threadhost.open(home) as host, host.connect() as client:
        request.getfixturevalue("full_disk")
        with pytest.raises(RpcError, match="no space is left"):
            await client.call("host/import/codex", params)
        failpoints.disarm()
        answer = await client.call("host/import/codex", params)
        counts = answer["counts"]
        assert (counts["left"], counts["imported"] + counts["unchanged"]) == (0, 6)
        assert 0 < counts["unchanged"] < 6
