"""The answer of an MCP server's tool, as a model is shown it."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

MILLISECONDS = 1000
Part = dict[str, Any]


def answer_parts(item: Mapping[str, Any]) -> list[Part]:
    """Return the parts of a completed `mcpToolCall` like those of a client's tool, duration first.

    Structured content replaces all the rest, because servers that send it repeat the rest in it.
    """
    return [_text(f"Wall time: {_seconds(item)} seconds\nOutput:"), *_content(item)]


def _content(item: Mapping[str, Any]) -> list[Part]:
    result, error = item.get("result"), item.get("error")
    if not isinstance(result, dict):
        message = error.get("message") if isinstance(error, dict) else None
        return [_text(str(message or "the call failed"))]
    structured, content = result.get("structuredContent"), result.get("content")
    if structured is not None:
        return [_json(structured)]
    return [_part(block) for block in content] if isinstance(content, list) else []


def _part(block: object) -> Part:
    """Convert a block of content: text, picture and sound keep their form, all else is JSON."""
    if isinstance(block, dict):
        type_, data = block.get("type"), block.get("data")
        if type_ == "text" and isinstance(block.get("text"), str):
            return _text(block["text"])
        if type_ in ("image", "audio") and isinstance(data, str):
            url = f"data:{block.get('mimeType')};base64,{data}"
            return {"type": f"input{type_.title()}", f"{type_}Url": url}
    return _json(block)


def _seconds(item: Mapping[str, Any]) -> str:
    took_ms = item.get("durationMs")
    return f"{took_ms / MILLISECONDS:.3f}" if isinstance(took_ms, int) else "0.000"


def _text(text: str) -> Part:
    return {"type": "inputText", "text": text}


def _json(value: object) -> Part:
    return _text(to_json(value).decode())
