"""The endpoint of the Responses API's tests, speaking the Messages API instead."""

import json
from collections.abc import Iterator
from typing import Any, cast

from tests.support.responses_endpoint import Json, ResponsesEndpoint, provider_error
from threadhost.actors.models import (
    FunctionCall,
    ModelEvent,
    OutputDone,
    OutputStarted,
    ReasoningDelta,
    TextDelta,
)
from threadhost.adapters.models.echo import output_events
from threadhost.adapters.models.script import Step

SIGNATURE = "c2lnbmVk"


class MessagesEndpoint(ResponsesEndpoint):
    """Serves POST .../messages."""

    def history_of(self, body: Json) -> list[Json]:
        """The messages of a request as input items."""
        messages = cast("list[Any]", body["messages"])
        return [item for message in messages for item in _items(message)]

    def events_of(self, step: Step, number: int) -> Iterator[bytes]:
        """The events of one response, as they go over the wire."""
        return map(encoded, events(step, number))


def encoded(event: Json) -> bytes:
    """A server-sent event that names its type twice, as the API does."""
    mark = ": .delta\n" if "text_delta" in json.dumps(event) else ""
    return f"{mark}event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def events(step: Step, number: int) -> Iterator[Json]:
    """The events of one response."""
    used = step.usage
    start = {
        "input_tokens": used.input - used.cached_input,
        "cache_read_input_tokens": used.cached_input,
        "cache_creation_input_tokens": 0,
        "output_tokens": 1,
    }
    message = {"id": f"resp-{number}", "type": "message", "role": "assistant", "content": []}
    yield {
        "type": "message_start",
        "message": {**message, "model": "m", "stop_reason": None, "usage": start},
    }
    if step.failure is not None:
        yield {"type": "error", "error": {"type": "odd_error", **provider_error(step.failure)}}
        return
    for event in output_events(step, step.pieces):
        yield from _on_the_wire(event)
    if step.hang or step.breaks:
        return
    reason = "tool_use" if step.calls else "end_turn"
    delta = {"stop_reason": reason, "stop_sequence": None}
    details = {"thinking_tokens": used.reasoning_output}
    usage = {"output_tokens": used.output, "output_tokens_details": details}
    yield {"type": "message_delta", "delta": delta, "usage": usage}
    yield {"type": "message_stop"}


EMPTY: dict[str, Json] = {
    "message": {"type": "text", "text": ""},
    "reasoning": {"type": "thinking", "thinking": "", "signature": ""},
}


def _on_the_wire(event: ModelEvent) -> Iterator[Json]:
    match event:
        case OutputStarted(number, kind) if kind != "call":
            yield {"type": "content_block_start", "index": number, "content_block": EMPTY[kind]}
        case TextDelta(number, text):
            yield _delta(number, {"type": "text_delta", "text": text})
        case ReasoningDelta(number, _, text):
            yield _delta(number, {"type": "thinking_delta", "thinking": text})
            yield _delta(number, {"type": "signature_delta", "signature": SIGNATURE})
        case OutputDone(number, FunctionCall(name, arguments, namespace)):
            flat = f"{namespace}__{name}" if namespace else name
            block = {"type": "tool_use", "id": f"toolu_{number}", "name": flat, "input": {}}
            yield {"type": "content_block_start", "index": number, "content_block": block}
            for piece in (arguments[:3], arguments[3:]):
                yield _delta(number, {"type": "input_json_delta", "partial_json": piece})
            yield {"type": "content_block_stop", "index": number}
        case OutputDone(number, _):
            yield {"type": "content_block_stop", "index": number}


def _delta(number: int, delta: Json) -> Json:
    return {"type": "content_block_delta", "index": number, "delta": delta}


def _items(message: Any) -> Iterator[Json]:
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    for block in blocks:
        if block["type"] == "tool_result":
            output = block["content"]
            texts = [output] if isinstance(output, str) else [one.get("text") for one in output]
            yield {"type": "function_call_output", "output": "".join(filter(None, texts))}
        elif block["type"] == "text":
            yield {"type": "message", "role": message["role"], "content": block["text"]}
