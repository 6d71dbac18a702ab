"""`thread/compact/start`: the model summarises its history, and continues from the summary."""

from threadhost.actors.compaction import StartCompaction
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import canonical, idempotency, thread_scope
from threadhost.adapters.jsonrpc.methods.warnings import take_up
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
    key = await idempotency(params, call)
    if key is not None and await app.host.earlier(key, call.origin):
        return ThreadCompactStartResponse()
    await take_up(thread_id, call)
    command = StartCompaction(app.ids.new(), app.ids.new(), app.clock.now_ms())
    await app.host.threads.ask(thread_id, command, call.origin, key)
    return ThreadCompactStartResponse()
