"""What happens while the host reads: no client is told of what is not so any more."""

import asyncio
from pathlib import Path

from tests.protocol.talk import begin, end, start
from tests.support.client import Client
from tests.support.hosts import PuppetModel, message, within
from tests.support.server import Host
from tests.support.yielding import pausing
from threadhost.adapters.jsonrpc.methods.usage import TYPES
from threadhost.events.base import names_of


async def test_a_client_gets_only_the_deletion_of_a_thread_deleted_during_its_replay(
    host: Host,
) -> None:
    client, late = await host.client(), await host.client()
    thread_id = await start(client)
    await end(client, await begin(client, thread_id))
    with pausing(host.running.logs.durable.reads, "heads", lambda some: len(some) > 1) as pause:
        await late.ok("host/events/subscribe", {"afterPosition": 0})
        before = len(late.received)
        await within(pause.reached.wait())
        await client.ok("thread/delete", {"threadId": thread_id})
        pause.end()
        await late.notice("thread/deleted", threadId=thread_id)
    assert notified_methods(late, thread_id, before) == {"thread/deleted"}


def notified_methods(client: Client, thread_id: str, after: int) -> set[str]:
    """The methods of a thread's notifications that a client got after so many messages."""
    told = [m for m in client.received[after:] if "method" in m]
    return {m["method"] for m in told if m["params"].get("threadId") == thread_id}


async def test_two_forks_that_begin_at_once_are_announced_once_each_and_in_order(
    host: Host,
) -> None:
    client, other = await host.client(), await host.client()
    source_id = await start(client)
    await end(client, await begin(client, source_id))
    before = len(client.received)
    with pausing(host.running.logs.durable.reads, "rows", of_many) as pause:
        first = asyncio.create_task(fork(client, source_id))
        await within(pause.reached.wait())
        second = asyncio.create_task(fork(other, source_id))
        for _ in range(20):
            await client.level()
        assert not first.done()
        assert not second.done()
        pause.end()
        forks = [await within(first), await within(second)]
    await client.level()
    begun = [m for m in client.received[before:] if m.get("method") == "thread/started"]
    assert [notice["params"]["thread"]["id"] for notice in begun] == forks


async def fork(client: Client, source_id: str) -> str:
    """The id of a copy of a thread."""
    forked = await client.ok("thread/fork", {"threadId": source_id})
    return str(forked["thread"]["id"])


def of_many(statement: str, values: object) -> bool:
    """Whether rows of several threads are read at once, as for the news of those that begin."""
    return " IN (" in statement


async def test_a_resumed_thread_sends_only_the_newest_token_usage(
    home: Path,
) -> None:
    model = PuppetModel()
    async with Host(home, model=lambda: model) as host:
        client, late = await host.client(), await host.client()
        thread_id, turns = await start(client), list[str]()
        for _ in range(2):
            turns.append(await begin(client, thread_id))
            (await model.asked()).say(*message("hello")).end()
            await end(client, turns[-1])
        await client.ok("thread/revert", {"threadId": thread_id, "beforeTurnId": turns[1]})
        newest, call = await begin(client, thread_id), await model.asked()
        reads, kinds = host.running.logs.durable.reads, names_of(TYPES)
        with pausing(reads, "of_stream", lambda *_, **how: how.get("kinds") == kinds) as pause:
            asked = {"threadId": thread_id, "excludeTurns": True}
            resuming = asyncio.create_task(late.ok("thread/resume", asked))
            await within(pause.reached.wait())
            call.say(*message("hello")).end()
            await end(client, newest)
            pause.end()
            await within(resuming)
        await late.level()
    told = [m["params"] for m in late.received if m.get("method") == "thread/tokenUsage/updated"]
    assert [one["turnId"] for one in told] == [newest]
