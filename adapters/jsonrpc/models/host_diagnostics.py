"""`host/diagnostics/read`: what is wrong with a host's home or may become so."""

from typing import Literal

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64, Position


class DiagnosticsReadParams(Params):
    """Nothing needs to be said."""


class DiagnosticsFinding(Wire):
    """Something that is not as it should be: what, why, and what helps."""

    area: str
    severity: Literal["error", "warning"]
    what: str
    cause: str
    remedy: str


class DiagnosticsReadResponse(Result):
    """What was found, what the home takes in bytes by cause, and what was not looked at."""

    verdict: Literal["healthy", "warning", "error"]
    findings: list[DiagnosticsFinding]
    sizes: dict[str, U64]
    free_bytes: U64
    position: Position
    not_looked_at: list[str]
