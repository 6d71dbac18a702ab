"""Items that a client puts into a thread's history: checked, kept, seen by the next request."""

from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, script, start, talk
from tests.support.client import Client
from tests.support.server import Host, limits

HELLO = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "hello"}],
}


def injection(thread_id: str, *items: Any, **more: Any) -> dict[str, Any]:
    """The params of an injection."""
    return {"threadId": thread_id, "items": list(items), **more}


def history_of(host: Host, thread_id: str) -> list[bytes]:
    """What the next request would send."""
    actor = host.running.host.live.get(thread_id)
    assert actor is not None
    assert actor.history is not None
    return actor.history.request().lines


FAULTS = [
    (5, "invalid type: integer `5`, expected internally tagged enum ResponseItem"),
    ([], "invalid type: sequence, expected internally tagged enum ResponseItem"),
    ({}, "missing field `type`"),
    ({"type": None}, "invalid type: null, expected a string (at `type`)"),
    ({"type": "message", "role": "user"}, "missing field `content`"),
    (
        {"type": "function_call", "call_id": "c", "name": 7, "arguments": "{}"},
        "invalid type: integer `7`, expected a string (at `name`)",
    ),
    (
        {"type": "function_call_output", "call_id": "c", "output": {}},
        "invalid type: map, expected a string or a sequence (at `output`)",
    ),
]


@pytest.mark.few(1)
@pytest.mark.parametrize(("item", "fault"), FAULTS)
async def test_an_injected_item_that_no_model_accepts_is_refused_with_its_fault(
    client: Client, item: Any, fault: str
) -> None:
    thread_id = await start(client)
    error = await client.refused("thread/inject_items", injection(thread_id, HELLO, item))
    assert error == {
        "code": -32600,
        "message": f"items[1] is not a valid response item: {fault}",
    }


async def test_more_items_than_the_limit_are_refused_with_the_limit(home: Any) -> None:
    async with Host(home, settings={"limits": limits(injected_items_max=2)}) as host:
        client = await host.client()
        thread_id = await start(client)
        error = await client.refused("thread/inject_items", injection(thread_id, *[HELLO] * 3))
        assert error == {
            "code": -32602,
            "message": "too many items: 3, expected at most 2",
            "data": {"code": "too_many_items", "max": 2, "actual": 3},
        }
        assert await client.ok("thread/inject_items", injection(thread_id, HELLO, HELLO)) == {}


async def test_injected_items_are_in_the_next_request_and_in_no_turn(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await client.ok("thread/inject_items", injection(thread_id, HELLO, {"type": "nope"}))
    await talk(client, thread_id, "and now")
    assert [b"hello" in line for line in history_of(host, thread_id)] == [True, False, False]
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    [turn] = read["thread"]["turns"]
    assert [item["type"] for item in turn["items"]] == ["userMessage", "agentMessage"]
    assert read["thread"]["preview"] == "and now"


async def test_items_injected_into_a_stored_thread_are_in_its_next_request(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    await host.restart()
    client = await host.client()
    assert await client.ok("thread/inject_items", injection(thread_id, HELLO)) == {}
    assert (await client.ok("thread/loaded/list"))["data"] == []
    await talk(client, thread_id, "and now")
    assert [b"hello" in line for line in history_of(host, thread_id)] == [True, False, False]


async def test_an_injection_during_a_turn_starts_nothing_and_follows_its_output(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(HANG, say="first"))
    before = await client.level()
    await client.ok("thread/inject_items", injection(thread_id, HELLO))
    assert client.methods(before) == ["reply"]
    await client.ok("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    assert [b"hello" in line for line in history_of(host, thread_id)] == [False, True, False]


async def test_an_injection_repeated_with_its_key_happens_once(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    for _ in range(2):
        await client.ok("thread/inject_items", injection(thread_id, HELLO, idempotencyKey="k"))
    assert len(history_of(host, thread_id)) == 1


async def test_an_injection_into_an_unknown_thread_is_refused(client: Client) -> None:
    thread_id = await start(client)
    await client.ok("thread/delete", {"threadId": thread_id})
    error = await client.refused("thread/inject_items", injection(thread_id, HELLO))
    assert error == {"code": -32600, "message": f"thread not found: {thread_id}"}
