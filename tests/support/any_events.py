"""Strategies: any event that its type accepts, and items as a model or a newer version may say."""

import types
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from threadhost.events import catalogue as _all  # noqa: F401  (declares every type)
from threadhost.events.base import KINDS, Event
from threadhost.events.turn import ItemRecorded
from threadhost.events.words import Identifier

IDS = st.sampled_from(["t1", "t2", "t3", "", "x" * 100])
WORDS = st.sampled_from(
    [
        *("agentMessage", "userMessage", "reasoning", "dynamicToolCall", "contextCompaction"),
        *("analysis", "final_answer", "commentary", "completed", "failed", "inProgress", "", "NaN"),
        *("never", "user", "readOnly", "responseStreamDisconnected", "\u2028", "\x00", "\x1b[2J"),
    ]
)
TEXTS = WORDS | st.text(max_size=12)
NUMBERS = st.sampled_from([0, 1, -1, 404, 2**16, 2**31, 2**53, 2**63 - 1, 2**63, 10**40, -(2**63)])
SCALARS = st.none() | st.booleans() | NUMBERS | st.floats(width=32) | TEXTS


def _deep(levels: int) -> Any:
    value: Any = "the middle"
    for _ in range(levels):
        value = [value]
    return value


JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
) | st.sampled_from([_deep(90), _deep(97), _deep(200)])
OBJECTS = st.dictionaries(TEXTS, JSON, max_size=4)

PART = {"type": "text", "text": "words", "text_elements": []}
TIMES = {"startedAtMs": 1, "completedAtMs": 2}
UNSAID = dict.fromkeys(("moderation", "memoryCitation", "delivery", "questions"))
SAID = {"type": "agentMessage", "id": "m", "text": "words", "phase": None}
CALL = {"type": "dynamicToolCall", "id": "c", "namespace": None, "tool": "look"}
DONE = {"status": "completed", "success": True, "durationMs": 1}
SEEN = {"arguments": {"a": [1]}, "contentItems": [{"type": "inputText", "text": "seen"}]}
ITEMS: tuple[dict[str, Any], ...] = (
    {"type": "userMessage", "id": "u", "clientId": None, "content": [PART], **TIMES},
    {**SAID, **UNSAID, **TIMES},
    {"type": "reasoning", "id": "r", "summary": ["short"], "content": ["long"], **TIMES},
    {**CALL, **DONE, **SEEN, **TIMES},
    {"type": "contextCompaction", "id": "k", **TIMES},
)


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    """An item as it is recorded, with some of its members others, gone or inside out."""
    item = dict(draw(st.sampled_from(ITEMS)))
    for name in draw(st.lists(st.sampled_from([*item, "more"]), max_size=2)):
        how = draw(st.sampled_from(["other", "gone", "list"]))
        if how == "gone":
            item.pop(name, None)
        else:
            value = draw(JSON)
            item[name] = [value, *value] if how == "list" and isinstance(value, list) else value
    return item


def _of(annotation: Any, name: str, marks: Sequence[Any] = ()) -> st.SearchStrategy[Any]:
    """Any value that a field of this type takes."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if any(isinstance(mark, Identifier) for mark in marks):
        return IDS
    if annotation is str:
        return IDS | TEXTS if name.endswith("_id") else TEXTS
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return built(annotation)
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    return _COMPOSED[origin](inner, name)


_COMPOSED: dict[Any, Callable[[Any, str], st.SearchStrategy[Any]]] = {
    Annotated: lambda inner, name: _of(inner[0], name, inner[1:]),
    dict: lambda inner, name: st.dictionaries(_keys(inner[0]), _of(inner[1], name), max_size=3),
    list: lambda inner, name: st.lists(_of(inner[0], name), max_size=3),
    Literal: lambda inner, _: st.sampled_from(inner),
    **dict.fromkeys(
        (types.UnionType, Union),
        lambda inner, name: st.one_of(*(_of(one, name) for one in inner)),
    ),
}
_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    int: NUMBERS,
    bool: st.booleans(),
    type(None): st.none(),
    Any: JSON,
}


def _keys(annotation: Any) -> st.SearchStrategy[str]:
    return TEXTS if annotation is str else IDS


def built(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Any record of this type."""
    fields = {
        name: _of(field.annotation, name, field.metadata)
        for name, field in model.model_fields.items()
    }
    if "item" in fields and model.model_fields["item"].annotation is not int:
        fields["item"] = items() | OBJECTS
    if "content" in fields and get_origin(model.model_fields["content"].annotation) is list:
        fields["content"] = st.lists(st.just(PART) | OBJECTS, max_size=3)
    return st.builds(model, **fields)


def recorded_items() -> st.SearchStrategy[ItemRecorded]:
    """Items whose event says the same of them as they do, as the host records them."""

    def event_of(item: dict[str, Any]) -> ItemRecorded:
        type_, item_id = str(item.get("type", "")), str(item.get("id", ""))
        return ItemRecorded(turn_id="t1", item_id=item_id, type=type_, item=item)

    return items().map(event_of)


def events(wanted: Callable[[type[Event]], bool] = lambda _: True) -> st.SearchStrategy[Event]:
    """Any event, of the types that are wanted; items more often than others."""
    types_ = [type_ for kind, type_ in sorted(KINDS.items()) if wanted(type_)]
    return recorded_items() | st.sampled_from(types_).flatmap(built)
