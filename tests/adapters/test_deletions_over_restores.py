"""Deleted things stay deleted, whichever backups are restored in whichever order."""

import asyncio
import random
import shutil
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.program import run_here
from threadhost.adapters.client.client import Client
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events import failpoints
from threadhost.events.store.errors import StoreUnavailable

pytestmark = pytest.mark.slices
REMEMBERING = "[features]\nmemories = true\n[memories]\nmin_rollout_idle_hours = 0\n"
AGAIN = "--delete-again"


class Home:
    """A home at rest, and the commands for its backups."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "home"
        self.path.mkdir()

    def command(self, *words: str) -> tuple[int, str]:
        """The exit code of a command on this home, and its output."""
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(run_here, *words, "--home", str(self.path)).result()
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    def backup(self, name: str) -> str:
        """A new backup; its path."""
        file = str(self.folder / name)
        assert self.command("backup", file)[0] == 0
        return file

    def restore(self, file: str, *words: str) -> str:
        """The output of a restore that replaces the log."""
        code, said = self.command("restore", file, "--replace", *words)
        assert code == 0, said
        return said

    def refused(self, file: str) -> str:
        """Why a restore is refused."""
        code, said = self.command("restore", file, "--replace")
        assert code == 1
        return said

    @asynccontextmanager
    async def host(self) -> AsyncIterator[Client]:
        """A client of a host on this home."""
        async with threadhost.open(self.path) as host, host.connect("tester") as client:
            yield client

    async def ask(self, method: str, **params: Any) -> Any:
        """The answer of a host on this home."""
        async with self.host() as client:
            return await client.call(method, params)

    async def thread(self, words: str) -> str:
        """A new thread with a turn."""
        async with self.host() as client:
            thread = await client.start_thread(cwd=str(self.folder))
            await client.run_turn(thread.id, words)
            return str(thread.id)

    async def job(self, runner_id: str) -> str:
        """A new job, cancelled."""
        rows = self.folder / "rows.csv"
        rows.write_text("name\nmarmot\n")
        asked = {"threadId": runner_id, "inputPath": str(rows), "instruction": "say {name}"}
        async with self.host() as client:
            job_id = (await client.call("job/create", asked))["job"]["id"]
            await client.call("job/cancel", {"jobId": job_id})
        return str(job_id)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


async def test_a_thread_that_an_older_backup_never_had_is_not_brought_back_by_a_newer_one(
    home: Home,
) -> None:
    kept = await home.thread("kept")
    older = home.backup("older")
    later = await home.thread("deleted later")
    newer = home.backup("newer")
    await home.ask("thread/delete", threadId=later)
    home.restore(older)
    assert f"1 thread that {home.path} knows as deleted would live again: {later}" in home.refused(
        newer
    )
    home.restore(older)  # what it knew goes with it again
    assert f"deleted again: {later}\n" in home.restore(newer, AGAIN)
    listed = await home.ask("thread/list")
    assert [thread["id"] for thread in listed["data"]] == [kept]
    assert home.command("log", "verify")[0] == 0
    assert home.command("doctor")[0] in (0, 5)


@pytest.mark.few(2)
@pytest.mark.parametrize("seed", range(5, 13))
async def test_after_any_chain_of_restores_exactly_the_threads_that_nobody_deleted_live(
    home: Home, seed: int
) -> None:
    rng = random.Random(seed)
    living, deleted = {await home.thread("first")}, set[str]()
    backups = [(home.backup("0"), frozenset(living))]
    for number in range(1, 30):
        match rng.choice(("start", "delete", "back up", "restore")):
            case "start":
                living.add(await home.thread(str(number)))
            case "delete" if living:
                thread_id = rng.choice(sorted(living))
                await home.ask("thread/delete", threadId=thread_id)
                living.discard(thread_id)
                deleted.add(thread_id)
            case "back up":
                backups.append((home.backup(str(number)), frozenset(living)))
            case _:
                file, had = rng.choice(backups)
                home.restore(file, AGAIN)
                living = {*had} - deleted
        listed = (await home.ask("thread/list"))["data"]
        assert {thread["id"] for thread in listed} == living
    assert home.command("log", "verify")[0] == 0


async def test_a_deleted_job_is_not_brought_back(home: Home) -> None:
    runner = await home.thread("run")
    job = await home.job(runner)
    backup = home.backup("backup")
    await home.ask("job/delete", jobId=job)
    assert f"1 job that {home.path} knows as deleted would live again: {job};" in home.refused(
        backup
    )
    assert f"deleted again: {job}\n" in home.restore(backup, AGAIN)
    assert (await home.ask("job/list"))["data"] == []
    assert (await home.ask("thread/read", threadId=runner))["thread"]["id"] == runner


async def test_a_job_and_its_runner_are_deleted_again_after_a_restore(home: Home) -> None:
    runner = await home.thread("run")
    job = await home.job(runner)
    backup = home.backup("backup")
    await home.ask("job/delete", jobId=job)
    await home.ask("thread/delete", threadId=runner)
    assert f"and 1 job that {home.path} knows" in home.refused(backup)
    home.restore(backup, AGAIN)
    with pytest.raises(RpcError, match="job not found"):
        await home.ask("job/read", jobId=job)


async def test_a_job_that_an_older_backup_never_had_is_not_brought_back_by_a_newer_one(
    home: Home,
) -> None:
    runner = await home.thread("run")
    older = home.backup("older")
    job = await home.job(runner)
    newer = home.backup("newer")
    await home.ask("job/delete", jobId=job)
    home.restore(older)
    assert f"deleted again: {job}\n" in home.restore(newer, AGAIN)
    assert (await home.ask("job/list"))["data"] == []


async def test_a_job_of_which_a_page_is_deleted_is_not_brought_back_over_an_older_backup(
    home: Home,
) -> None:
    runner = await home.thread("run")
    older = home.backup("older")
    job = await home.job(runner)
    newer = home.backup("newer")

    def fail() -> None:
        raise StoreUnavailable("died")

    async with home.host() as client:
        failpoints.arm("job.page_deleted", fail)
        with pytest.raises(RpcError, match="died"):
            await client.call("job/delete", {"jobId": job})
        failpoints.disarm()
    home.restore(older)
    assert f"deleted again: {job}\n" in home.restore(newer, AGAIN)


async def test_a_backup_from_which_a_job_was_erased_is_restored_without_the_job(home: Home) -> None:
    job = await home.job(await home.thread("run"))
    backup = home.backup("backup")
    await home.ask("job/delete", jobId=job)
    assert home.command("erase", "--backup", backup)[0] == 0
    shutil.rmtree(home.path)
    assert f"deleted again: {job}\n" in home.restore(backup)
    assert home.command("log", "verify")[0] == 0
    assert (await home.ask("job/list"))["data"] == []


async def noted_thread(home: Home, words: str, thread_id: str = "") -> str:
    """Run a turn with these words on a new host; its thread, once the host has noted the words."""
    (home.path / "config.toml").write_text(REMEMBERING)
    async with home.host() as client, asyncio.timeout(20):
        return await noted_in(client, words, thread_id)


async def noted_in(client: Client, words: str, thread_id: str = "") -> str:
    """Run a turn with these words; its thread, once the host has noted the words."""
    if thread_id:
        await client.call("thread/resume", {"threadId": thread_id})
    else:
        thread_id = str((await client.start_thread()).id)
    await client.run_turn(thread_id, words)
    while words not in await note_of(client, thread_id):
        continue
    return thread_id


async def note_of(client: Client, thread_id: str) -> str:
    """The note of a thread, as text."""
    return str((await client.call("host/memory/read", {"threadId": thread_id}))["note"])


async def test_a_memory_that_was_reset_is_not_brought_back(home: Home) -> None:
    thread_id = await noted_thread(home, "owls")
    backup = home.backup("backup")
    await home.ask("memory/reset")
    assert "deleted again" not in home.restore(backup)
    async with home.host() as client:
        assert "owls" not in await note_of(client, thread_id)


async def test_a_note_that_an_older_backup_never_had_is_not_brought_back_by_a_newer_one(
    home: Home,
) -> None:
    await home.thread("kept")
    older = home.backup("older")
    thread_id = await noted_thread(home, "owls")
    newer = home.backup("newer")
    await home.ask("memory/reset")
    home.restore(older)
    with closing(sqlite3.connect(home.path / "threadhost.db")) as log:
        assert log.execute("SELECT * FROM memory_erasures").fetchall() == []
    home.restore(newer)
    async with home.host() as client:
        assert "owls" not in await note_of(client, thread_id)


async def backed_up_around_a_note(home: Home) -> tuple[str, str, str]:
    """A backup before a thread was noted, one after it, and the thread."""
    await home.thread("kept")
    older = home.backup("older")
    thread_id = await noted_thread(home, "owls")
    return older, home.backup("newer"), thread_id


@pytest.mark.parametrize("chain", [False, True])
async def test_a_note_that_a_newer_one_replaced_is_restored_with_its_backup(
    home: Home, *, chain: bool
) -> None:
    older, backup, thread_id = await backed_up_around_a_note(home)
    await noted_thread(home, "bats", thread_id)
    if chain:
        home.restore(older)
    home.restore(backup)
    assert "owls" in await note_later(home, thread_id)


async def note_later(home: Home, thread_id: str) -> str:
    """The note of a thread after a host had time to make it again."""
    async with home.host() as client:
        await noted_in(client, "another")
        return await note_of(client, thread_id)


@pytest.mark.parametrize("chain", [False, True])
@pytest.mark.parametrize("is_replaced", [False, True])
async def test_after_a_restore_a_memory_that_was_reset_is_not_made_again(
    home: Home, *, chain: bool, is_replaced: bool
) -> None:
    older, backup, thread_id = await backed_up_around_a_note(home)
    if is_replaced:
        await noted_thread(home, "bats", thread_id)
    await home.ask("memory/reset")
    if chain:
        home.restore(older)
    home.restore(backup)
    assert await note_later(home, thread_id) == "None"


@pytest.mark.parametrize("chain", [False, True])
async def test_after_a_restore_a_thread_with_disabled_memory_is_not_remembered(
    home: Home, *, chain: bool
) -> None:
    older, backup, thread_id = await backed_up_around_a_note(home)
    await home.ask("thread/memoryMode/set", threadId=thread_id, mode="disabled")
    if chain:
        home.restore(older)
    home.restore(backup)
    assert await note_later(home, thread_id) == "None"


async def test_a_memory_that_was_forbidden_after_its_note_was_replaced_is_not_brought_back(
    home: Home,
) -> None:
    thread_id = await noted_thread(home, "owls")
    backup = home.backup("backup")
    await noted_thread(home, "bats", thread_id)
    await home.ask("thread/memoryMode/set", threadId=thread_id, mode="disabled")
    home.restore(backup)
    assert await note_later(home, thread_id) == "None"


async def test_a_memory_that_was_allowed_again_is_restored(home: Home) -> None:
    thread_id = await noted_thread(home, "owls")
    backup = home.backup("backup")
    for mode in ("disabled", "enabled"):
        await home.ask("thread/memoryMode/set", threadId=thread_id, mode=mode)
    home.restore(backup)
    async with home.host() as client, asyncio.timeout(20):
        await noted_in(client, "bats", thread_id)


@pytest.mark.parametrize("scope", ["thread", "tree"])
async def test_a_job_is_deleted_again_though_its_runner_is_held_in_the_backup(
    home: Home, scope: str
) -> None:
    runner = await home.thread("run")
    job, held = await home.job(runner), {"threadId": runner, "reason": "case"}
    await home.ask("host/hold/set", **held, scope=scope)
    backup = home.backup("backup")
    await home.ask("host/hold/release", **held)
    await home.ask("job/delete", jobId=job)
    assert f"deleted again: {job}\n" in home.restore(backup, AGAIN)
    assert (await home.ask("job/list"))["data"] == []


async def test_a_backup_from_which_a_note_was_erased_is_restored_without_that_note(
    home: Home,
) -> None:
    thread_id = await noted_thread(home, "owls")
    backup = home.backup("backup")
    await noted_thread(home, "bats", thread_id)
    assert home.command("erase", "--backup", backup)[0] == 0
    shutil.rmtree(home.path)
    home.restore(backup)
    assert home.command("log", "verify")[0] == 0
    async with home.host() as client:
        assert await note_of(client, thread_id) == "None"


DELETED = "(SELECT max(stream) FROM stream_state WHERE state = 'closed')"


@pytest.mark.parametrize("name", ["X'ff80'", "'thread-no id'"])
@pytest.mark.parametrize(
    "damage",
    [
        f"UPDATE stream_state SET stream = {{}} WHERE stream = {DELETED}",
        "UPDATE events SET stream = {} WHERE type LIKE 'thread.memory_mode_set%'",
    ],
)
async def test_a_home_with_a_damaged_name_of_a_stream_is_replaced(
    home: Home, damage: str, name: str
) -> None:
    await home.thread("kept")
    older = home.backup("older")
    thread_id = await home.thread("deleted")
    newer = home.backup("newer")
    await home.ask("thread/memoryMode/set", threadId=thread_id, mode="disabled")
    await home.ask("thread/delete", threadId=thread_id)
    with closing(sqlite3.connect(home.path / "threadhost.db")) as log, log:
        log.execute(damage.format(name))
    assert "would live again" in home.refused(newer)
    home.restore(older)
