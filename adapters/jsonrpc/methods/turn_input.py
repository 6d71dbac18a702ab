"""What the model gets at the beginning of a turn: input or a tool's output, and added context."""

from collections.abc import Mapping
from typing import Any

from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.methods.common import plain
from threadhost.adapters.jsonrpc.models.settings import AdditionalContextEntry
from threadhost.adapters.jsonrpc.models.turn_start import TurnStartParams
from threadhost.events.input_items import message_item
from threadhost.events.turn import text_part


def context_of(entries: Mapping[str, AdditionalContextEntry] | None) -> list[dict[str, Any]]:
    """A client's added context as messages for the model; their role says whether to obey them."""
    return [
        message_item("developer", _tagged(key, entry.value))
        if entry.kind == "application"
        else message_item("user", _tagged(f"external_{key}", entry.value))
        for key, entry in (entries or {}).items()
    ]


def _tagged(name: str, text: str) -> str:
    return f"<{name}>{text}</{name}>"


def content_of(params: TurnStartParams) -> list[dict[str, Any]]:
    """The content that a turn begins with: its input, or a tool's output. Raises RpcError."""
    output = params.tool_output
    if output is None:
        return [*map(plain, params.input)]
    if params.input:
        words = "`toolOutput` cannot be combined with nonempty `input`"
        raise refusal("conflictingParams", words)
    name = "external_" + ".".join(filter(None, (output.namespace, output.name)))
    if isinstance(output.output, str):
        return [text_part(_tagged(name, output.output))]
    return [text_part(f"<{name}>"), *map(_part, output.output), text_part(f"</{name}>")]


def _part(part: dict[str, Any]) -> dict[str, Any]:
    """A part of a tool's output as a part of an input. Raises RpcError for another kind of part."""
    text, url = part.get("text"), part.get("image_url")
    if part.get("type") == "input_text" and isinstance(text, str):
        return text_part(text)
    if part.get("type") == "input_image" and isinstance(url, str):
        return {"type": "image", "url": url, "detail": None}
    words = "toolOutput: a part of its `output` is neither `input_text` nor `input_image`"
    raise refusal("invalidItem", words)
