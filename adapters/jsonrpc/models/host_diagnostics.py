"""`host/diagnostics/read`: present and possible faults of a host's home."""

from typing import Literal

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64, Position


class DiagnosticsReadParams(Params):
    """No parameters."""


class DiagnosticsFinding(Wire):
    """A fault or risk: what, why, and the remedy."""

    area: str
    """Its subject, in one word."""
    severity: Literal["error", "warning"]
    """`error` if the finding keeps the host from its work, `warning` if it may."""
    what: str
    """The fault or risk."""
    cause: str
    """Why it is so."""
    remedy: str
    """The remedy."""


class DiagnosticsReadResponse(Result):
    """The findings, the size of the home in bytes by cause, and the checks that were left out."""

    verdict: Literal["healthy", "warning", "error"]
    """The most severe of the findings."""
    findings: list[DiagnosticsFinding]
    """The findings."""
    sizes: dict[str, U64]
    """The disk space of the home, in bytes by cause."""
    free_bytes: U64
    """The free space of the home's file system, in bytes."""
    position: Position
    """The newest position of the log."""
    not_looked_at: list[str]
    """The checks that were left out, and the command that runs them."""
