"""`host/events/subscribe` and `host/events/unsubscribe`: notifications from a log position on."""

from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result
from threadhost.adapters.jsonrpc.models.scalars import Position


class EventsSubscribeParams(Params):
    """The last position that the client has seen; 0 when it has seen none."""

    after_position: Position


class EventsSubscribeResponse(Result):
    """Where the log stands, and whether everything after the asked position follows.

    What cannot be read or told follows as a `warning` that names it. When `complete` is false,
    `reason` says why and `oldest_position` where what is left begins.
    """

    position: Position
    oldest_position: Position
    complete: bool
    reason: str | None = None


class EventsUnsubscribeParams(Params):
    """Nothing needs to be said."""


class EventsUnsubscribeResponse(Empty):
    """No more notifications follow."""
