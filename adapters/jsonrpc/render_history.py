"""Whole histories in the shapes that clients see: the same as one by one, without their models."""

from functools import cache
from typing import TYPE_CHECKING, Any

from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.projections.listing import ThreadRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from threadhost.adapters.jsonrpc.models.item import ThreadItem
    from threadhost.adapters.turn_reading import TurnRead

AS_RECORDED = frozenset({"userMessage", "agentMessage"})


def thread_with_turns(row: ThreadRow, state: str, found: "Iterable[TurnRead]") -> Thread:
    """A thread with all its turns and their items."""
    return render.thread(row, state).model_copy(update={"turns": [turn(one) for one in found]})


def turn(found: "TurnRead") -> dict[str, Any]:
    """A turn with all its items, as JSON."""
    row, failed = found.row, found.error
    ends = render.turn_ends(row.started_at_ms, row.completed_at_ms)
    return {
        "id": row.turn_id,
        "rootTurnId": row.turn_id,
        "items": [item(one) for one in found.items],
        "itemsView": "full",
        "status": row.status,
        "error": render.turn_error(failed.message, failed.code, failed.http_status)
        if failed
        else None,
        "startedAt": ends["started_at"],
        "completedAt": ends["completed_at"],
        "durationMs": ends["duration_ms"],
    }


def item(stored: dict[str, Any]) -> "dict[str, Any] | ThreadItem":
    """An item as it was recorded, with the keys that clients expect to find."""
    keys = _keys(stored["type"])
    return {key: stored.get(key) for key in keys} if keys else render.item(stored)


@cache
def _keys(type_: str) -> tuple[str, ...]:
    """The keys of items whose parts are recorded as they are told; null where nothing is."""
    return tuple(render.item_models()[type_].wire_names()) if type_ in AS_RECORDED else ()
