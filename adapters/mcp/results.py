"""Results of a server's tools, within the limits of an event and of a model."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from threadhost.actors.answers import text_result
from threadhost.actors.ports import ToolResult
from threadhost.adapters.mcp.limits import BLOCKS_MAX, DEPTH_MAX, TEXT_BYTES_MAX
from threadhost.events.bounds import fault_in

CUT = "\n[... {} more characters were cut off]"
LEFT_OUT = "[a block of {} bytes was left out]"
TEXT = "text"
AS_SUCH = frozenset({"image", "audio"})
"""Blocks that models do not read as text."""
Block = dict[str, Any]


def result_of(raw: Mapping[str, Any]) -> ToolResult:
    """The result for clients and models, or a failure that says why it is invalid."""
    content = raw.get("content", [])
    fault = _fault(content, raw)
    if fault is not None:
        return text_result(f"the MCP server's answer cannot be used: {fault}", success=False)
    result = {
        "content": _cut(content),
        "structuredContent": raw.get("structuredContent"),
        "_meta": raw.get("_meta"),
    }
    return ToolResult((), success=raw.get("isError") is not True, whole=result)


def _fault(content: object, raw: Mapping[str, Any]) -> str | None:
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        return "its content is not a list of blocks"
    if len(content) > BLOCKS_MAX:
        return f"it has {len(content)} blocks, and {BLOCKS_MAX} are the most"
    if is_too_deep(raw):
        return f"it is nested more than {DEPTH_MAX} deep"
    structured = raw.get("structuredContent")
    if structured is not None and len(to_json(structured)) > TEXT_BYTES_MAX:
        return f"its structured content has more than {TEXT_BYTES_MAX} bytes"
    return fault_in(raw)


def is_too_deep(value: object) -> bool:
    """Whether objects and arrays are nested too deep."""
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [
            inner
            for node in level
            if isinstance(node, (dict, list))
            for inner in (node.values() if isinstance(node, dict) else node)
        ]
    return any(isinstance(node, (dict, list)) for node in level)


def _cut(content: list[Block]) -> list[Block]:
    """The blocks, cut to the amount of text that a model may get."""
    remaining_bytes, cut = TEXT_BYTES_MAX, []
    for block in content:
        shortened, took = _within(block, remaining_bytes)
        remaining_bytes = max(0, remaining_bytes - took)
        cut.append(shortened)
    return cut


def _within(block: Block, bytes_max: int) -> tuple[Block, int]:
    """A block cut to the remaining bytes of a model, and the bytes that it takes."""
    if block.get("type") in AS_SUCH:
        return block, 0
    inner = block.get("resource") if block.get("type") == "resource" else block
    text = inner.get(TEXT) if isinstance(inner, dict) else None
    if isinstance(inner, dict) and isinstance(text, str):
        shortened, size = _shortened(text, bytes_max)
        shorter = {**inner, TEXT: shortened}
        return (shorter if inner is block else {**block, "resource": shorter}), size
    size = len(to_json(block))  # a model gets all of it
    return (block, size) if size <= bytes_max else ({"type": TEXT, TEXT: LEFT_OUT.format(size)}, 0)


def _shortened(text: str, bytes_max: int) -> tuple[str, int]:
    size = len(text) if text.isascii() else len(text.encode(errors="replace"))
    if size <= bytes_max:
        return text, size
    beginning = text[:bytes_max].encode(errors="replace")[:bytes_max].decode(errors="ignore")
    return beginning + CUT.format(len(text) - len(beginning)), size
