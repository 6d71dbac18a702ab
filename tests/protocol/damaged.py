"""Threads that something happened to while their host was down, and what clients are told then."""

from typing import Any

from tests.protocol.talk import start, talk
from tests.support.client import Client, Message
from tests.support.damage import BREAK, edit, positions
from tests.support.server import Host

SUBSCRIBE = "host/events/subscribe"
EDITS = {
    "a payload": BREAK,
    "an unknown type": "UPDATE events SET type = 'thread.unheard_of.v9' WHERE position = ?",
    "a stream": "UPDATE events SET stream = x'ff' WHERE position = ?",
    "a version": "UPDATE events SET version = version + 1000 WHERE position = ?",
    "a time": "UPDATE events SET recorded_at_ms = 'noon' WHERE position = ?",
}


async def talked(client: Client, *texts: str, **params: Any) -> str:
    """A thread in which this was said."""
    thread_id = await start(client, **params)
    for text in texts:
        await talk(client, thread_id, text)
    return thread_id


def warned(client: Client, after: int = 0) -> list[str]:
    """The warnings that a client got."""
    found = [m for m in client.received[after:] if m.get("method") == "warning"]
    return [m["params"]["message"] for m in found]


def texts_in(turns: list[Message]) -> list[str]:
    """What was said in turns."""
    items = [item for turn in turns for item in turn["items"]]
    return [item.get("text") or item["content"][0]["text"] for item in items]


async def broken(host: Host, thread_id: str, kind: str, number: int, how: str = BREAK) -> int:
    """Damage one event of a thread while the host is down; its position."""
    await host.stop()
    position = positions(host.home, thread_id, kind)[number]
    edit(host.home, how, position)
    await host.start()
    return position
