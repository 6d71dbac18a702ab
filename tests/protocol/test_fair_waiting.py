"""Who waits while much goes on: a client's commands go ahead of turns, and of another's starts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, script, start, turn_params
from tests.support.client import Client
from tests.support.server import Host
from tests.support.store import META, Gate, message
from threadhost.adapters.jsonrpc.start_limiter import ALONE_MAX, UNDER_WAY_MAX
from threadhost.events.base import Recorded
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.thread import ThreadStarted

MANY = 100
BY_ITSELF, FIRST = "thread-that-goes-on", "thread-first"
Ask = tuple[str, dict[str, Any]]
Prepared = Callable[[Client], Awaitable[Ask]]


async def many_starts(client: Client) -> list[str]:
    """Ask for many threads at once; all that is read on return. The ids of the requests."""
    numbers = [await client.begin("thread/start", {"cwd": "/"}) for _ in range(MANY)]
    await client.level()
    return numbers


async def facts_after(host: Host, position: int) -> list[Recorded]:
    log = host.running.logs.durable
    return list(await log.read(position, 10 * MANY))


async def held(host: Host) -> tuple[Gate, asyncio.Future[Any]]:
    """A store that is held as soon as one append has come to it."""
    gate, log = Gate(), host.running.logs.durable
    first = asyncio.ensure_future(log.append(StreamAppend(FIRST, [message()]), meta=META))
    await gate.closed()
    return gate, first


async def test_a_start_waits_for_few_of_a_hundred_of_another_client(host: Host) -> None:
    busy, other = await host.client(), await host.client()
    await start(other)
    before = host.running.logs.durable.position
    gate, first = await held(host)
    asked = await many_starts(busy)
    number = await other.begin("thread/start", {"cwd": "/"})
    await other.level()
    gate.open()
    thread_id = (await other.answer(number))["result"]["thread"]["id"]
    await first
    facts = await facts_after(host, before)
    begun = [fact.stream for fact in facts if isinstance(fact.event, ThreadStarted)]
    assert begun.index(thread_stream(thread_id)) < 2 * UNDER_WAY_MAX
    for one in asked:
        assert "result" in await busy.answer(one)


@pytest.mark.slices
async def test_an_interrupt_waits_for_few_of_a_hundred_starts_of_its_own_client(host: Host) -> None:
    client = await host.client()
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(HANG))
    gate, first = await held(host)
    asked = await many_starts(client)
    number = await client.begin("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})
    await client.level()
    gate.open()
    await client.answer(number)
    await first
    at = client.received.index(await client.answer(number))
    assert sum(m.get("id") in asked for m in client.received[:at]) <= 2 * ALONE_MAX
    for one in asked:
        assert "result" in await client.answer(one)


async def starts(client: Client) -> Ask:
    return "thread/start", {"cwd": "/"}


async def starts_a_child(client: Client) -> Ask:
    return "thread/start", {"cwd": "/", "parentThreadId": await start(client)}


async def begins_a_turn(client: Client) -> Ask:
    return "turn/start", turn_params(await start(client), "hello")


async def interrupts(client: Client) -> Ask:
    thread_id = await start(client)
    turn_id = await begin(client, thread_id, script(HANG))
    return "turn/interrupt", {"threadId": thread_id, "turnId": turn_id}


async def renames_what_is_stored(client: Client) -> Ask:
    thread_id = await start(client)
    await client.ok("thread/archive", {"threadId": thread_id})
    return "thread/name/set", {"threadId": thread_id, "name": "n"}


async def puts_away(client: Client) -> Ask:
    return "thread/archive", {"threadId": await start(client)}


ASKED = [
    starts,
    starts_a_child,
    begins_a_turn,
    interrupts,
    renames_what_is_stored,
    puts_away,
]


@pytest.mark.few(2)
@pytest.mark.parametrize("asks", ASKED, ids=lambda asks: asks.__name__)
async def test_a_command_of_a_client_is_appended_ahead_of_events_of_turns(
    host: Host, asks: Prepared
) -> None:
    client = await host.client()
    method, params = await asks(client)
    log = host.running.logs.durable
    gate, first = await held(host)
    before = log.position
    turns = [
        asyncio.ensure_future(log.append(StreamAppend(BY_ITSELF, [message(str(n))]), meta=META))
        for n in range(5 * MANY)
    ]
    await asyncio.sleep(0)
    number = await client.begin(method, params)
    await client.level()
    gate.open()
    assert "result" in await client.answer(number)
    await asyncio.gather(first, *turns)
    facts = await facts_after(host, before)
    streams = [fact.stream for fact in facts if fact.stream.startswith("thread-")]
    asked = next(n for n, stream in enumerate(streams) if stream not in (BY_ITSELF, FIRST))
    assert asked < MANY  # it may take some turns of the loop until it comes to the store
    assert streams.count(BY_ITSELF) == 5 * MANY
