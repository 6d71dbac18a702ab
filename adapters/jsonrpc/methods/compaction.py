"""`thread/compact/start`: the model summarises its history, and continues from the summary."""

from threadhost.actors.compaction import StartCompaction
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import canonical, idempotency, thread_scope
from threadhost.adapters.jsonrpc.methods.following import carry_out
from threadhost.adapters.jsonrpc.models.compaction import (
    ThreadCompactStartParams,
    ThreadCompactStartResponse,
)
from threadhost.adapters.jsonrpc.registry import method


@method("thread/compact/start", ThreadCompactStartParams, scope=thread_scope)
async def start_compaction(
    params: ThreadCompactStartParams, call: Call
) -> ThreadCompactStartResponse:
    """Start a turn that replaces the history that the model sees with a summary."""
    app, thread_id = call.app, canonical(params.thread_id)
    command = StartCompaction(app.ids.new(), app.ids.new(), app.clock.now_ms())
    await carry_out(thread_id, command, call, await idempotency(params, call))
    return ThreadCompactStartResponse()
