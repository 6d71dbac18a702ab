"""What may not be remembered stays forgotten, whichever backups of its home are restored."""

import asyncio
import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.log_database import connected
from tests.support.restored_home import Home
from threadhost.adapters.client.client import Client

pytestmark = pytest.mark.slices
REMEMBERING = "[features]\nmemories = true\n[memories]\nmin_rollout_idle_hours = 0\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


async def noted_thread(home: Home, words: str, thread_id: str = "") -> str:
    """The thread that these words were said in, once a host has noted them."""
    (home.path / "config.toml").write_text(REMEMBERING)
    async with home.host() as client, asyncio.timeout(20):
        return await noted_in(client, words, thread_id)


async def noted_in(client: Client, words: str, thread_id: str = "") -> str:
    """The thread that these words were said in, once the host has noted them."""
    if thread_id:
        await client.call("thread/resume", {"threadId": thread_id})
    else:
        thread_id = str((await client.start_thread()).id)
    await client.run_turn(thread_id, words)
    while words not in await note_of(client, thread_id):
        continue
    return thread_id


async def note_of(client: Client, thread_id: str) -> str:
    """What is remembered of a thread."""
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
    with closing(connected(home.path / "threadhost.db")) as log:
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
    """What is remembered of a thread after a host had time to note it again."""
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


@pytest.mark.parametrize("olders", [0, 1, 2])
async def test_a_memory_that_was_forbidden_after_its_note_was_replaced_is_not_brought_back(
    home: Home, olders: int
) -> None:
    older, backup, thread_id = await backed_up_around_a_note(home)
    await noted_thread(home, "bats", thread_id)
    await home.ask("thread/memoryMode/set", threadId=thread_id, mode="disabled")
    for _ in range(olders):
        home.restore(older)
    home.restore(backup)
    assert await note_later(home, thread_id) == "None"
    await home.ask("thread/memoryMode/set", threadId=thread_id, mode="enabled")
    home.restore(backup)
    assert "owls" in await note_later(home, thread_id)


async def test_an_archived_thread_with_disabled_memory_is_not_remembered_after_a_restore(
    home: Home,
) -> None:
    thread_id = await noted_thread(home, "owls")
    await home.ask("thread/archive", threadId=thread_id)
    backup = home.backup("backup")
    await home.ask("thread/unarchive", threadId=thread_id)
    await home.ask("thread/memoryMode/set", threadId=thread_id, mode="disabled")
    home.restore(backup)
    await home.ask("thread/unarchive", threadId=thread_id)
    assert await note_later(home, thread_id) == "None"


async def test_a_memory_that_was_allowed_again_is_restored(home: Home) -> None:
    thread_id = await noted_thread(home, "owls")
    backup = home.backup("backup")
    for mode in ("disabled", "enabled"):
        await home.ask("thread/memoryMode/set", threadId=thread_id, mode=mode)
    home.restore(backup)
    async with home.host() as client, asyncio.timeout(20):
        await noted_in(client, "bats", thread_id)


async def test_a_backup_from_which_a_note_was_erased_is_restored_without_that_note(
    home: Home,
) -> None:
    thread_id = await noted_thread(home, "owls")
    backup = home.backup("backup")
    await noted_thread(home, "bats", thread_id)
    erased = json.loads(home.command("erase", "--backup", backup, "--json")[1])
    assert (erased["jobs"], len(erased["texts"]), erased["keys"]) == ([], 1, 1)
    shutil.rmtree(home.path)
    assert "missing" not in home.restore(backup)
    assert home.command("log", "verify")[0] == 0
    async with home.host() as client:
        assert await note_of(client, thread_id) == "None"
