"""What is wrong with the home of this host, as far as a look at its files tells."""

import asyncio

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.models.host_diagnostics import (
    DiagnosticsFinding,
    DiagnosticsReadParams,
    DiagnosticsReadResponse,
)
from threadhost.adapters.jsonrpc.registry import method

NO_HOME = "Invalid request: this host keeps everything in memory, and has no home to look at"
LEFT_TO_THE_COMMAND = "the log, keys and views: `threadhost doctor` looks at them"


@method("host/diagnostics/read", DiagnosticsReadParams, reads=True)
async def read_diagnostics(params: DiagnosticsReadParams, call: Call) -> DiagnosticsReadResponse:
    """What is wrong with the home, or may become so, and what helps; the command looks at more."""
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
                area=one.area,
                severity=one.severity.value,
                what=one.what,
                cause=one.cause,
                remedy=one.remedy,
            )
            for one in diagnosis.findings
        ],
        sizes=dict(diagnosis.sizes),
        free_bytes=diagnosis.free_bytes,
        position=diagnosis.position,
        not_looked_at=[*diagnosis.not_looked, LEFT_TO_THE_COMMAND],
    )
