"""Whole histories as JSON: turns around their items, which are told as they were recorded."""

from typing import TYPE_CHECKING

from pydantic_core import to_json

from threadhost.adapters.jsonrpc import render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from threadhost.adapters.turn_reading import TurnRead


NULL = b"null"
TURN = (
    b'{"id":%b,"rootTurnId":%b,"items":[%b],"itemsView":"full","status":%b,"error":%b,'
    b'"startedAt":%d,"completedAt":%b,"durationMs":%b}'
)


def turns(found: "Iterable[TurnRead]") -> bytes:
    """Turns with all their items, one behind the other with a comma between them."""
    return b",".join(map(turn, found))


def turn(found: "TurnRead") -> bytes:
    """A turn with all its items."""
    row, failed = found.row, found.error
    error = render.failure(failed) if failed else None
    id_ = to_json(row.turn_id)
    ended = row.completed_at_ms
    return TURN % (
        id_,
        id_,
        b",".join(found.items),
        to_json(row.status),
        NULL if error is None else to_json(error),
        row.started_at_ms // 1000,
        NULL if ended is None else b"%d" % (ended // 1000),
        NULL if ended is None else b"%d" % (ended - row.started_at_ms),
    )
