"""Events of a Responses stream, put together with whatever a test wants to be odd in them."""

import json
from typing import Any

from tests.support.responses_endpoint import DONE, Json

__all__ = ["DONE"]


def text(said: object = "hello", **more: object) -> Json:
    """A part of a message."""
    return {"type": "output_text", "text": said, **more}


def message(*parts: Json, id: object = "msg_x", **more: object) -> Json:
    """A message; `hello` if no part is given."""
    content = list(parts) or [text()]
    return {"id": id, "type": "message", "role": "assistant", "content": content, **more}


def reasoning(**more: object) -> Json:
    """A thought that its provider would take back."""
    return {"id": "rs_x", "type": "reasoning", "summary": [], "encrypted_content": "e", **more}


def call(arguments: object = "{}", **more: object) -> Json:
    """A call of the tool `look`."""
    said = {"id": "fc_x", "call_id": "call_x", "name": "look", "arguments": arguments}
    return {"type": "function_call", **said, **more}


def done(item: Json, at: object = 0, **more: object) -> Json:
    """The end of an item."""
    return {"type": "response.output_item.done", "output_index": at, "item": item, **more}


def added(item: Json, at: object = 0, **more: object) -> Json:
    """The beginning of an item."""
    return {"type": "response.output_item.added", "output_index": at, "item": item, **more}


def delta(piece: object, at: object = 0, id: object = "msg_x", **more: object) -> Json:
    """A piece of a message."""
    place = {"item_id": id, "output_index": at, "content_index": 0}
    return {"type": "response.output_text.delta", **place, "delta": piece, **more}


def completed(*output: Json, usage: Any = None, **more: object) -> Json:
    """The last word, with the whole output where that is given."""
    response = {"id": "resp_x", "usage": usage, **more}
    return {
        "type": "response.completed",
        "response": {**response, "output": list(output)} if output else response,
    }


def incomplete(usage: Any = None, reason: str = "max_output_tokens") -> Json:
    """The last word of an answer that was cut off."""
    response = {"id": "resp_x", "status": "incomplete", "usage": usage}
    return {
        "type": "response.incomplete",
        "response": {**response, "incomplete_details": {"reason": reason}},
    }


def bare(event: Json, *, name: bool = True, type_: bool = True) -> bytes:
    """An event in bytes, with its type in the `event:` line, in the data, in both or in none."""
    body = {key: value for key, value in event.items() if type_ or key != "type"}
    line = f"event: {event['type']}\n" if name else ""
    return f"{line}data: {json.dumps(body)}\n\n".encode()
