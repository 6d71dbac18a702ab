"""`host/events/subscribe` and `host/events/unsubscribe`: notifications from a log position on."""

from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result
from threadhost.adapters.jsonrpc.models.scalars import Position


class EventsSubscribeParams(Params):
    """The last cursor that the client has seen; or the last position, 0 when it has seen none.

    A position is assumed to be of this log and its present history; a cursor is checked. With
    `followed_only` the client gets only notifications of threads that it follows, now and later.
    """

    after_position: Position | None = None
    """The last position that the client has seen, 0 if none; null or absent for `afterCursor` in
    its place."""
    after_cursor: str | None = None
    """The last `cursor` that the client has seen; it is noticed if the log is another since; null
    or absent for `afterPosition` in its place."""
    followed_only: bool = False
    """Whether only threads that this connection follows are told of, now and later."""


class EventsSubscribeResponse(Result):
    """Which log it is and where it stands, and whether everything after the asked place follows.

    A `warning` replaces each event that cannot be read or shown. When `complete` is false, `reason`
    says why, and `oldest_position` is where the available notifications begin.
    """

    position: Position
    """The newest position of the log."""
    oldest_position: Position
    """The oldest position from which notifications can follow."""
    complete: bool
    """Whether everything after the asked place follows."""
    reason: str | None = None
    """Why not everything follows; null if it does."""
    log_id: str
    """The id of the log; positions of another log mean nothing in it."""
    cursor: str
    """The place of the newest notification, for `afterCursor`."""


class EventsUnsubscribeParams(Params):
    """Nothing needs to be said."""


class EventsUnsubscribeResponse(Empty):
    """No more notifications follow."""
