"""A disk that takes its time to keep something: who only reads waits for what he reads alone."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.protocol.talk import start, talk
from tests.support.client import Client
from tests.support.hosts import within
from tests.support.server import Host
from tests.support.store import Gate

OF_ONE: list[tuple[str, dict[str, Any]]] = [
    ("thread/read", {"includeTurns": True}),
    ("thread/turns/list", {}),
    ("thread/items/list", {}),
]
OF_ALL: list[tuple[str, dict[str, Any]]] = [
    ("thread/list", {}),
    ("thread/search", {"searchTerm": "hello"}),
    ("thread/loaded/list", {}),
    ("host/stats/read", {}),
]


@pytest.mark.parametrize("point", ["store.begin", "store.before_commit"])
async def test_a_read_does_not_wait_for_a_commit_of_another_thread(
    client: Client, point: str
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id)
    written = {"threadId": await start(client), "name": "new"}
    gate = Gate(point)
    number = await client.begin("thread/name/set", written)
    await gate.closed()
    before = len(client.received)
    for method, params in OF_ONE:
        await client.ok(method, {"threadId": thread_id, **params})
    for method, params in OF_ALL:
        await client.ok(method, params)
    assert not [m for m in client.received[before:] if m.get("id") == number]
    gate.open()
    assert "result" in await client.answer(number)


async def test_a_read_of_a_thread_waits_only_for_changes_by_the_same_client(
    host: Host,
) -> None:
    client, other = await host.client(), await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    gate = Gate("store.before_commit")
    changing = await client.begin("thread/name/set", {"threadId": thread_id, "name": "new"})
    await gate.closed()
    own = asyncio.create_task(name_of(client, thread_id))
    for method, params in OF_ONE:
        await within(other.ok(method, {"threadId": thread_id, **params}))
    assert await within(name_of(other, thread_id)) is None
    await other.level()
    assert not own.done()
    gate.open()
    assert "result" in await client.answer(changing)
    assert [await within(own), await name_of(other, thread_id)] == ["new", "new"]


@pytest.mark.parametrize("change", ["thread/delete", "thread/name/set"])
async def test_a_read_requested_before_a_change_by_the_same_client_sees_the_earlier_state(
    host: Host, change: str
) -> None:
    client, other = await host.client(), await host.client()
    thread_id = await start(client)
    await talk(client, thread_id)
    async with AsyncExitStack() as busy:
        for _ in range(host.running.settings.limits.host_large_answers_max):
            await busy.enter_async_context(host.running.large_answers)
        reads = [await client.begin(name, {"threadId": thread_id, **more}) for name, more in OF_ONE]
        changing = await client.begin(change, {"threadId": thread_id, "name": "new"})
        await talk(other, await start(other))
    answers = [await client.answer(number) for number in reads]
    assert [answer["result"]["thread"]["name"] for answer in answers[:1]] == [None]
    assert all("result" in answer for answer in (*answers, await client.answer(changing)))
    assert not len(host.running.scopes)


async def name_of(client: Client, thread_id: str) -> str | None:
    """What the thread is called, as a client reads it."""
    read = await client.ok("thread/read", {"threadId": thread_id})
    name: str | None = read["thread"]["name"]
    return name
