"""`host/stats/read`: counts and sizes of a host at one moment."""

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64, Position


class StatsReadParams(Params):
    """No parameters."""


class AccountStats(Wire):
    """The memory in use for one purpose, and its limit, which is null for no limit."""

    used_bytes: U64
    """The bytes in use."""
    max_bytes: U64 | None
    """The limit in bytes; null for no limit."""


class LogStats(Wire):
    """A log: its newest position, the waiting appends, and its part in memory."""

    position: Position
    """Its newest position."""
    queued_bytes: U64
    """The appends that wait to be durable, in bytes."""
    followers: U64
    """Subscribers within the host."""
    cached_keys: U64
    """Keys of threads that are in memory."""
    memory_bytes: U64
    """Its part in memory, in bytes."""


class ThreadStats(Wire):
    """The live threads, by activity, and the work around them."""

    live: U64
    """Threads that are loaded."""
    working: U64
    """Those of the threads with a running turn."""
    ephemeral: U64
    """The ephemeral ones among them."""
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
    """The largest number of messages that wait for one connection."""
    trees: U64
    """The number of trees with work in progress."""
    deletions: U64
    """Deletions in progress."""
    memory: AccountStats
    """The memory that threads take."""


class ConnectionsStats(Wire):
    """All connections together; `mostUnreadBytes` is what the slowest one has not read."""

    open: U64
    """The number of connections."""
    behind: U64
    """Those of them that get notifications from the log, as they read slowly."""
    running_requests: U64
    """Requests that are carried out."""
    waiting_requests: U64
    """Requests that have not begun."""
    open_questions: U64
    """Requests of the host that wait for an answer."""
    waiting_notifications: U64
    """Notifications that wait for an earlier reply."""
    unread_messages: U64
    """Messages that clients have not read."""
    unread_bytes: U64
    """The messages that clients have not read, in bytes."""
    most_unread_bytes: U64
    """The messages that the slowest client has not read, in bytes."""


class NewsStats(Wire):
    """The connections by what they follow; `untoldEvents` are in the log and not sent yet."""

    initialized: U64
    """Initialised connections."""
    subscribed: U64
    """Those of them that get notifications of all threads."""
    followed_threads: U64
    """Threads that a connection follows."""
    followers: U64
    """Pairs of a thread and a connection that follows it."""
    awaited_threads: U64
    """Threads that a client waits for."""
    live_items: U64
    """Items that are being made."""
    untold_events: U64
    """Events in the log that were not sent to clients yet."""


class StatsReadResponse(Result):
    """The host's gauges; notifications lag by `log.position` minus `toldPosition`, views never."""

    log: LogStats
    """The log on disk."""
    told_position: Position
    """The position up to which clients got notifications."""
    memory_log: LogStats
    """The log of ephemeral threads."""
    threads: ThreadStats
    """The loaded threads."""
    connections: ConnectionsStats
    """All connections of clients, in numbers."""
    news: NewsStats
    """The connections by what they follow, and the notifications that they did not get yet."""
    requests: AccountStats
    """The memory of requests that wait for their reply."""
    unread: AccountStats
    """The memory of messages that clients have not read."""
    prepared_bytes: U64
    """The memory of prepared notifications, in bytes."""
