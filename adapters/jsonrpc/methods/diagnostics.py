"""Diagnostics of this host: its process, its gauges, and faults of the files in its home."""

import asyncio
import os

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.models.host_diagnostics import (
    DiagnosticsFinding,
    DiagnosticsReadParams,
    DiagnosticsReadResponse,
)
from threadhost.adapters.jsonrpc.models.server_diagnostics import (
    ServerDiagnosticsGauge,
    ServerDiagnosticsParams,
    ServerDiagnosticsProcess,
    ServerDiagnosticsResponse,
)
from threadhost.adapters.jsonrpc.registry import method

NO_HOME = "Invalid request: this host keeps everything in memory, and has no home to check"
LEFT_TO_THE_COMMAND = "the log, keys and views: `threadhost doctor` checks them"


@method("host/diagnostics/read", DiagnosticsReadParams, reads=True)
async def read_diagnostics(params: DiagnosticsReadParams, call: Call) -> DiagnosticsReadResponse:
    """Report faults and risks of the home, with remedies; `threadhost doctor` checks more."""
    from threadhost.adapters.diagnosis import diagnose

    app = call.app
    if not app.logs.durable.is_durable:
        raise refusal("inMemory", NO_HOME)
    home, key_file = app.settings.home, app.settings.key_file
    diagnosis = await asyncio.to_thread(diagnose, home, key_file, app.clock.now_ms())
    return DiagnosticsReadResponse(
        verdict=diagnosis.worst.value if diagnosis.worst else "healthy",
        findings=[
            DiagnosticsFinding(
                area=finding.area,
                severity=finding.severity.value,
                what=finding.what,
                cause=finding.cause,
                remedy=finding.remedy,
            )
            for finding in diagnosis.findings
        ],
        sizes=dict(diagnosis.sizes),
        free_bytes=diagnosis.free_bytes,
        position=diagnosis.position,
        not_looked_at=[*diagnosis.not_looked, LEFT_TO_THE_COMMAND],
    )


@method("server/diagnostics", ServerDiagnosticsParams, experimental=True, reads=True)
async def diagnose_server(params: ServerDiagnosticsParams, call: Call) -> ServerDiagnosticsResponse:
    """Return the memory of the process and the host's gauges; they count this request, too."""
    from threadhost.adapters.gauges import gauges_of, resident_bytes

    gauges = gauges_of(call.app).items()
    process = ServerDiagnosticsProcess(id=os.getpid(), resident_memory_bytes=resident_bytes())
    return ServerDiagnosticsResponse(
        process=process,
        gauges=[ServerDiagnosticsGauge(name=name, value=value) for name, value in gauges],
    )
