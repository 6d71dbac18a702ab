"""Whether memories are made of threads: the wish is recorded, and outlives restarts."""

import pytest

from tests.protocol.talk import start, talk
from tests.support.client import Client
from tests.support.server import Host
from tests.support.store import now
from threadhost.events.memory import MemoryModeSet, MemoryReset

SET = "thread/memoryMode/set"


def modes(host: Host, *thread_ids: str) -> list[str | None]:
    """What the view says of these threads."""
    rows = [now(host.running.reading.row(thread_id)) for thread_id in thread_ids]
    return [row.memory_mode if row else "gone" for row in rows]


async def test_the_mode_of_a_thread_is_kept_loaded_or_stored(each_host: Host) -> None:
    client = await each_host.client()
    ids = [await start(client) for _ in range(3)]
    for thread_id, mode in zip(ids[:2], ("disabled", "enabled"), strict=True):
        assert await client.ok(SET, {"threadId": thread_id, "mode": mode}) == {}
    assert modes(each_host, *ids) == ["disabled", "enabled", None]
    await each_host.restart()
    client = await each_host.client()
    assert await client.ok(SET, {"threadId": ids[2].upper(), "mode": "disabled"}) == {}
    assert await client.ok(SET, {"threadId": ids[0], "mode": "enabled"}) == {}
    assert modes(each_host, *ids) == ["enabled", "enabled", "disabled"]
    assert (await client.ok("thread/loaded/list"))["data"] == []


async def test_an_archived_thread_has_no_mode_to_set(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    await client.ok("thread/archive", {"threadId": thread_id})
    error = await client.refused(SET, {"threadId": thread_id, "mode": "disabled"})
    assert error == {"code": -32600, "message": f"no rollout found for thread id {thread_id}"}
    assert modes(host, thread_id) == [None]
    await client.ok("thread/unarchive", {"threadId": thread_id})
    assert await client.ok(SET, {"threadId": thread_id, "mode": "disabled"}) == {}


async def test_a_mode_is_readable_after_the_thread_is_erased(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await client.ok(SET, {"threadId": thread_id, "mode": "disabled"})
    await client.ok("thread/delete", {"threadId": thread_id})
    facts = await host.running.logs.durable.read(0, 1000)
    [fact] = [f for f in facts if f.event == MemoryModeSet(mode="disabled")]
    assert fact.meta.principal.startswith("client:tests/")
    assert modes(host, thread_id) == ["gone"]


@pytest.mark.few(1)
@pytest.mark.parametrize("mode", ["polluted", "", None])
async def test_a_mode_that_is_none_is_refused(mode: object, client: Client) -> None:
    thread_id = await start(client)
    error = await client.refused(SET, {"threadId": thread_id, "mode": mode})
    assert error["code"] == -32600
    assert "expected `enabled` or `disabled`" in error["message"]


async def test_a_reset_is_recorded_and_leaves_the_modes(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await client.ok(SET, {"threadId": thread_id, "mode": "disabled"})
    assert await client.ok("memory/reset") == {}
    await client.send({"id": "bare", "method": "memory/reset"})
    assert (await client.answer("bare"))["result"] == {}
    facts = await host.running.logs.durable.read(0, 1000)
    resets = [f for f in facts if isinstance(f.event, MemoryReset)]
    assert [f.meta.principal.partition("/")[0] for f in resets] == ["client:tests"] * 2
    assert modes(host, thread_id) == ["disabled"]


async def test_memory_needs_the_experimental_capability(host: Host) -> None:
    client = await host.client(experimentalApi=False)
    thread_id = await start(client)
    for method, params in (
        (SET, {"threadId": thread_id, "mode": "disabled"}),
        ("memory/reset", {}),
        ("thread/settings/update", {"threadId": thread_id}),
        ("thread/search", {"searchTerm": "x"}),
    ):
        error = await client.refused(method, params)
        words = f"{method} requires experimentalApi capability"
        assert error == {"code": -32600, "message": words}
