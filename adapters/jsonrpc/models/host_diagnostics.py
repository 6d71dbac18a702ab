"""`host/diagnostics/read`: present and possible faults of a host's home."""

from typing import Literal

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64, Position


class DiagnosticsReadParams(Params):
    """Nothing needs to be said."""


class DiagnosticsFinding(Wire):
    """Something that is not as it should be: what, why, and what helps."""

    area: str
    """What it is about, in one word."""
    severity: Literal["error", "warning"]
    """`error` for what keeps the host from its work, `warning` for what may."""
    what: str
    """What is not as it should be."""
    cause: str
    """Why it is so."""
    remedy: str
    """What to do about it."""


class DiagnosticsReadResponse(Result):
    """What was found, what the home takes in bytes by cause, and what was not looked at."""

    verdict: Literal["healthy", "warning", "error"]
    """The worst of what was found."""
    findings: list[DiagnosticsFinding]
    """What was found."""
    sizes: dict[str, U64]
    """What the home takes, in bytes by cause."""
    free_bytes: U64
    """What is free where the home is, in bytes."""
    position: Position
    """The newest position of the log."""
    not_looked_at: list[str]
    """What was left out, and who looks at it."""
