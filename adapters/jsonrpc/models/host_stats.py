"""`host/stats/read`: counts and sizes of a host at one moment."""

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64, Position


class StatsReadParams(Params):
    """Nothing needs to be said."""


class AccountStats(Wire):
    """What is kept for one purpose, and how much that may be; null where that has no bound."""

    used_bytes: U64
    """What is taken now, in bytes."""
    max_bytes: U64 | None
    """How much may be taken, in bytes; null where there is no bound."""


class LogStats(Wire):
    """A log: its newest position, what waits to be on disk, and what of it is in memory."""

    position: Position
    """Its newest position."""
    queued_bytes: U64
    """What waits to be on disk, in bytes."""
    followers: U64
    """Who follows it within the host."""
    cached_keys: U64
    """Keys of threads that are in memory."""
    memory_bytes: U64
    """What of it is in memory, in bytes."""


class ThreadStats(Wire):
    """The live threads, by what they do, and what goes on around them."""

    live: U64
    """Threads that are loaded."""
    working: U64
    """Those of them on which a turn runs."""
    ephemeral: U64
    """Those of them that live in memory alone."""
    with_history: U64
    """Those of them whose history is in memory."""
    starting: U64
    """Threads that are being loaded."""
    restarting: U64
    """Threads that failed and are loaded again."""
    given_up: U64
    """Threads that failed too often."""
    waiting_messages: U64
    """Messages that wait for all of them."""
    longest_mailbox: U64
    """The most messages that wait for one."""
    trees: U64
    """Trees that have work under way."""
    deletions: U64
    """Deletions under way."""
    memory: AccountStats
    """What threads take in memory."""


class ConnectionsStats(Wire):
    """All connections together; `mostUnreadBytes` is what the slowest has not read."""

    open: U64
    """How many connections there are."""
    behind: U64
    """Those of them that are told from the log, as they read slowly."""
    running_requests: U64
    """Requests that are carried out."""
    waiting_requests: U64
    """Requests that wait to be begun."""
    open_questions: U64
    """Requests of the host that wait for an answer."""
    waiting_notifications: U64
    """Notifications that wait for a reply ahead of them."""
    unread_messages: U64
    """Messages that clients have not read."""
    unread_bytes: U64
    """What clients have not read, in bytes."""
    most_unread_bytes: U64
    """What the slowest client has not read, in bytes."""


class NewsStats(Wire):
    """Who hears what; `untoldEvents` are in the log and not told yet."""

    initialized: U64
    """Connections that have said who they are."""
    subscribed: U64
    """Those of them that hear of all threads."""
    followed_threads: U64
    """Threads that somebody follows."""
    followers: U64
    """Pairs of a thread and a connection that follows it."""
    awaited_threads: U64
    """Threads that a client waits for."""
    live_items: U64
    """Items that are being made."""
    untold_events: U64
    """Events in the log that nobody was told of yet."""


class StatsReadResponse(Result):
    """The host; news lags behind by `log.position` less `toldPosition`, views never do."""

    log: LogStats
    """The log on disk."""
    told_position: Position
    """The position up to which clients were told."""
    memory_log: LogStats
    """The log of threads that live in memory."""
    threads: ThreadStats
    """The loaded threads."""
    connections: ConnectionsStats
    """All connections of clients, in numbers."""
    news: NewsStats
    """How many connections hear of what, and what they were not told of yet."""
    requests: AccountStats
    """What requests take that wait for their reply."""
    unread: AccountStats
    """What messages take that nobody has read."""
    prepared_bytes: U64
    """What prepared notifications take, in bytes."""
