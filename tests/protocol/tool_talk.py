"""What tests of tools and questions say again and again."""

from typing import Any

from tests.protocol.talk import start
from tests.support.client import Client, Message
from tests.support.server import Host
from tests.support.tools import QUESTION, function

TOOLS = [
    function("look"),
    {"type": "namespace", "name": "box", "description": "a box", "tools": [function("open")]},
]
ASK = {"features": {"default_mode_request_user_input": True}}
LOOK: dict[str, Any] = {"calls": [{"name": "look", "args": {"q": "x"}, "id": "c1"}]}
QUESTIONS: dict[str, Any] = {
    "calls": [{"name": "request_user_input", "args": {"questions": [QUESTION]}}]
}
DONE: dict[str, object] = {"text": "done"}
CALL, RESOLVED = "item/tool/call", "serverRequest/resolved"
BEGUN = "item/started dynamicToolCall"
USER_INPUT = "item/tool/requestUserInput"


def tool_answer(text: str, *, success: bool = True) -> dict[str, Any]:
    """A tool's answer."""
    return {"contentItems": [{"type": "inputText", "text": text}], "success": success}


async def offering(client: Client, **more: Any) -> str:
    """A thread whose model may call tools and ask the user."""
    return await start(client, dynamicTools=TOOLS, config=ASK, **more)


async def items(client: Client, thread_id: str) -> list[Message]:
    """The stored items of the last turn."""
    read = await client.ok("thread/read", {"threadId": thread_id, "includeTurns": True})
    found: list[Message] = read["thread"]["turns"][-1]["items"]
    return found


async def tool_item(client: Client, thread_id: str) -> Message:
    """The only tool call of the last turn."""
    (found,) = [i for i in await items(client, thread_id) if i["type"] == "dynamicToolCall"]
    return found


async def follow(client: Client, thread_id: str) -> None:
    """Let a client follow a live thread, as the newest of those who do."""
    await client.ok("thread/resume", {"threadId": thread_id})


async def named(host: Host, name: str, **capabilities: Any) -> Client:
    """A client that can be told apart from the others."""
    client = await host.connect()
    wanted = {"experimentalApi": True, **capabilities}
    info = {"name": name, "version": "1"}
    await client.ok("initialize", {"clientInfo": info, "capabilities": wanted})
    await client.send({"method": "initialized"})
    return client


def open_requests(host: Host) -> int:
    """Requests that any client has yet to answer."""
    return host.running.stats().connections.open_questions
