"""`server/diagnostics`: the process of a host, and its gauges."""

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32, U64


class ServerDiagnosticsParams(Params):
    """No parameters."""


class ServerDiagnosticsProcess(Wire):
    """The host as the operating system knows it."""

    id: U32
    """Its number."""
    resident_memory_bytes: U64 | None
    """Its resident memory, in bytes; null if the system does not say."""
    physical_footprint_bytes: U64 | None = None
    """A value of macOS: always null."""


class ServerDiagnosticsGauge(Wire):
    """A gauge: a number that rises and falls."""

    name: str
    """The name of the gauge."""
    value: U64
    """The value of the gauge."""


class ServerDiagnosticsResponse(Result):
    """The process, the gauges that codex has, and behind them all that `host/stats/read` says."""

    process: ServerDiagnosticsProcess
    """The process of the host."""
    gauges: list[ServerDiagnosticsGauge]
    """The gauges by name. Those of `host/stats/read` have the name `host.`, followed by their path
    there."""
