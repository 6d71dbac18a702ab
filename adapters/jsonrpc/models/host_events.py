"""`host/events/subscribe` and `host/events/unsubscribe`: notifications from a log position on."""

from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result
from threadhost.adapters.jsonrpc.models.scalars import Position


class EventsSubscribeParams(Params):
    """The last cursor that the client has seen; or the last position, 0 when it has seen none.

    A position is taken for one of this log, whatever became of it since; a cursor is known. With
    `followed_only` the client hears of the threads that it follows alone, then and later.
    """

    after_position: Position | None = None
    after_cursor: str | None = None
    followed_only: bool = False


class EventsSubscribeResponse(Result):
    """Which log it is and where it stands, and whether everything after the asked place follows.

    What cannot be read or told follows as a `warning` that names it. When `complete` is false,
    `reason` says why and `oldest_position` where what is left begins.
    """

    position: Position
    oldest_position: Position
    complete: bool
    reason: str | None = None
    log_id: str
    cursor: str


class EventsUnsubscribeParams(Params):
    """Nothing needs to be said."""


class EventsUnsubscribeResponse(Empty):
    """No more notifications follow."""
