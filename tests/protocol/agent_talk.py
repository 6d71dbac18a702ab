"""What tests of agents on the wire say again and again."""

import asyncio
from collections.abc import Sequence

from tests.support.client import WAIT_S, Client, Message
from tests.support.server import Host
from threadhost.actors.runtime.logs import history_of
from threadhost.events.agent import AgentEndTold
from threadhost.events.base import Event, Recorded
from threadhost.events.ids import thread_stream


def items(client: Client, kind: str = "collabAgentToolCall", after: int = 0) -> list[Message]:
    """The items of this type as they were completed."""
    return [
        m["params"]["item"]
        for m in client.received[after:]
        if m.get("method") == "item/completed" and m["params"]["item"]["type"] == kind
    ]


def answers(client: Client, thread_id: str) -> list[str]:
    """What a thread's model said, message by message."""
    return [
        m["params"]["item"]["text"]
        for m in client.received
        if m.get("method") == "item/completed"
        and m["params"]["threadId"] == thread_id
        and m["params"]["item"]["type"] == "agentMessage"
    ]


async def agent(client: Client, number: int = 0) -> str:
    """The agent that was started so many agents after the first."""

    def is_it(message: Message) -> bool:
        return len([i for i in items(client) if i["tool"] == "spawnAgent"]) > number

    await client.until(is_it)
    found: str = [i for i in items(client) if i["tool"] == "spawnAgent"][number][
        "receiverThreadIds"
    ][0]
    return found


async def told_by(host: Host, child_id: str) -> None:
    """Wait until the parent of an agent knows how it ended."""
    await in_log(host, child_id, AgentEndTold)


async def in_log(host: Host, thread_id: str, kind: type[Event]) -> None:
    """Wait until an event of this type is in the log of a thread."""
    log, stream = host.running.logs.durable, thread_stream(thread_id)
    there = asyncio.Event()

    def published(facts: Sequence[Recorded]) -> None:
        if any((fact.stream, fact.kind) == (stream, kind.kind) for fact in facts):
            there.set()

    log.feed.listen(published)
    if not await log.read_stream(stream, types=[kind]):
        async with asyncio.timeout(WAIT_S):
            await there.wait()


async def history(host: Host, thread_id: str) -> str:
    """What the model of a thread sees next."""
    found = await history_of(host.running.logs.durable, thread_id)
    return b"\n".join(found.request().lines).decode()
