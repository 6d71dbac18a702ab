"""What a host holds and does at one moment, in numbers, for those who run one and for tests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from threadhost.actors.account import AccountStats
from threadhost.actors.stats import ThreadStats
from threadhost.adapters.models.kept import held_bytes
from threadhost.events.store.stats import LogStats

if TYPE_CHECKING:
    from threadhost.adapters.app import App


class ConnectionStats(NamedTuple):
    """One connection in numbers."""

    id: str
    is_initialized: bool
    is_behind: bool
    """Whether it is told of the log later than things happen, or asked for that."""
    running_requests: int
    waiting_requests: int
    """Requests that are begun once the client has read what it asked for before."""
    open_questions: int
    """What the client was asked and has not answered."""
    waiting_notifications: int
    """Those that wait for an answer, or for the end of a replay."""
    unread_messages: int
    unread_bytes: int
    """What there is in memory for the client to read."""


class ConnectionsStats(NamedTuple):
    """All connections together, and the one for which most waits."""

    open: int
    behind: int
    running_requests: int
    waiting_requests: int
    open_questions: int
    waiting_notifications: int
    unread_messages: int
    unread_bytes: int
    most_unread_bytes: int
    """Of these, what there is for the one that has most to read."""


class HubStats(NamedTuple):
    """Who hears what, in numbers."""

    initialized: int
    """Connections that hear what concerns everyone."""
    subscribed: int
    """Those of them that hear of all threads."""
    followed_threads: int
    followers: int
    """Connections by thread that they follow: one that follows two threads counts twice."""
    awaited_threads: int
    """Threads of which somebody waits for a follower, to ask it something."""
    live_items: int
    """Items that models are at work on."""
    untold_events: int
    """Events that are in the log and not told yet."""


class HostStats(NamedTuple):
    """A host in numbers; bytes where a name says so."""

    log: LogStats
    told_position: int
    """The newest event that connections were told of: as much less than `log.position` as news lags
    behind."""
    memory_log: LogStats
    """The log of the threads that live in memory alone."""
    threads: ThreadStats
    connections: ConnectionsStats
    news: HubStats
    requests: AccountStats
    """What the requests of all connections hold."""
    unread: AccountStats
    """What waits for all readers."""
    prepared_bytes: int
    """Lines of histories of which the form is kept that a model is sent; of the whole process."""


def stats_of(app: "App") -> HostStats:
    """A host in numbers."""
    return HostStats(
        log=app.logs.durable.stats(),
        told_position=app.hub.position,
        memory_log=app.logs.ephemeral.stats(),
        threads=app.host.stats(),
        connections=_together([session.stats() for session in app.sessions]),
        news=app.hub.stats(),
        requests=app.in_flight.stats(),
        unread=app.waiting.stats(),
        prepared_bytes=held_bytes(),
    )


def _together(each: Sequence[ConnectionStats]) -> ConnectionsStats:
    """All of these together."""
    return ConnectionsStats(
        open=len(each),
        behind=sum(one.is_behind for one in each),
        running_requests=sum(one.running_requests for one in each),
        waiting_requests=sum(one.waiting_requests for one in each),
        open_questions=sum(one.open_questions for one in each),
        waiting_notifications=sum(one.waiting_notifications for one in each),
        unread_messages=sum(one.unread_messages for one in each),
        unread_bytes=sum(one.unread_bytes for one in each),
        most_unread_bytes=max((one.unread_bytes for one in each), default=0),
    )
