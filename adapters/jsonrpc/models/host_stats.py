"""`host/stats/read`: what a host holds and does at one moment, in numbers."""

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64, Position


class StatsReadParams(Params):
    """Nothing needs to be said."""


class AccountStats(Wire):
    """What is kept for one purpose, and how much that may be; null where that has no bound."""

    used_bytes: U64
    max_bytes: U64 | None


class LogStats(Wire):
    """A log: its newest position, what waits to be on disk, and what of it is in memory."""

    position: Position
    queued_bytes: U64
    followers: U64
    cached_keys: U64
    memory_bytes: U64


class ThreadStats(Wire):
    """The live threads, by what they do, and what goes on around them."""

    live: U64
    working: U64
    ephemeral: U64
    with_history: U64
    starting: U64
    restarting: U64
    given_up: U64
    waiting_messages: U64
    longest_mailbox: U64
    trees: U64
    deletions: U64
    memory: AccountStats


class ConnectionsStats(Wire):
    """All connections together; `mostUnreadBytes` is what the slowest has not read."""

    open: U64
    behind: U64
    running_requests: U64
    waiting_requests: U64
    open_questions: U64
    waiting_notifications: U64
    unread_messages: U64
    unread_bytes: U64
    most_unread_bytes: U64


class NewsStats(Wire):
    """Who hears what; `untoldEvents` are in the log and not told yet."""

    initialized: U64
    subscribed: U64
    followed_threads: U64
    followers: U64
    awaited_threads: U64
    live_items: U64
    untold_events: U64


class StatsReadResponse(Result):
    """The host; news lags behind by `log.position` less `toldPosition`, views never do."""

    log: LogStats
    told_position: Position
    memory_log: LogStats
    threads: ThreadStats
    connections: ConnectionsStats
    news: NewsStats
    requests: AccountStats
    unread: AccountStats
    prepared_bytes: U64
