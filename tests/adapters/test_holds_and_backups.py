"""A restore loses nothing that is under legal hold, and undoes no release."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

import threadhost
from tests.support.edited_home import EditedHome, grown, started
from tests.support.program import run_here
from threadhost.adapters.config import Settings
from threadhost.adapters.jsonrpc.errors import RpcError

pytestmark = pytest.mark.slices


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    return grown(tmp_path_factory.mktemp("grown"))


@pytest.fixture
def home(first: EditedHome, tmp_path: Path) -> EditedHome:
    return first.copied(tmp_path / "copied")


async def ran(*words: str) -> tuple[int, str]:
    """Run a command to its end on a thread; its exit code and its output."""
    with ThreadPoolExecutor(1) as pool:
        loop = asyncio.get_running_loop()
        done = await loop.run_in_executor(pool, lambda: run_here(*words))
    return done.returncode, done.stdout + done.stderr


async def backed_up(home: EditedHome) -> str:
    file = str(home.kept / "held")
    assert (await ran("backup", file, "--home", str(home.home)))[0] == 0
    return file


async def call_host(home: EditedHome, *calls: str) -> None:
    """Call these methods of a host for the large thread."""
    params = {"threadId": home.large, "reason": "case"}
    async with started(home.home) as client:
        for method in calls:
            of = params if method.startswith("host/hold") else {"threadId": home.large}
            await client.call(method, of)


async def test_a_restore_does_not_replace_a_log_with_a_held_thread(home: EditedHome) -> None:
    words = ("restore", await backed_up(home), "--home", str(home.home), "--replace")
    await call_host(home, "host/hold/set")
    code, said = await ran(*words)
    assert code == 1
    assert f"1 thread under legal hold, so its log is not replaced: {home.large};" in said
    await call_host(home, "host/hold/release")
    assert (await ran(*words))[0] == 0


async def test_a_thread_whose_key_is_lost_can_be_held_and_released_but_not_changed(
    home: EditedHome,
) -> None:
    await call_host(home, "host/hold/set")
    held = {"threadId": home.large, "reason": "case"}
    stream = (f"thread-{home.large}",)
    key = home.value("SELECT key_id FROM stream_state WHERE stream = ?", stream)
    with closing(sqlite3.connect(home.home / "keys.db")) as keys, keys:
        keys.execute("DELETE FROM keys WHERE id = ?", (key,))
    settings = Settings(home.home, listen=(), allow_missing_keys=True)
    async with threadhost.open(settings) as host, host.connect() as client:
        with pytest.raises(RpcError, match=f"its key {key} is missing, though it was not"):
            await client.call("thread/name/set", {"threadId": home.large, "name": "n"})
        answer = await client.call("host/hold/set", {**held, "matter": "second"})
        assert answer["hold"]["reason"] is None
        with pytest.raises(RpcError, match="under legal hold"):
            await client.delete_thread(home.large)
        for matter in ("hold", "second"):
            await client.call("host/hold/release", {**held, "matter": matter})
        await client.delete_thread(home.large)


HOLD_SET = "type = 'tree.hold_set.v1'"


@pytest.mark.parametrize(
    "damage",
    [
        f"UPDATE events SET payload = X'7b7d' WHERE {HOLD_SET}",
        f"UPDATE events SET payload = NULL WHERE {HOLD_SET}",
        "DELETE FROM thread_holds",
        "DROP TABLE thread_holds",
    ],
)
async def test_a_hold_that_is_missing_in_the_view_still_keeps_the_log_from_being_replaced(
    home: EditedHome, damage: str
) -> None:
    words = ("restore", await backed_up(home), "--home", str(home.home), "--replace")
    await call_host(home, "host/hold/set")
    home.sql(damage)
    code, said = await ran(*words)
    assert code == 1
    assert f"1 thread under legal hold, so its log is not replaced: {home.large};" in said


async def test_a_damaged_hold_in_a_backup_is_released_if_its_thread_is_deleted_again(
    home: EditedHome,
) -> None:
    await call_host(home, "host/hold/set")
    sound = home.database.read_bytes()
    home.sql(f"UPDATE events SET payload = X'7b7d' WHERE {HOLD_SET}")
    at = ("--home", str(home.home))
    file = str(home.kept / "held")
    assert (await ran("backup", file, *at))[0] == 1
    home.database.write_bytes(sound)
    await call_host(home, "host/hold/release", "thread/delete")
    code, said = await ran("restore", file, *at, "--replace", "--delete-again")
    assert (code, f"deleted again: {home.large}" in said) == (0, True), said


async def test_a_thread_held_in_the_backup_and_released_and_deleted_since_is_deleted_again(
    home: EditedHome,
) -> None:
    await call_host(home, "host/hold/set")
    file = await backed_up(home)
    await call_host(home, "host/hold/release", "thread/delete")
    at = ("--home", str(home.home))
    code, said = await ran("restore", file, *at, "--replace", "--delete-again")
    assert (code, f"deleted again: {home.large}" in said) == (0, True)
    assert (await ran("log", "verify", *at))[0] == 0


async def test_a_hold_set_in_a_copy_of_the_home_is_not_released_by_the_original(
    home: EditedHome, tmp_path: Path
) -> None:
    """The copy holds the thread; the original, which never held it, has deleted it."""
    copy = home.copied(tmp_path / "copy")
    await call_host(copy, "host/hold/set")
    file = await backed_up(copy)
    await call_host(home, "thread/delete")
    at = ("--home", str(home.home))
    assert (await ran("erase", "--backup", file, *at))[0] == 1
    code, said = await ran("restore", file, *at, "--replace", "--delete-again")
    assert (code, f"thread is under legal hold: {home.large} (matter hold" in said) == (1, True)
    new = ("--home", str(tmp_path / "new"))
    assert (await ran("restore", file, *new))[0] == 0
    assert home.large in (await ran("threads", "holds", *new))[1]


@pytest.mark.parametrize("damage", ["overwritten", "missing"])
async def test_a_hold_in_a_backup_is_not_released_if_the_log_of_the_home_cannot_be_read(
    home: EditedHome, tmp_path: Path, damage: str
) -> None:
    await call_host(home, "host/hold/set")
    file = await backed_up(home)
    await call_host(home, "host/hold/release", "thread/delete")
    home.database.unlink()
    if damage == "overwritten":
        home.database.write_bytes(b"no log " * 1000)
    before = home.database.exists() and home.database.read_bytes()
    code, said = await ran("restore", file, "--home", str(home.home), "--replace", "--delete-again")
    assert (code, f"thread is under legal hold: {home.large} (matter hold" in said) == (1, True)
    assert before == (home.database.exists() and home.database.read_bytes())
    new = ("--home", str(tmp_path / "new"))
    assert (await ran("restore", file, *new))[0] == 0
    assert home.large in (await ran("threads", "holds", *new))[1]


async def test_a_thread_erased_from_a_backup_is_restored_as_deleted_by_a_home_that_went_back(
    home: EditedHome, tmp_path: Path
) -> None:
    at, older = ("--home", str(home.home)), str(tmp_path / "older")
    assert (await ran("backup", older, *at))[0] == 0
    await call_host(home, "host/hold/set")
    file = await backed_up(home)
    await call_host(home, "host/hold/release", "thread/delete")
    assert (await ran("erase", "--backup", file, *at))[0] == 0
    assert (await ran("restore", older, *at, "--replace", "--delete-again"))[0] == 0
    code, said = await ran("restore", file, *at, "--replace")
    assert (code, f"deleted again: {home.large}" in said) == (0, True), said
