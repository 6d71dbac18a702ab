"""`server/diagnostics`: the process of a host, and its gauges."""

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32, U64


class ServerDiagnosticsParams(Params):
    """Nothing needs to be said."""


class ServerDiagnosticsProcess(Wire):
    """The host as the operating system knows it."""

    id: U32
    """Its number."""
    resident_memory_bytes: U64 | None
    """What of it is in memory, in bytes; null where the system does not say."""
    physical_footprint_bytes: U64 | None = None
    """Of macOS; always null."""


class ServerDiagnosticsGauge(Wire):
    """A number that goes up and down."""

    name: str
    """What is counted."""
    value: U64
    """How many there are."""


class ServerDiagnosticsResponse(Result):
    """The process, the gauges that codex has, and behind them all that `host/stats/read` says."""

    process: ServerDiagnosticsProcess
    """The process of the host."""
    gauges: list[ServerDiagnosticsGauge]
    """By name; those of `host/stats/read` begin with `host.`, and the path there follows."""
