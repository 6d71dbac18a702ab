"""The answer to a call of a host tool: from a rule, or from work outside the thread."""

from collections.abc import Sequence
from typing import Any

from threadhost.actors.ports import ToolResult
from threadhost.events.base import Event
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.thread import OpenCall
from threadhost.events.turn import ItemRecorded


class HostAnswer(NamedTuple):
    """The events of a call, and its output for the model."""

    events: Sequence[Event]
    output: str


def as_answered(turn_id: str, call: OpenCall, result: ToolResult, at_ms: int) -> HostAnswer:
    """The answer that reports work done outside the thread, with the completed item."""
    return HostAnswer(completed_item(turn_id, call, result, at_ms), text_of(result))


def completed_item(
    turn_id: str, call: OpenCall, result: ToolResult, at_ms: int
) -> Sequence[ItemRecorded]:
    """The completed item that clients see of a call, if the call has an item."""
    if call.item is None:
        new_item = dict(result.item) if result.item else {}
        if "type" not in new_item:
            return ()
        kind = str(new_item["type"])
        return (ItemRecorded(turn_id=turn_id, item_id=call.call_id, type=kind, item=new_item),)
    status = {"status": "completed" if result.success else "failed"}
    times = {"completedAtMs": max(at_ms, call.called_at_ms)}
    if "durationMs" in call.item:
        times["durationMs"] = max(0, at_ms - call.called_at_ms)
    item: dict[str, Any] = {**call.item, **status, **(result.item or {}), **times}
    recorded = ItemRecorded(turn_id=turn_id, item_id=call.call_id, type=item["type"], item=item)
    return (recorded,)


def text_of(result: ToolResult) -> str:
    """A result as one text."""
    return "\n".join(part.get("text", "") for part in result.content)
