"""A crash at any point of a fork that is written in slices leaves the whole fork or none."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.dying import died, run_doomed
from tests.support.fork_crash import LARGE, POINTS, TURNS, grown
from tests.support.program import run_here
from tests.support.shares import shared_out

PARTS = 4
PARTS_OF_SLICES = 1


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a thread to fork."""
    return tmp_path_factory.mktemp("begun") / "home"


@pytest.fixture
async def source(begun: Path) -> str:
    named = begun.with_name("source")
    if not named.exists():
        named.write_text(await grown(begun))
    return named.read_text()


async def turns_of(client: Any, thread_id: str) -> list[Any]:
    read = await client.call("thread/read", {"threadId": thread_id, "includeTurns": True})
    turns: list[Any] = read["thread"]["turns"]
    return turns


async def assert_whole_or_none(home: Path, source: str) -> int:
    """How many forks a host finds at its start; assert that each is whole."""
    async with threadhost.open(home) as host, host.connect() as client:
        listed = [one["id"] for one in (await client.call("thread/list", {}))["data"]]
        forks = [one for one in listed if one != source]
        kept = await turns_of(client, source)
        for fork in forks:
            assert await turns_of(client, fork) == kept
        assert len(kept) == TURNS
        preview = await client.call("host/thread/previewDelete", {"threadId": source})
        assert preview["survivingForks"] == forks
        reads = host.app.logs.durable.reads
        for table, column in (("threads", "id"), ("turns", "thread_id"), ("items", "thread_id")):
            rows = await reads.rows(f"SELECT DISTINCT {column} FROM {table}")
            assert {row[0] for row in rows} == {source, *forks}
        return len(forks)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("part", shared_out(PARTS, PARTS_OF_SLICES))
async def test_a_start_after_a_crash_in_a_fork_has_the_whole_fork_or_none(
    point: str, part: int, begun: Path, source: str, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(begun, whole)
    code, output = run_doomed("fork_crash", whole, source, "none", 0)
    assert code == 0
    assert await assert_whole_or_none(whole, source) == 1
    for times in range(part, json.loads(output).get(point, 0), PARTS):
        home = tmp_path / str(times)
        shutil.copytree(begun, home)
        run = run_doomed("fork_crash", home, source, point, times)
        if not died(run, point, times):
            continue
        assert await assert_whole_or_none(home, source) in (0, 1)
        assert run_here("log", "verify", "--home", str(home)).returncode == 0
        blobs = [path for path in (home / "blobs").rglob("*") if path.is_file()]
        assert all(path.stat().st_size >= len(LARGE) for path in blobs)
