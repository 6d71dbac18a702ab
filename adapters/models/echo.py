"""The offline model: echoes, or follows a script in the user's message; deterministic."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import TYPE_CHECKING

from threadhost.actors.models import (
    CallLimits,
    FunctionCall,
    Message,
    ModelEvent,
    ModelFailed,
    ModelRequest,
    ModelWindow,
    OutputDone,
    OutputStarted,
    Reasoning,
    ReasoningDelta,
    ResponseDone,
    TextDelta,
    TokenUsage,
)

if TYPE_CHECKING:
    from threadhost.adapters.models.script import Failure, Prompt, Step

ECHO_DELTAS_MAX = 4
LARGE_BYTES = 256 * 1024
"""A larger text is not searched: that would take too long."""
WORD = re.compile(r"\s*\S+\s*|\s+")


class EchoClient:
    """Answers with the text of the last user message, or always with `reply`, unless scripted."""

    name = "echo"
    default_model = "echo-1"

    def __init__(self, reply: str | None = None) -> None:
        self._reply = reply
        self._responses = 0

    def limits(self, provider: str) -> CallLimits:
        """The default limits."""
        return CallLimits()

    def window(self, provider: str, model: str) -> ModelWindow:
        """No limit is known."""
        return ModelWindow()

    async def warm_up(self) -> None:
        """Build the script's validators in a worker thread; idempotent."""
        from threadhost.adapters.models.script import Script

        await asyncio.to_thread(Script.model_rebuild)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream one response; raises ModelFailed where the script says so."""
        from threadhost.adapters.models.script import Step

        if any(len(line) > LARGE_BYTES for line in request.history[-1:]):
            prompt, step = await asyncio.to_thread(_prompt_and_step, request)
        else:
            prompt, step = _prompt_and_step(request)
        self._responses += 1
        if step is None:
            text = self._reply if self._reply is not None else prompt.text or "ok"
            step, pieces = Step(text=text), word_groups(text)
        else:
            pieces = step.pieces
        await asyncio.sleep(step.delay_ms / 1000)
        if step.failure is not None:
            raise _failed(step.failure)
        chars = 0
        for event in output_events(step, pieces):
            if isinstance(event, TextDelta):
                await asyncio.sleep(step.gap_ms / 1000 if chars else 0)
                chars += 1
            yield event
        if step.breaks:
            from threadhost.adapters.models.failures import STREAM_CLOSED, broken

            raise broken(STREAM_CLOSED)
        if step.hang:
            await asyncio.get_running_loop().create_future()
        usage = TokenUsage(**step.used)
        yield ResponseDone(f"resp-{self._responses}", usage, model=request.settings.model)

    async def close(self) -> None:
        """Nothing to release."""


def _prompt_and_step(request: ModelRequest) -> "tuple[Prompt, Step | None]":
    from threadhost.adapters.models.script import last_prompt

    prompt = last_prompt(request.history)
    return prompt, prompt.step()


def word_groups(text: str) -> list[str]:
    """The text cut between words into at most four pieces of about as many words.

    A large text is cut anywhere: the search for words would take long.
    """
    if len(text) > LARGE_BYTES:
        size = -(-len(text) // ECHO_DELTAS_MAX)
        return [text[start : start + size] for start in range(0, len(text), size)]
    words = WORD.findall(text)
    size = max(1, -(-len(words) // ECHO_DELTAS_MAX))
    return ["".join(words[start : start + size]) for start in range(0, len(words), size)]


def _failed(failure: "Failure") -> ModelFailed:
    from threadhost.adapters.models.failures import TRANSIENT_CODES

    return ModelFailed(
        failure.message,
        failure.code,
        failure.http_status,
        is_transient=failure.code in TRANSIENT_CODES and failure.transient,
        retry_after_ms=failure.retry_after_ms,
    )


def output_events(step: "Step", pieces: Sequence[str]) -> Iterator[ModelEvent]:
    """The events of a step's output, up to where it fails."""
    number = 0
    if step.reasoning is not None:
        yield OutputStarted(number, "reasoning")
        yield ReasoningDelta(number, 0, step.reasoning)
        yield OutputDone(number, Reasoning((step.reasoning,), encrypted="b3BhcXVl"))
        number += 1
    for call in step.calls:
        yield OutputStarted(number, "call")
        yield OutputDone(number, FunctionCall(call.name, json.dumps(call.args), call.namespace))
        number += 1
    if step.answer is None:
        return
    yield OutputStarted(number, "message")
    for piece in pieces[: len(pieces) // 2] if step.breaks else pieces:
        yield TextDelta(number, piece)
    if not step.breaks and not step.hang:
        yield OutputDone(number, Message("".join(pieces)))
