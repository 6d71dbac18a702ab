"""A restore loses nothing that is under legal hold, and undoes no release."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.edited_home import EditedHome, grown, started
from tests.support.program import run_here

pytestmark = pytest.mark.slices


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    return grown(tmp_path_factory.mktemp("grown"))


@pytest.fixture
def home(first: EditedHome, tmp_path: Path) -> EditedHome:
    return first.copied(tmp_path / "copied")


async def ran(*words: str) -> tuple[int, str]:
    """A command to its end, on a thread: the code, and what it said."""
    with ThreadPoolExecutor(1) as pool:
        loop = asyncio.get_running_loop()
        done = await loop.run_in_executor(pool, lambda: run_here(*words))
    return done.returncode, done.stdout + done.stderr


async def backed_up(home: EditedHome) -> str:
    file = str(home.kept / "held")
    assert (await ran("backup", file, "--home", str(home.home)))[0] == 0
    return file


async def changed(home: EditedHome, *calls: str) -> None:
    """Have a host do this to the large thread."""
    params = {"threadId": home.large, "reason": "case"}
    async with started(home.home) as client:
        for method in calls:
            of = params if method.startswith("host/hold") else {"threadId": home.large}
            await client.call(method, of)


async def test_a_log_in_which_something_is_held_is_not_replaced(home: EditedHome) -> None:
    words = ("restore", await backed_up(home), "--home", str(home.home), "--replace")
    await changed(home, "host/hold/set")
    code, said = await ran(*words)
    assert code == 1
    assert f"1 thread under legal hold, whose log is not replaced: {home.large};" in said
    await changed(home, "host/hold/release")
    assert (await ran(*words))[0] == 0


async def test_what_the_backup_holds_and_the_home_released_and_deleted_is_deleted_again(
    home: EditedHome,
) -> None:
    await changed(home, "host/hold/set")
    file = await backed_up(home)
    await changed(home, "host/hold/release", "thread/delete")
    at = ("--home", str(home.home))
    code, said = await ran("restore", file, *at, "--replace", "--delete-again")
    assert (code, f"deleted again: {home.large}" in said) == (0, True)
    assert (await ran("log", "verify", *at))[0] == 0
