"""The statistics of a host at one moment, for operators and tests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.host_stats import (
    AccountStats,
    ConnectionsStats,
    LogStats,
    StatsReadResponse,
    ThreadStats,
)
from threadhost.adapters.models.line_cache import held_bytes
from threadhost.adapters.stats import ConnectionStats
from threadhost.adapters.version import product_version

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.context import HostContext


W = TypeVar("W", bound=Wire)


def stats_of(app: "HostContext") -> StatsReadResponse:
    """The statistics of a host."""
    return StatsReadResponse(
        log=_shown(LogStats, app.logs.durable.stats()),
        told_position=app.hub.position,
        memory_log=_shown(LogStats, app.logs.ephemeral.stats()),
        threads=_shown(ThreadStats, app.host.stats()),
        connections=_together([session.stats() for session in app.sessions]),
        news=app.hub.stats(),
        requests=_shown(AccountStats, app.in_flight.stats()),
        unread=_shown(AccountStats, app.waiting.stats()),
        prepared_bytes=held_bytes(),
    )


def health_of(app: "HostContext") -> dict[str, object]:
    """A host in a few numbers, for monitoring."""
    threads = app.host.stats()
    return {
        "version": product_version(),
        "position": app.logs.durable.position,
        "clients": len(app.sessions),
        "liveThreads": threads.live,
        "workingThreads": threads.working,
        "givenUpThreads": threads.given_up,
        "deletions": threads.deletions,
    }


def _together(connections: Sequence[ConnectionStats]) -> ConnectionsStats:
    """The sum over all connections."""
    return ConnectionsStats(
        open=len(connections),
        behind=sum(stats.is_behind for stats in connections),
        running_requests=sum(stats.running_requests for stats in connections),
        waiting_requests=sum(stats.waiting_requests for stats in connections),
        open_questions=sum(stats.open_questions for stats in connections),
        waiting_notifications=sum(stats.waiting_notifications for stats in connections),
        unread_messages=sum(stats.unread_messages for stats in connections),
        unread_bytes=sum(stats.unread_bytes for stats in connections),
        most_unread_bytes=max((stats.unread_bytes for stats in connections), default=0),
    )


def _shown(model: type[W], record: object) -> W:
    """A record in the form that clients get, with all records in it."""
    return model.model_validate(_members(record), by_name=True)


def _members(record: Any) -> dict[str, Any]:  # noqa: ANN401 - a record of records
    return {
        name: _members(value) if isinstance(value, tuple) else value
        for name, value in record._asdict().items()
    }
