"""`host/events/subscribe` and `host/events/unsubscribe`: notifications from a log position on."""

from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result
from threadhost.adapters.jsonrpc.models.scalars import Position


class EventsSubscribeParams(Params):
    """The last cursor that the client has seen; or the last position, 0 when it has seen none.

    A position is assumed to be of this log and its present history; a cursor is checked. With
    `followed_only` the client gets only notifications of threads that it follows, now and later.
    """

    after_position: Position | None = None
    """The last position that the client has seen, 0 for none; absent or null if `afterCursor` is
    given."""
    after_cursor: str | None = None
    """The last `cursor` that the client has seen, which also reveals a change of log; absent or
    null if `afterPosition` is given."""
    followed_only: bool = False
    """Whether the host sends only notifications of threads that this connection follows, now and
    later."""


class EventsSubscribeResponse(Result):
    """The log and its position, and whether everything after the requested place follows.

    A `warning` replaces each event that cannot be read or shown. When `complete` is false, `reason`
    says why, and `oldest_position` is where the available notifications begin.
    """

    position: Position
    """The newest position of the log."""
    oldest_position: Position
    """The oldest position from which the host can send notifications."""
    complete: bool
    """Whether the host sends everything after the requested place."""
    reason: str | None = None
    """Why the host does not send everything; null if it does."""
    log_id: str
    """The id of the log; positions of other logs are not valid in it."""
    cursor: str
    """The place of the newest notification, for `afterCursor`."""


class EventsUnsubscribeParams(Params):
    """No parameters."""


class EventsUnsubscribeResponse(Empty):
    """The subscription ended; notifications of followed threads go on."""
