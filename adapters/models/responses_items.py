"""Converts items of a Responses API answer: messages, reasoning and calls."""

import re
from collections.abc import Mapping
from typing import Final, get_args

from threadhost.actors.models import (
    FunctionCall,
    ItemKind,
    Message,
    OutputItem,
    Phase,
    Reasoning,
    TokenUsage,
)
from threadhost.adapters.models import json_values as values
from threadhost.adapters.models.answer_part import Place, message_with_refusal
from threadhost.adapters.models.json_values import Object, count, text
from threadhost.adapters.models.lenient_text import DropCounts, arguments, name_of, words

TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}")
KINDS: Mapping[str, ItemKind] = {
    "message": "message",
    "reasoning": "reasoning",
    "function_call": "call",
    "custom_tool_call": "call",
}
BY_MEMBER = {
    "summary": "reasoning",
    "encrypted_content": "reasoning",
    "arguments": "function_call",
    "content": "message",
}
"""The type of an item that does not name one."""
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)


def phase_of(value: object) -> Phase | None:
    """The phase of a message; None for one that clients do not know."""
    if value is None:
        return None
    return next((phase for phase in PHASES if phase == value), None)


def place_of(item: Object, payload: Object) -> Place:
    """The place of an item in the answer, as far as its event names it."""
    if not item:
        return place_in(payload)
    at = payload.get("output_index")
    # An item without an id is a call whose pieces name it by the call's id.
    return Place(
        at if type(at) is int else None, text(item.get("id") or item.get("call_id")) or None
    )


def place_in(payload: Object) -> Place:
    """The place of a piece in the answer, as far as its event names it."""
    at, id_ = payload.get("output_index"), payload.get("item_id")
    return Place(at if type(at) is int else None, text(id_) or None)


def kind_in(item: Object) -> ItemKind | None:
    """The kind of an item of the API; None for one that this host does not use."""
    type_ = text(item.get("type"))
    return KINDS.get(type_) or ("call" if _is_foreign_call(type_, item) else None)


def item_of(item: Object, skipped: DropCounts) -> OutputItem | None:
    """The port's item for an item of the API; None for one that this host does not use."""
    type_ = text(item.get("type"))
    if not type_:
        type_ = next((type_ for key, type_ in BY_MEMBER.items() if key in item), "")
    if type_ == "message":
        return _message(item, skipped)
    if type_ == "reasoning":
        return _reasoning(item, skipped)
    if type_ == "function_call":
        name, namespace = named_in(item, skipped)
        return FunctionCall(name, arguments(item.get("arguments")), namespace or None)
    if _is_foreign_call(type_, item):
        return _foreign_call(type_, item, skipped)
    return None


def _message(item: Object, skipped: DropCounts) -> Message:
    content = item.get("content", item.get("text"))
    text_parts, refused = list[str](), list[str]()
    for part in content if isinstance(content, list) else (content,):
        if isinstance(part, dict) and "refusal" in part:
            texts, refusals = texts_in(part, skipped)
            text_parts.append(texts)
            refused.append(refusals)
        else:
            text_parts.append(words(part, skipped))
    return message_with_refusal("".join(text_parts), "".join(refused), phase_of(item.get("phase")))


def texts_in(part: object, skipped: DropCounts) -> tuple[str, str]:
    """The text and the refusal in a part of a message."""
    if not isinstance(part, dict) or "refusal" not in part:
        return words(part, skipped), ""
    without_refusal = {key: value for key, value in part.items() if key != "refusal"}
    return words(without_refusal, skipped), words(part["refusal"], skipped)


def _reasoning(item: Object, skipped: DropCounts) -> Reasoning:
    return Reasoning(
        _parts_of(item.get("summary"), skipped),
        _parts_of(item.get("content"), skipped),
        name_of(item.get("encrypted_content"), skipped) or None,
    )


def _parts_of(value: object, skipped: DropCounts) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else [value]
    pairs = [(part, words(part, skipped)) for part in parts]
    return tuple(text for part, text in pairs if text or isinstance(part, (str, dict)))


def named_in(item: Object, skipped: DropCounts) -> tuple[str, str]:
    """The name of the called tool, and its namespace."""
    return name_of(item.get("name"), skipped), name_of(item.get("namespace"), skipped)


def _is_foreign_call(type_: str, item: Object) -> bool:
    return type_.endswith("_call") and "call_id" in item


def _foreign_call(type_: str, item: Object, skipped: DropCounts) -> FunctionCall:
    """A call of a kind that only its provider has, as a tool's: it gets an answer like any call."""
    candidates = map(item.get, ("input", "arguments", "action"))
    raw = next((value for value in candidates if value is not None), None)
    wrapped = raw if raw is None or isinstance(raw, dict) else {"input": raw}
    name = name_of(item.get("name"), skipped) or type_.removesuffix("_call")
    return FunctionCall(name, arguments(wrapped))


def usage_of(usage: object) -> TokenUsage | None:
    """The token counts of an endpoint; None without any."""
    if not isinstance(usage, dict):
        return None
    input_tokens = count(usage.get("input_tokens"))
    output_tokens = count(usage.get("output_tokens"))
    input_details = usage.get("input_tokens_details")
    output_details = usage.get("output_tokens_details")
    return TokenUsage(
        input=input_tokens,
        cached_input=count(values.member(input_details, "cached_tokens")),
        output=output_tokens,
        reasoning_output=count(values.member(output_details, "reasoning_tokens")),
        total=count(usage.get("total_tokens")) or count(input_tokens + output_tokens),
    )


def kind_in_words(item: object) -> str:
    """The type of an unknown item, as text."""
    type_ = text(values.member(item, "type"))
    return f"an item of type {type_}" if TYPE.fullmatch(type_) else "an item of no known type"
