"""The offline model: echoes, or does what a script in the user's message says; deterministic."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import TYPE_CHECKING

from pydantic_core import from_json

from threadhost.actors.ports import (
    ModelEvent,
    ModelFailed,
    ModelRequest,
    OutputDone,
    OutputStarted,
    ResponseDone,
    TextDelta,
    TokenUsage,
)
from threadhost.adapters.models.errors import STREAM_CLOSED, broken

if TYPE_CHECKING:
    from threadhost.adapters.models.script import Call, Step

ECHO_DELTAS_MAX = 4
WORD = re.compile(r"\s*\S+\s*|\s+")
OWN_ID = re.compile(r"(?:msg|fc)-(\d{1,9})(?:-\d+)?")
OWN_ID_LOOKBACK = 64


class EchoClient:
    """Answers with the text of the last user message, or always with `reply`, unless scripted."""

    name = "echo"
    default_model = "echo-1"

    def __init__(self, reply: str | None = None) -> None:
        self._reply = reply
        self._responses = 0

    async def warm_up(self) -> None:
        """Build the script's validators in a worker thread; idempotent."""
        from threadhost.adapters.models.script import Script

        await asyncio.to_thread(Script.model_rebuild)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream one response; raises ModelFailed where the script says so."""
        from threadhost.adapters.models.script import Step, last_prompt

        prompt = last_prompt(request.history)
        # After a restart the count goes on where the thread's history left it: an item id
        # never names two items of one thread.
        before = highest_number(request.history), answers(request.history)
        self._responses = max(self._responses, *before) + 1
        number = self._responses
        step = prompt.step()
        if step is None:
            text = self._reply if self._reply is not None else prompt.text or "ok"
            step, pieces = Step(text=text), word_groups(text)
        else:
            pieces = step.pieces
        await asyncio.sleep(step.delay_ms / 1000)
        if step.failure is not None:
            raise ModelFailed(step.failure.message, step.failure.code, step.failure.http_status)
        said = 0
        for event in output_events(step, number, pieces):
            if isinstance(event, TextDelta):
                await asyncio.sleep(step.gap_ms / 1000 if said else 0)
                said += 1
            yield event
        if step.breaks:
            raise broken(STREAM_CLOSED)
        if step.hang:
            await asyncio.get_running_loop().create_future()
        usage = TokenUsage(**step.usage.model_dump())
        yield ResponseDone(f"resp-{number}", usage)

    async def close(self) -> None:
        """Nothing to release."""


def word_groups(text: str) -> list[str]:
    """The text cut between words into at most four pieces of about as many words."""
    words = WORD.findall(text)
    size = max(1, -(-len(words) // ECHO_DELTAS_MAX))
    return ["".join(words[start : start + size]) for start in range(0, len(words), size)]


def highest_number(history: Sequence[bytes]) -> int:
    """The number in the newest item id of ours near the end of a history; 0 without one."""
    for encoded in reversed(history[-OWN_ID_LOOKBACK:]):
        found = OWN_ID.fullmatch(str(from_json(encoded).get("id")))
        if found:
            return int(found[1])
    return 0


def answers(history: Sequence[bytes]) -> int:
    """How many answers in words a history holds; these have no ids there."""
    return sum(b'"role":"assistant"' in encoded for encoded in history)


def function_call(call: "Call", number: int, index: int) -> dict[str, object]:
    """The output item of a scripted call."""
    item: dict[str, object] = {
        "type": "function_call",
        "id": f"fc-{number}-{index}",
        "status": "completed",
        "call_id": call.id or f"call-{number}-{index}",
        "name": call.name,
        "arguments": json.dumps(call.args),
    }
    return item if call.namespace is None else {**item, "namespace": call.namespace}


def message(text: str, number: int) -> dict[str, object]:
    """The output item of an answer in words."""
    return {
        "type": "message",
        "role": "assistant",
        "id": f"msg-{number}",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }


def output_events(step: "Step", number: int, pieces: Sequence[str]) -> Iterator[ModelEvent]:
    """The events of a step's output, as far as it gets."""
    for index, call in enumerate(step.calls):
        item = function_call(call, number, index)
        yield OutputStarted(str(item["id"]), "function_call")
        yield OutputDone(str(item["id"]), item)
    if step.answer is None:
        return
    item_id = f"msg-{number}"
    yield OutputStarted(item_id, "message")
    for piece in pieces[: len(pieces) // 2] if step.breaks else pieces:
        yield TextDelta(item_id, piece)
    if not step.breaks and not step.hang:
        yield OutputDone(item_id, message("".join(pieces), number))
