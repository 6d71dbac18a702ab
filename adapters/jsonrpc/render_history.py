"""Whole histories as JSON: turns around their items, which are told as they were recorded."""

from typing import TYPE_CHECKING

from pydantic_core import to_json

from threadhost.adapters.jsonrpc import render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from threadhost.adapters.turn_reading import TurnRead


def turns(found: "Iterable[TurnRead]") -> bytes:
    """Turns with all their items, one behind the other with a comma between them."""
    return b",".join(map(turn, found))


def turn(found: "TurnRead") -> bytes:
    """A turn with all its items."""
    row, failed = found.row, found.error
    ends = render.turn_ends(row.started_at_ms, row.completed_at_ms)
    error = render.turn_error(failed.message, failed.code, failed.http_status) if failed else None
    said = {
        "id": row.turn_id,
        "rootTurnId": row.turn_id,
        "itemsView": "full",
        "status": row.status,
        "error": error,
        "startedAt": ends["started_at"],
        "completedAt": ends["completed_at"],
        "durationMs": ends["duration_ms"],
    }
    return b'%b,"items":[%b]}' % (to_json(said)[:-1], b",".join(found.items))
