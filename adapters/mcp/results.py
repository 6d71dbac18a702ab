"""What a server's tool answered, within the bounds of an event and of what a model can read."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from threadhost.actors.answers import text_result
from threadhost.actors.ports import ToolResult
from threadhost.adapters.mcp.limits import BLOCKS_MAX, DEPTH_MAX, TEXT_BYTES_MAX
from threadhost.events.bounds import fault_in

CUT = "\n[... {} more characters were cut off]"
TEXT = "text"


def result_of(raw: Mapping[str, Any]) -> ToolResult:
    """The result as clients and models are shown it, or why it is none."""
    content = raw.get("content", [])
    fault = _fault(content, raw)
    if fault is not None:
        return text_result(f"the MCP server's answer cannot be used: {fault}", success=False)
    whole = {
        "content": _cut(content),
        "structuredContent": raw.get("structuredContent"),
        "_meta": raw.get("_meta"),
    }
    return ToolResult((), success=raw.get("isError") is not True, whole=whole)


def _fault(content: object, raw: Mapping[str, Any]) -> str | None:
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        return "its content is no list of blocks"
    if len(content) > BLOCKS_MAX:
        return f"it has {len(content)} blocks, and {BLOCKS_MAX} are the most"
    if is_too_deep(raw):
        return f"it is nested more than {DEPTH_MAX} deep"
    structured = raw.get("structuredContent")
    if structured is not None and len(to_json(structured)) > TEXT_BYTES_MAX:
        return f"its structured content has more than {TEXT_BYTES_MAX} bytes"
    return fault_in(raw)


def is_too_deep(value: object) -> bool:
    """Whether there are too many objects and arrays inside one another."""
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return any(isinstance(one, (dict, list)) for one in level)


def _cut(content: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks, with no more text in them than a model should be made to read."""
    left, cut = TEXT_BYTES_MAX, []
    for block in content:
        text = block.get(TEXT)
        if block.get("type") == TEXT and isinstance(text, str):
            kept = text if len(text) <= left else text[:left] + CUT.format(len(text) - left)
            left = max(0, left - len(text))
            cut.append({**block, TEXT: kept})
        else:
            cut.append(block)
    return cut
