"""What a host holds and does at one moment, in numbers, for those who run one and for tests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from threadhost.adapters.models.prepared_lines import held_bytes
from threadhost.adapters.stats import ConnectionsStats, ConnectionStats, HostStats
from threadhost.adapters.version import product_version

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.context import HostContext


def stats_of(app: "HostContext") -> HostStats:
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


def health_of(app: "HostContext") -> dict[str, object]:
    """A host in a few numbers, for who watches many."""
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
