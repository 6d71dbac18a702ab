"""Whole histories as JSON: turns around their items, which are told as they were recorded."""

from typing import TYPE_CHECKING

from pydantic_core import to_json

from threadhost.adapters.jsonrpc import render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from threadhost.adapters.history_reader import TurnRead


NULL = b"null"
TURN = (
    b'{"id":%b,"rootTurnId":%b,"items":[%b],"itemsView":"%b","status":"%b","error":%b,'
    b'"startedAt":%d,"completedAt":%b,"durationMs":%b}'
)


def turns(found: "Iterable[TurnRead]") -> bytes:
    """Turns with all their items, one behind the other with a comma between them."""
    return b",".join(map(turn, found))


def turn(found: "TurnRead") -> bytes:
    """A turn with all its items."""
    row, failed = found.row, found.error
    error = render.turn_error(failed.message, failed.code, failed.http_status) if failed else None
    id_ = to_json(row.turn_id)
    started, ended = row.started_at_ms, row.completed_at_ms
    return TURN % (
        id_,
        id_,
        b",".join(found.items),
        found.view.encode(),
        render.turn_status(row).encode(),
        NULL if error is None else to_json(error),
        render.seconds(started),
        NULL if ended is None else b"%d" % render.seconds(ended),
        NULL if ended is None else b"%d" % render.duration_ms(started, ended),
    )
