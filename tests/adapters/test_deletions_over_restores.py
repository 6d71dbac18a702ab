"""Deleted things stay deleted, whichever backups are restored in whichever order."""

import random
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.log_database import connected
from tests.support.restored_home import AGAIN, Home
from threadhost.actors.host_jobs import HostJobs
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events import failpoints
from threadhost.events.store.errors import StoreFailed, StoreUnavailable

pytestmark = pytest.mark.slices


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


async def test_a_deletion_that_had_only_begun_is_not_undone_by_a_restore(home: Home) -> None:
    await home.thread("kept")
    older = home.backup("older")
    thread_id = await home.thread("to go")
    newer = home.backup("newer")

    def fail() -> None:
        raise StoreFailed("died")

    async with home.host() as client:
        failpoints.arm("deletion.planned", fail)
        with pytest.raises(RpcError):
            await client.delete_thread(thread_id)
    failpoints.disarm()
    begun = home.backup("begun")
    saved = home.folder / "saved"
    shutil.copytree(home.path, saved)
    assert "1 thread that" in home.refused(newer)
    assert f"deleted again: {thread_id}\n" in home.restore(newer, AGAIN)
    shutil.rmtree(home.path)
    shutil.copytree(saved, home.path)
    assert "deleted again" not in home.restore(begun)  # its host goes on with the deletion
    home.restore(older)
    assert f"deleted again: {thread_id}\n" in home.restore(newer, AGAIN)
    async with home.host() as client:
        assert thread_id not in [thread.id for thread in (await client.list_threads()).data]


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


async def test_a_deletion_of_a_job_that_had_only_begun_is_not_undone_by_a_restore(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = await home.thread("run")
    older = home.backup("older")
    job = await home.job(runner)
    newer = home.backup("newer")

    async def died(*_: object) -> None:
        raise StoreUnavailable("died")

    with monkeypatch.context() as patch:
        patch.setattr(HostJobs, "idle", died)
        with pytest.raises(RpcError, match="died"):
            await home.ask("job/delete", jobId=job)
    begun = home.backup("begun")
    assert f"1 job that {home.path} knows as deleted would live again: {job};" in home.refused(
        newer
    )
    assert "deleted again" not in home.restore(begun)  # its host goes on with the deletion
    home.restore(older)
    assert f"deleted again: {job}\n" in home.restore(newer, AGAIN)
    assert (await home.ask("job/list"))["data"] == []


async def test_a_backup_from_which_a_job_was_erased_is_restored_without_the_job(home: Home) -> None:
    job = await home.job(await home.thread("run"))
    backup = home.backup("backup")
    await home.ask("job/delete", jobId=job)
    assert f"erased: job {job}\n" in home.command("erase", "--backup", backup)[1]
    shutil.rmtree(home.path)
    said = home.restore(backup)
    assert f"deleted again: {job}\n" in said
    assert "missing" not in said
    assert home.command("log", "verify")[0] == 0
    assert (await home.ask("job/list"))["data"] == []


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
    with closing(connected(home.path / "threadhost.db")) as log, log:
        log.execute(damage.format(name))
    assert "would live again" in home.refused(newer)
    home.restore(older)
