"""What a conformance test says again and again."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.client import Client, Message

HANG: dict[str, object] = {"hang": True}


def script(*steps: Mapping[str, object], say: str = "hello") -> str:
    """The text of a message that scripts the model."""
    return f"{say}\n@echo {json.dumps({'steps': steps})}"


def turn_params(thread_id: str, text: str, **more: Any) -> dict[str, Any]:
    """The params of a turn that says this."""
    return {"threadId": thread_id, "input": [{"type": "text", "text": text}], **more}


async def start(client: Client, **params: Any) -> str:
    """Start a thread; its id."""
    result = await client.ok("thread/start", {"cwd": "/", **params})
    thread_id: str = result["thread"]["id"]

    def is_news(message: Message) -> bool:
        return bool(
            message.get("method") == "thread/started"
            and message["params"]["thread"]["id"] == thread_id
        )

    await client.until(is_news)
    return thread_id


async def begin(client: Client, thread_id: str, text: str = "hello", **more: Any) -> str:
    """Start a turn; its id."""
    result = await client.ok("turn/start", turn_params(thread_id, text, **more))
    turn_id: str = result["turn"]["id"]
    return turn_id


async def end(client: Client, turn_id: str) -> Message:
    """Wait until a turn is over; the turn as it ended."""

    def is_end(message: Message) -> bool:
        return (
            message.get("method") == "turn/completed" and message["params"]["turn"]["id"] == turn_id
        )

    turn: Message = (await client.until(is_end))["params"]["turn"]
    return turn


async def talk(client: Client, thread_id: str, text: str = "hello", **more: Any) -> Message:
    """A whole turn."""
    return await end(client, await begin(client, thread_id, text, **more))


async def tree(client: Client, *parents: int, **params: Any) -> list[str]:
    """A root and, for each number, a child of the thread with that number."""
    ids = [await start(client, **params)]
    for parent in parents:
        ids.append(await start(client, parentThreadId=ids[parent], **params))
    return ids


def deleted(client: Client, after: int = 0) -> list[str]:
    """The threads whose deletion was announced, in order."""
    return [
        m["params"]["threadId"]
        for m in client.received[after:]
        if m.get("method") == "thread/deleted"
    ]


def shown(message: Message) -> str:
    """A message in a word or two: its method with what tells it apart."""
    if "method" not in message:
        return "reply" if "result" in message else "error"
    params = message["params"]
    detail = params.get("status", {}).get("type") or params.get("item", {}).get("type")
    return f"{message['method']} {detail}" if detail else str(message["method"])


def live(message: Message) -> bool:
    """Whether a notification is of the moment, and in no log."""
    if message["method"] == "item/started":
        return message["params"]["item"]["type"] not in ("userMessage", "dynamicToolCall")
    return bool(message["method"] == "item/agentMessage/delta")
