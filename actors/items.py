"""The outputs of a model, as items for clients and as history for later requests."""

from collections.abc import Sequence
from typing import Any

from threadhost.actors.models import FunctionCall, ItemKind, Message, OutputItem, Reasoning
from threadhost.actors.tools import NO_TOOLS, Toolbox
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.thread import OpenCall

NOTHING_MORE = dict.fromkeys(("moderation", "memoryCitation", "delivery", "questions"))
"""Fields of a message that clients expect, and that no model fills here."""
INCOMPLETE = {"incomplete": True}
"""Marks an item whose model was cut off; other items lack the field."""


class Output(NamedTuple):
    """A complete output of a model, or an answer to it.

    `item` is for clients, `raw` is for the model's history if the item does not hold all of it, and
    `call` is a call that somebody has to answer; each may be missing.
    """

    item: dict[str, Any] | None = None
    raw: dict[str, Any] | None = None
    call: OpenCall | None = None
    source: OutputItem | None = None


class Begun(NamedTuple):
    """An item that a model began: its id, given by the host, and its start time."""

    item_id: str
    kind: ItemKind
    started_at_ms: int


def outputs_of(
    item: OutputItem, begun: Begun, at_ms: int, tools: Toolbox = NO_TOOLS
) -> Sequence[Output]:
    """A finished output and what follows from it: for a call, the open call or its refusal."""
    if not isinstance(item, FunctionCall):
        return (Output(client_item(item, begun, at_ms), _raw(item), source=item),)
    raw: dict[str, Any] = {
        "type": "function_call",
        "call_id": begun.item_id,
        "name": item.name,
        "arguments": item.arguments,
    }
    if item.namespace is not None:
        raw["namespace"] = item.namespace
    call = tools.take(item, begun.item_id, at_ms)
    answer = Output(call=call) if isinstance(call, OpenCall) else _refusal(begun.item_id, call)
    return (Output(raw=raw), answer)


def started_item(begun: Begun) -> dict[str, Any] | None:
    """The item of an output that has only begun; None for output that clients do not see."""
    empty = _EMPTY.get(begun.kind)
    return client_item(empty, begun, None) if empty is not None else None


def incomplete_item(item: Message | Reasoning, begun: Begun, at_ms: int) -> dict[str, Any]:
    """The item of an output that was cut off."""
    return {**client_item(item, begun, at_ms), **INCOMPLETE}


def client_item(item: Message | Reasoning, begun: Begun, at_ms: int | None) -> dict[str, Any]:
    """The item that clients see; `at_ms` is None while the model works on it."""
    item_body = _message(item, begun) if isinstance(item, Message) else _reasoning(item, begun)
    return {**item_body, "startedAtMs": begun.started_at_ms, "completedAtMs": at_ms}


_EMPTY: dict[ItemKind, Message | Reasoning] = {"message": Message(""), "reasoning": Reasoning()}


def _message(item: Message, begun: Begun) -> dict[str, Any]:
    return {
        "type": "agentMessage",
        "id": begun.item_id,
        "text": item.text,
        "phase": item.phase,
        **NOTHING_MORE,
    }


def _reasoning(item: Reasoning, begun: Begun) -> dict[str, Any]:
    return {
        "type": "reasoning",
        "id": begun.item_id,
        "summary": list(item.summary),
        "content": list(item.content),
    }


def _raw(item: Message | Reasoning) -> dict[str, Any] | None:
    """The part that the provider needs back in its own form; None if the item holds everything."""
    if isinstance(item, Message) or item.encrypted is None:
        return None
    summary = [{"type": "summary_text", "text": text} for text in item.summary]
    return {"type": "reasoning", "summary": summary, "encrypted_content": item.encrypted}


def _refusal(call_id: str, text: str) -> Output:
    """The answer to a call that the host refuses without asking anybody."""
    return Output(raw={"type": "function_call_output", "call_id": call_id, "output": text})
