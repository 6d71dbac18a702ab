"""A host without open files or threads: it refuses in words, loses nothing, and goes on later."""

import asyncio
import errno
import sys
from typing import Any

import pytest

from tests.protocol.talk import end, start, talk, turn_params
from tests.support.client import Client, without_reason
from tests.support.operator_lines import logged_line
from tests.support.scarce import no_files_left, no_threads_left
from tests.support.server import Host
from threadhost.actors.runtime import append_errors
from threadhost.adapters import resources, warm_up
from threadhost.adapters.jsonrpc.registry import registry

pytestmark = pytest.mark.slices

LATER = "{}; nothing was changed, try again later"
OUT_OF_FILES = {"code": -32001, "message": LATER.format("out of open files")}
NOT_OPENED = {"code": -32001, "message": LATER.format("a file of the store cannot be opened")}
OUT_OF_THREADS = {"code": -32001, "message": LATER.format("out of threads")}
LARGE = "x" * 200_000


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.02)
    monkeypatch.setattr(warm_up, "QUIET_S", 0.01)


@pytest.fixture
async def ready(host: Host) -> tuple[Client, str]:
    """A client with a thread, once everything is imported that a turn needs."""
    await warmed_up(host)
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    return client, thread_id


async def warmed_up(host: Host) -> None:
    assert host.running.warming is not None
    await host.running.warming


async def test_a_turn_too_large_to_be_written_is_refused_and_works_later(
    ready: tuple[Client, str],
) -> None:
    client, thread_id = ready
    with no_files_left():
        assert await client.refused("turn/start", turn_params(thread_id, LARGE)) == OUT_OF_FILES
        assert (await talk(client, thread_id, "short"))["status"] == "completed"
    assert (await talk(client, thread_id, LARGE))["status"] == "completed"
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    assert len(read["thread"]["turns"]) == 3


@pytest.mark.slices
async def test_threads_whose_keys_cannot_be_made_are_refused_and_work_later(
    ready: tuple[Client, str],
) -> None:
    client, _ = ready
    with no_files_left():
        outcomes = [await client.ask("thread/start", {"cwd": "/"}) for _ in range(300)]
    refused = [without_reason(answer["error"]) for answer in outcomes if "error" in answer]
    assert refused == [NOT_OPENED] * len(refused)
    assert 0 < len(refused) < 300
    assert (await talk(client, await start(client)))["status"] == "completed"


async def test_a_large_answer_of_a_model_waits_until_it_can_be_written(host: Host) -> None:
    host.reply = LARGE
    await host.restart()
    await warmed_up(host)
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    with no_files_left():
        turn_id = (await client.ok("turn/start", turn_params(thread_id, "hi")))["turn"]["id"]
        await client.until(
            lambda m: m.get("method") == "item/agentMessage/delta", len(client.received) - 5
        )
        for _ in range(5):
            await asyncio.sleep(0.02)
            await client.level()
    assert (await end(client, turn_id))["status"] == "completed"


async def test_a_large_item_that_cannot_be_read_now_is_refused_as_overloaded_and_read_later(
    ready: tuple[Client, str],
) -> None:
    client, thread_id = ready
    await talk(client, thread_id, LARGE)
    read: dict[str, Any] = {"threadId": thread_id, "includeTurns": True}
    with no_files_left():
        assert await client.refused("thread/read", read) in (OUT_OF_FILES, NOT_OPENED)
        assert len((await client.ok("thread/list"))["data"]) == 1
    assert len((await client.ok("thread/read", read))["thread"]["turns"]) == 2


async def test_a_deletion_that_waits_for_open_files_goes_on_by_itself(
    ready: tuple[Client, str],
) -> None:
    client, thread_id = ready
    await talk(client, thread_id, LARGE)
    with no_files_left():
        number = await client.begin("thread/delete", {"threadId": thread_id})
        for _ in range(5):
            await asyncio.sleep(0.02)
            await client.level()
        assert number not in [m.get("id") for m in client.received]
    assert (await client.answer(number))["result"] == {}
    await client.notice("thread/deleted", threadId=thread_id)


async def test_a_method_whose_module_cannot_be_imported_now_is_refused_and_works_later(
    ready: tuple[Client, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = ready

    def scarce(module: str) -> None:
        raise OSError(errno.EMFILE, "Too many open files", module)

    monkeypatch.setattr(registry, "_deferred", {"thread/search": "nowhere"})
    with monkeypatch.context() as patched:
        patched.setattr("threadhost.adapters.jsonrpc.registry.import_module", scarce)
        assert await client.refused("thread/search", {"searchTerm": "x"}) == OUT_OF_FILES
        assert (await client.ok("thread/list"))["data"]


async def test_a_message_without_memory_to_parse_it_is_refused_under_its_id(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await host.client()

    def scarce(*_: Any, **__: Any) -> Any:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("threadhost.adapters.jsonrpc.envelope.from_json", scarce)
        await client.send({"id": 77, "method": "thread/list", "params": {}})
        error = (await client.answer(77))["error"]
    assert without_reason(error) == {"code": -32001, "message": LATER.format("out of memory")}
    assert (await client.ok("thread/list"))["data"] == []


async def test_all_deferred_modules_are_imported_soon_after_the_start(host: Host) -> None:
    await warmed_up(host)
    assert registry.deferred == ()
    assert {*warm_up.OF_A_TURN, *warm_up.MODULES} <= set(sys.modules)


async def test_a_host_without_worker_threads_refuses_long_reads_and_goes_on(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threadhost.adapters.turn_reader.INLINE_ROWS_MAX", 0)
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    read: dict[str, Any] = {"threadId": thread_id, "includeTurns": True}
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "_default_executor", None)
    with no_threads_left():
        assert await client.refused("thread/read", read) == OUT_OF_THREADS
        assert (await talk(client, thread_id))["status"] == "completed"
    assert len((await client.ok("thread/read", read))["thread"]["turns"]) == 2


async def test_a_replay_waits_for_events_that_cannot_be_read_now_and_omits_none(
    ready: tuple[Client, str],
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(resources, "RETRY_S", 0.01)
    client, thread_id = ready
    turn_ids = [(await talk(client, thread_id, LARGE))["id"] for _ in range(2)]
    other = await host.client()
    with no_files_left():
        assert (await other.ok("host/events/subscribe", {"afterPosition": 0}))["complete"]
        while caplog.text.count("clients are notified later") < 3:
            await other.level()
    for turn_id in turn_ids:
        assert (await end(other, turn_id))["status"] == "completed"
    heard = [m["params"]["item"]["content"][0]["text"] for m in other.received if is_large(m)]
    assert heard == [LARGE] * 2
    assert logged_line(caplog, "clients.wait")["fault"].startswith("out of open files")
    assert not [m for m in other.received if m.get("method") == "warning"]


def is_large(message: dict[str, Any]) -> bool:
    """Whether it tells of a message that lies in a file."""
    item = message.get("params", {}).get("item", {})
    return message.get("method") == "item/completed" and LARGE in str(item.get("content", ""))
