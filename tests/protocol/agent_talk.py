"""What tests of agents on the wire say again and again."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.client import Client, Message

V1 = "multi_agent_v1"


def call(name: str, **args: Any) -> dict[str, Any]:
    """A call of a tool of the first family."""
    return {"namespace": V1, "name": name, "args": args}


def calls(*made: Mapping[str, Any]) -> dict[str, object]:
    """A step that makes these calls."""
    return {"calls": list(made)}


def task(*steps: Mapping[str, object], say: str = "a task") -> str:
    """What an agent is to do: a script of its own."""
    return f"{say}\n@@mock {json.dumps({'steps': steps})}"


def spawn(*steps: Mapping[str, object], say: str = "a task", **args: Any) -> dict[str, Any]:
    """A call that starts an agent with a script."""
    return call("spawn_agent", message=task(*steps, say=say), **args)


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
