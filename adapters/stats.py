"""Records of what a host holds and does at one moment, in numbers."""

from typing import Protocol

from threadhost.actors.account import AccountStats
from threadhost.actors.stats import ThreadStats
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.stats import LogStats


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
    """Those that wait for an answer, or for the end of a catch-up."""
    unread_messages: int
    unread_bytes: int
    """What there is in memory for the client to read."""


class Counted(Protocol):
    """What is counted of a connection."""

    def stats(self) -> ConnectionStats:
        """The connection in numbers."""


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
