"""Threads as rollout files: in step with the log, taken up by path, moved, never in the way."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import threadhost
from tests.protocol.talk import start, talk
from tests.support.client import Client
from tests.support.databases import changed
from tests.support.rollouts import lines_of, said_in
from tests.support.server import Host
from threadhost.adapters.config import Settings


@pytest.fixture
async def kept(home: Path) -> AsyncIterator[Host]:
    """A host that keeps rollout files."""
    async with Host(home, settings={"rollouts": "codex"}) as host:
        yield host


async def path_of(client: Client, thread_id: str) -> Path:
    """Where a thread says that its rollout is."""
    read = await client.ok("thread/read", {"threadId": thread_id})
    return Path(read["thread"]["path"])


async def followed(host: Host) -> None:
    """All that the log has by now is in the files."""
    assert host.running.rollouts is not None
    await host.running.rollouts.catch_up()


def files_in(home: Path) -> list[Path]:
    """All rollout files of a home."""
    return sorted(home.rglob("rollout-*"))


async def test_a_rollout_file_is_written_at_the_path_of_its_thread(kept: Host) -> None:
    client = await kept.client()
    thread_id, silent = await start(client), await start(client)
    await talk(client, thread_id, "one")
    await talk(client, thread_id, "two")
    await followed(kept)
    path = await path_of(client, thread_id)
    assert said_in(path) == ["one", "ok", "two", "ok"]
    assert lines_of(path)[0]["payload"]["id"] == thread_id
    assert not (await path_of(client, silent)).exists()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_thread_with_a_missing_key_gets_its_rollout_file_once_the_key_is_restored(
    home: Path,
) -> None:
    async with threadhost.open(home) as host, host.connect() as client:
        lost, other = [(await client.start_thread()).id for _ in range(2)]
        await client.run_turn(lost, "one")
    keys = home / "keys.db"
    whole = keys.read_bytes()
    with changed(keys) as database:
        database.execute("DELETE FROM keys WHERE id = 1")
    settings = Settings(home, listen=(), rollouts="codex")
    async with (
        threadhost.open(settings._replace(allow_missing_keys=True)) as host,
        host.connect() as client,
    ):
        await client.run_turn(other, "two")
    assert [path.stem[-36:] for path in files_in(home)] == [other]
    keys.write_bytes(whole)
    async with threadhost.open(settings) as host, host.connect() as client:
        await client.run_turn(lost, "three")
    [path] = [path for path in files_in(home) if lost in path.name]
    assert said_in(path) == ["one", "one", "three", "three"]


async def test_a_file_moves_with_archive_and_unarchive(kept: Host) -> None:
    client = await kept.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    await followed(kept)
    active = await path_of(client, thread_id)
    await client.ok("thread/archive", {"threadId": thread_id})
    await followed(kept)
    archived = await path_of(client, thread_id)
    assert archived.parent == kept.home / "archived_sessions"
    assert files_in(kept.home) == [archived]
    await client.ok("thread/unarchive", {"threadId": thread_id})
    await followed(kept)
    assert files_in(kept.home) == [active]
    await client.ok("thread/resume", {"threadId": thread_id})
    await talk(client, thread_id, "again")
    await followed(kept)
    assert said_in(active) == ["hello", "ok", "again", "ok"]


async def test_a_rollout_file_is_continued_after_a_restart(kept: Host) -> None:
    client = await kept.client()
    thread_id = await start(client)
    await talk(client, thread_id, "one")
    await kept.restart()
    client = await kept.client()
    path = await path_of(client, thread_id)
    before = path.read_bytes()
    await client.ok("thread/resume", {"threadId": thread_id})
    await talk(client, thread_id, "two")
    await followed(kept)
    assert path.read_bytes().startswith(before)
    assert said_in(path) == ["one", "ok", "two", "ok"]


@pytest.mark.few(1)
@pytest.mark.parametrize("lost", ["checkpoint", "file", "tail", "history"])
async def test_lost_parts_of_rollout_files_are_written_again(kept: Host, lost: str) -> None:
    client = await kept.client()
    thread_id = await start(client)
    await talk(client, thread_id, "one")
    await followed(kept)
    path = await path_of(client, thread_id)
    whole = path.read_bytes()
    await kept.stop()
    checkpoint = kept.home / "rollouts.json"
    if lost == "file":
        path.unlink()
    elif lost == "tail":
        path.write_bytes(whole[:-700])
    elif lost == "history":  # the log was put back from elsewhere
        path.write_bytes(whole.replace(b"one", b"xyz"))
        checkpoint.write_text(checkpoint.read_text().replace('"chain":"', '"chain":"00'))
    if lost != "history":
        checkpoint.unlink()
    await kept.start()
    await followed(kept)
    assert path.read_bytes() == whole


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "position", ["1e999", "NaN", "1" + "0" * 30, "-5", '"x"', "[]", "true", "null", "0"]
)
async def test_an_invalid_rollout_checkpoint_does_not_prevent_a_start(
    kept: Host, position: str
) -> None:
    client = await kept.client()
    thread_id = await start(client)
    await talk(client, thread_id, "one")
    await followed(kept)
    path = await path_of(client, thread_id)
    whole = path.read_bytes()
    await kept.stop()
    checkpoint = kept.home / "rollouts.json"
    known = json.loads(checkpoint.read_text())
    text = checkpoint.read_text().replace(
        f'"position":{known["position"]}', f'"position":{position}'
    )
    assert text != checkpoint.read_text()
    checkpoint.write_text(text)
    await kept.start()
    await followed(kept)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("how", ["removed", "cut"])
async def test_a_damaged_rollout_file_is_whole_again_after_the_next_turn(
    kept: Host, how: str
) -> None:
    client = await kept.client()
    thread_id = await start(client)
    await talk(client, thread_id, "one")
    await followed(kept)
    path = await path_of(client, thread_id)
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-500])
    await talk(client, thread_id, "two")
    await followed(kept)
    assert said_in(path) == ["one", "ok", "two", "ok"]


async def test_threads_of_before_are_written_once_files_are_wanted(home: Path) -> None:
    async with Host(home) as host:
        client = await host.client()
        thread_id = await start(client)
        await talk(client, thread_id, "one")
        assert files_in(home) == []
    host.settings = {"rollouts": "codex"}
    await host.restart()
    await followed(host)
    assert said_in(await path_of(await host.client(), thread_id)) == ["one", "ok"]
    host.settings = {}
    await host.restart()  # the home has some by now
    client = await host.client()
    await client.ok("thread/resume", {"threadId": thread_id})
    await talk(client, thread_id, "two")
    await followed(host)
    assert said_in(await path_of(client, thread_id)) == ["one", "ok", "two", "ok"]
    await host.stop()


async def test_a_file_of_another_program_in_place_of_a_rollout_is_left_unchanged(
    kept: Host,
) -> None:
    client = await kept.client()
    thread_id = await start(client)
    await followed(kept)  # and saw no file
    path = await path_of(client, thread_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"timestamp":"now","type":"session_meta","payload":{}}\n')
    before = path.read_bytes()
    await talk(client, thread_id)
    other = await start(client)
    await talk(client, other)
    await followed(kept)
    assert path.read_bytes() == before
    assert (await path_of(client, other)).exists()


async def test_a_folder_in_place_of_a_rollout_file_does_not_stop_the_checkpoint(
    kept: Host,
) -> None:
    client = await kept.client()
    spoiled, other = await start(client), await start(client)
    for thread_id in (other, spoiled, spoiled):
        await talk(client, thread_id)
        await followed(kept)
    path = await path_of(client, spoiled)
    path.unlink()
    path.mkdir()
    written = kept.running.logs.durable.position
    await kept.stop()
    assert json.loads((kept.home / "rollouts.json").read_text())["position"] >= written
    path.rmdir()
    await kept.start()
    client = await kept.client()
    await client.ok("thread/resume", {"threadId": spoiled})
    await talk(client, spoiled)
    await followed(kept)
    assert path.is_file()


async def test_a_folder_of_codex_sessions_can_be_a_home(home: Path) -> None:
    (home / "sessions").mkdir()
    (home / "history.jsonl").touch()
    async with Host(home) as host:
        client = await host.client()
        thread_id = await start(client)
        await talk(client, thread_id)
        await followed(host)
        assert (await path_of(client, thread_id)).exists()


async def test_a_thread_is_resumed_and_forked_by_its_path(kept: Host) -> None:
    client = await kept.client()
    thread_id, other = await start(client), await start(client)
    await talk(client, thread_id, "one")
    path = str(await path_of(client, thread_id))
    for method in ("thread/resume", "thread/fork"):
        result = await client.ok(method, {"threadId": other, "path": path})
        assert thread_id in (result["thread"]["id"], result["thread"]["forkedFromId"])
        assert len(result["thread"]["turns"]) == 1


async def test_a_resume_by_an_unknown_rollout_path_is_refused(kept: Host) -> None:
    client = await kept.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    path = await path_of(client, thread_id)
    for odd in (
        f"/elsewhere/sessions/{path.name}",
        f"{kept.home}/sessions/../{path.name}",
        f"{kept.home}/sessions/../../sessions/{path.name}",
        str(path).replace(thread_id, "01a20280-45b9-751b-94a8-29a36213916d"),
        f"{path}.txt",
        path.name,
    ):
        for method in ("thread/resume", "thread/fork"):
            error = await client.refused(method, {"threadId": thread_id, "path": odd})
            assert error["code"] == -32600
            assert error["message"].startswith(f"no rollout found at path {odd}")


OFF = """
import asyncio, sys, threadhost

async def main(home):
    async with threadhost.open(home) as host, host.connect() as client:
        thread = await client.start_thread()
        await client.run_turn(thread.id, "hello")
        await client.delete_thread(thread.id)
    print(*(name for name in sys.modules if ".rollouts" in name))

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.slices
def test_a_host_without_rollout_files_imports_no_rollout_module(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    ran = subprocess.run(
        [sys.executable, "-c", OFF, home], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []
