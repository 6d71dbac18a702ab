"""What tests of goals on the wire say again and again."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.client import Client, Message
from tests.support.server import Host

UNKNOWN = "0199a3b4-5c6d-7e8f-9012-3456789abcde"
SLOW = {"goal_wait_ms": 3_600_000, "goal_wait_max_ms": 3_600_000}
"""No goal goes on by itself again while a test runs."""
COMPLETE: dict[str, object] = {"calls": [{"name": "update_goal", "args": {"status": "complete"}}]}


def objective(*steps: Mapping[str, object], say: str = "count owls") -> str:
    """An objective that scripts the model, from turn to turn."""
    return f"{say} @@mock {json.dumps({'steps': steps})}"


async def set_goal(client: Client, thread_id: str, **said: Any) -> Message:
    """Set a goal; the goal as it is then."""
    found: Message = await client.ok("thread/goal/set", {"threadId": thread_id, **said})
    goal: Message = found["goal"]
    return goal


async def goal(client: Client, thread_id: str) -> Message:
    """The goal of a thread."""
    found: Message = (await client.ok("thread/goal/get", {"threadId": thread_id}))["goal"]
    return found


async def updated(client: Client, after: int = 0, **goal: Any) -> Message:
    """The next news of a goal that stands so."""

    def wanted(message: Message) -> bool:
        if message.get("method") != "thread/goal/updated":
            return False
        told = message["params"]["goal"]
        return all(told[key] == value for key, value in goal.items())

    found: Message = (await client.until(wanted, after))["params"]
    return found


async def slow(home: Any) -> Host:
    """A host whose goals have one turn at once and the next much later."""
    host = Host(home, settings=SLOW)
    await host.start()
    return host


async def turns(client: Client, thread_id: str) -> list[Message]:
    """The turns of a thread."""
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    found: list[Message] = read["thread"]["turns"]
    return found


async def scheduled(client: Client, after: int = 0) -> Message:
    """The next word of when a goal goes on, which it does not say while its turns run."""

    def wanted(message: Message) -> bool:
        is_news = message.get("method") == "thread/goal/updated"
        return is_news and message["params"]["nextTurnAtMs"] is not None

    found: Message = (await client.until(wanted, after))["params"]
    return found
