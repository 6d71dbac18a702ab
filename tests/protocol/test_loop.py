"""Work of a client's size that the loop does not do, or does not do again."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from tests.protocol.talk import start, talk
from tests.support.client import Client
from tests.support.hashing import counted_digests
from tests.support.server import Host
from threadhost.adapters.jsonrpc import envelope, message_reader
from threadhost.adapters.jsonrpc.methods import tools
from threadhost.events import history, model_input
from threadhost.events.store import committer

LONG = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x" * 9999}]}
LARGE = "y" * 300_000


async def test_a_turn_on_a_long_thread_digests_only_what_is_new(client: Client) -> None:
    with counted_digests() as hashed:
        thread_id = await start(client)
        for items in ([LONG] * 100, [{**LONG, "role": "developer"}]):
            await client.ok("thread/inject_items", {"threadId": thread_id, "items": items})
        await talk(client, thread_id, "the first may digest all")
        for letter in "abc":
            hashed.clear()
            await talk(client, thread_id, letter)
            assert sum(hashed) < 5000


async def test_large_input_becomes_a_line_of_the_history_once(client: Client) -> None:
    made, encoded = Counter[tuple[str, bool]](), model_input.encoded

    def counted(fact: Any, *more: Any) -> Any:
        made[type(fact).__name__, threading.current_thread() is threading.main_thread()] += 1
        return encoded(fact, *more)

    thread_id = await start(client)
    await talk(client, thread_id, "warm")
    with patch.object(history, "encoded", counted):
        await talk(client, thread_id, LARGE)
    assert made["ItemRecorded", False] == 1
    items = (await client.ok("thread/items/list", {"threadId": thread_id}))["data"]
    assert LARGE in str(items)


@contextmanager
def watched(module: Any, name: str) -> Iterator[list[bool]]:
    """Whether each call of a function was on the loop."""
    inner, calls = getattr(module, name), list[bool]()

    def noted(*given: Any, **more: Any) -> Any:
        calls.append(threading.current_thread() is threading.main_thread())
        return inner(*given, **more)

    with patch.object(module, name, noted):
        yield calls


async def test_large_events_are_encoded_off_the_loop_and_small_ones_on_it(
    client: Client,
) -> None:
    thread_id = await start(client)
    with watched(committer, "encode") as on_loop:
        await talk(client, thread_id, "small")
        assert all(on_loop)
        await talk(client, thread_id, LARGE)
        assert not all(on_loop)


@pytest.mark.slices
async def test_many_tools_are_checked_beside_the_loop(client: Client) -> None:
    schema = {"type": "object", "properties": {}}
    offered = [
        {"type": "function", "name": f"t{n}", "description": "d", "inputSchema": schema}
        for n in range(1000)
    ]
    with watched(tools, "_checked") as on_loop:
        await start(client, dynamicTools=offered)
        await start(client, dynamicTools=offered[:3])
    assert on_loop == [False, True]


async def test_other_clients_are_answered_while_a_large_message_is_parsed(host: Host) -> None:
    one, other = await host.client(), await host.client()
    leave, parse = threading.Event(), envelope.parse

    def waiting(data: bytes, limits: Any) -> Any:
        assert len(data) < len(LARGE) or leave.wait(20)
        return parse(data, limits)

    thread_id = await start(one)
    with patch.object(message_reader, "parse", waiting):
        params = {"threadId": thread_id, "name": "n" * len(LARGE)}
        large = await one.begin("thread/name/set", params)
        await one.begin("thread/name/set", {"threadId": thread_id, "name": "after it"})
        await other.ok("thread/loaded/list")
        assert not [m for m in one.received if m.get("id") == large]
        leave.set()
        await one.answer(large)
        await one.level()
    read = await one.ok("thread/read", {"threadId": thread_id})
    assert read["thread"]["name"] == "after it"


async def test_a_large_message_that_a_client_hangs_up_behind_is_carried_out(
    each_host: Host,
) -> None:
    one, other = await each_host.client(), await each_host.client()
    thread_id = await start(one)
    await talk(one, thread_id, "so that it can be joined")
    await other.ok("thread/resume", {"threadId": thread_id})
    before = await other.level()
    await one.begin("turn/start", {"threadId": thread_id, "input": [text(LARGE)]})
    await one.close()
    await other.notice("turn/completed", before, threadId=thread_id)


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


UNITS = {
    "of fifteen MiB": b"[]," * 300_000 + b"1," * 7_300_000 + b'"1e9999",0],"x":{"id":1,"id":2}',
    "of numbers": b"1," * 600_000 + b"1]",
    "that is cut off": b"1," * 100_000,
    "with half a letter": b'"' + b"x" * 400_000 + b'\\ud83d"]',
}


@pytest.mark.slices
@pytest.mark.parametrize("name", UNITS)
async def test_a_large_message_is_refused_under_its_id(name: str, client: Client) -> None:
    await client.send_raw(b'{"id":7,"method":"m","params":[%b,"\\u0061":1}' % UNITS[name])
    error = (await client.answer(7))["error"]
    assert "more than" in error["message"] or "Parse error" in error["message"]
    await client.ok("thread/loaded/list")
