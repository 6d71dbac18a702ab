"""Time and size limits for calls to a model endpoint."""

from threadhost.events.named_tuple import NamedTuple


class TransportLimits(NamedTuple):
    """Limits of the connections to one endpoint."""

    connect_timeout_ms: int = 10_000
    idle_timeout_ms: int = 300_000
    """An exchange fails after this time without one byte."""
    response_bytes_max: int = 64 * 1024 * 1024
    """Counted on the wire, its framing included."""
    events_max: int = 1_000_000
    event_bytes_max: int = 8 * 1024 * 1024
    informational_heads_max: int = 16
    idle_connections_max: int = 64
    keep_alive_ms: int = 15_000
