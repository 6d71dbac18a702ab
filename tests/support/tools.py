"""Tools that answer when a test says so, settings that offer them, and calls in a history."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic_core import from_json

from tests.support.hosts import SETTINGS, WAIT_S
from threadhost.actors.answers import text_result
from threadhost.actors.ports import ElicitationAnswer, ToolCall, ToolResult


def function(name: str, **more: Any) -> dict[str, Any]:
    """The specification of a client's tool."""
    schema = {"type": "object", "properties": {"q": {"type": "string"}}}
    spec = {"type": "function", "name": name, "description": f"does {name}"}
    return {**spec, "inputSchema": schema, "deferLoading": False, **more}


OFFERING = SETTINGS.model_copy(
    update={
        "dynamic_tools": [
            function("look"),
            {"type": "namespace", "name": "box", "description": "d", "tools": [function("open")]},
        ],
        "user_input": True,
    }
)
QUESTION = {"id": "colour", "header": "Colour", "question": "Which one?"}


class AskedCall:
    """A call that waits for the test."""

    def __init__(self, call: ToolCall) -> None:
        self.call = call
        self.cancelled = asyncio.Event()
        self.result: asyncio.Future[ToolResult] = asyncio.get_running_loop().create_future()

    def answer(self, text: str, *, success: bool = True, reached: bool = True) -> None:
        """Give the result."""
        self.result.set_result(text_result(text, success=success, reached=reached))


class PuppetTools:
    """Tools and a user that wait for the test."""

    def __init__(self) -> None:
        self.calls: list[AskedCall] = []
        self._asked: asyncio.Queue[AskedCall] = asyncio.Queue()

    async def call(self, call: ToolCall) -> ToolResult:
        """Wait for the test."""
        asked = AskedCall(call)
        self.calls.append(asked)
        self._asked.put_nowait(asked)
        try:
            return await asked.result
        except asyncio.CancelledError:
            asked.cancelled.set()
            raise

    async def ask_user(self, call: ToolCall) -> ToolResult:
        """Wait for the test."""
        return await self.call(call)

    async def elicit(self, call: ToolCall, request: dict[str, Any]) -> ElicitationAnswer:
        """Nobody is there."""
        return ElicitationAnswer("unreached")

    async def asked(self) -> AskedCall:
        """The next call, once it is made."""
        async with asyncio.timeout(WAIT_S):
            return await self._asked.get()


def unanswered(history: Iterable[bytes]) -> Counter[str]:
    """Calls of a history without an output, and outputs without a call (below zero)."""
    found: Counter[str] = Counter()
    for line in map(from_json, history):
        if line["type"] == "function_call":
            found[line["call_id"]] += 1
        elif line["type"] == "function_call_output":
            assert found[line["call_id"]] > 0, f"an output ahead of its call: {line}"
            found[line["call_id"]] -= 1
    return +found
