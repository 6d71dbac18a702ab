"""The endpoint of the Responses API's tests, speaking chat completions instead."""

import json
from collections.abc import Iterator
from typing import Any, cast

from tests.support.responses_endpoint import Json, ResponsesEndpoint, provider_error
from threadhost.actors.models import (
    FunctionCall,
    ModelEvent,
    OutputDone,
    ReasoningDelta,
    TextDelta,
)
from threadhost.adapters.models.echo import output_events
from threadhost.adapters.models.script import Step, Usage


class ChatEndpoint(ResponsesEndpoint):
    """Serves POST .../chat/completions."""

    def history_of(self, body: Json) -> list[Json]:
        """The messages of a request as input items."""
        messages = cast("list[Any]", body["messages"])
        return [_item(message) for message in messages]

    def events_of(self, step: Step, number: int) -> Iterator[bytes]:
        """The chunks of one response, as they go over the wire."""
        for chunk in chunks(step, number):
            yield b": .delta\n" * _has_text(chunk) + encoded(chunk)
        if not (step.hang or step.breaks or step.failure):
            yield b"data: [DONE]\n\n"


def encoded(chunk: Json) -> bytes:
    """A server-sent event."""
    return f"data: {json.dumps(chunk)}\n\n".encode()


def chunks(step: Step, number: int) -> Iterator[Json]:
    """The chunks of one response."""
    if step.failure is not None:
        yield {"error": provider_error(step.failure)}
        return
    ended = "stop"
    yield _chunk(number, {"role": "assistant", "content": ""})
    for event in output_events(step, step.pieces):
        if isinstance(event, OutputDone) and isinstance(event.item, FunctionCall):
            ended = "tool_calls"
        delta = _delta(event)
        if delta:
            yield _chunk(number, delta)
    if step.hang or step.breaks:
        return
    yield _chunk(number, {}, ended)
    yield {"id": f"resp-{number}", "choices": [], "usage": _usage(step.usage)}


def _chunk(number: int, delta: Json, ended: str | None = None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": ended}
    return {"id": f"resp-{number}", "object": "chat.completion.chunk", "choices": [choice]}


def _has_text(chunk: Json) -> bool:
    choices = cast("list[Any]", chunk.get("choices") or [{}])
    return bool(choices[0].get("delta", {}).get("content"))


def _delta(event: ModelEvent) -> Json | None:
    match event:
        case TextDelta(_, text):
            return {"content": text}
        case ReasoningDelta(_, _, text):
            return {"reasoning_content": text}
        case OutputDone(number, FunctionCall(name, arguments, namespace)):
            flat = f"{namespace}__{name}" if namespace else name
            function = {"name": flat, "arguments": arguments}
            call = {"index": number, "id": f"call-{number}", "type": "function"}
            return {"tool_calls": [{**call, "function": function}]}
        case _:
            return None


def _usage(used: Usage) -> Json:
    return {
        "prompt_tokens": used.input,
        "prompt_tokens_details": {"cached_tokens": used.cached_input},
        "completion_tokens": used.output,
        "completion_tokens_details": {"reasoning_tokens": used.reasoning_output},
        "total_tokens": used.total,
    }


def _item(message: Any) -> Json:
    if message["role"] == "tool":
        return {"type": "function_call_output", "output": message["content"]}
    return {"type": "message", "role": message["role"], "content": message["content"]}
