"""What comes of a call of a tool of the host's: said by a rule, or by what was done outside."""

from collections.abc import Sequence
from typing import Any

from threadhost.actors.ports import ToolResult
from threadhost.events.base import Event
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.thread import OpenCall
from threadhost.events.turn import ItemRecorded


class HostAnswer(NamedTuple):
    """What a call did, and what the model is told."""

    events: Sequence[Event]
    output: str


def as_answered(turn_id: str, call: OpenCall, result: ToolResult, at_ms: int) -> HostAnswer:
    """What was done outside of the thread, as it was told; its item is complete with it."""
    return HostAnswer(completed_item(turn_id, call, result, at_ms), text_of(result))


def completed_item(
    turn_id: str, call: OpenCall, result: ToolResult, at_ms: int
) -> Sequence[ItemRecorded]:
    """The end of what clients see of a call of the host's tools, or all of it, if anything."""
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
