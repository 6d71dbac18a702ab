"""Whole histories as JSON: turns with their items, which are copied as they were recorded."""

from typing import TYPE_CHECKING

from pydantic_core import to_json

from threadhost.adapters.jsonrpc import render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from threadhost.adapters.history_reader import TurnRead


NULL = b"null"
ENDS = ("completed_at", "duration_ms")
TURN = (
    b'{"id":%b,"rootTurnId":%b,"items":[%b],"itemsView":"%b","status":"%b","error":%b,'
    b'"startedAt":%d,"completedAt":%b,"durationMs":%b}'
)


def turns(read: "Iterable[TurnRead]") -> bytes:
    """The JSON of turns with all their items, separated by commas."""
    return b",".join(map(turn, read))


def turn(read: "TurnRead") -> bytes:
    """The JSON of a turn with all its items."""
    row, recorded_error = read.row, read.error
    error = render.failure(recorded_error) if recorded_error else None
    id_ = to_json(row.turn_id)
    return TURN % (
        id_,
        to_json(row.root_turn_id) if row.root_turn_id else id_,
        b",".join(read.items),
        read.view.encode(),
        render.turn_status(row).encode(),
        NULL if error is None else to_json(error),
        *_times(row.started_at_ms, row.completed_at_ms),
    )


def _times(started: int, ended: int | None) -> tuple[int, bytes, bytes]:
    """The result of `render.turn_ends` as JSON, with a fast path for valid times."""
    if type(started) is type(ended) is int and 0 <= started <= ended <= render.COUNT_MAX:
        return started // 1000, b"%d" % (ended // 1000), b"%d" % (ended - started)
    times = render.turn_ends(started, ended)
    completed, took = (to_json(times[name]) for name in ENDS)
    return times["started_at"] or 0, completed, took
