"""`thread/memoryMode/set` and `memory/reset`: whether memories are made of threads."""

from threadhost.actors.errors import MetadataNotKept
from threadhost.actors.memory import SetMemoryMode
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import canonical, thread_scope
from threadhost.adapters.jsonrpc.models.memory import (
    MemoryResetResponse,
    ThreadMemoryModeSetParams,
    ThreadMemoryModeSetResponse,
)
from threadhost.adapters.jsonrpc.registry import NO_ROLLOUT, method
from threadhost.events.memory import MemoryReset


@method(
    "thread/memoryMode/set",
    ThreadMemoryModeSetParams,
    scope=thread_scope,
    experimental=True,
    not_found=NO_ROLLOUT,
)
async def set_memory_mode(
    params: ThreadMemoryModeSetParams, call: Call
) -> ThreadMemoryModeSetResponse:
    """Allow or forbid memories of a thread, loaded or stored."""
    thread_id = canonical(params.thread_id)
    if call.app.logs.is_ephemeral(thread_id):
        raise MetadataNotKept(thread_id)
    await call.app.host.threads.amend(thread_id, SetMemoryMode(params.mode), call.origin)
    return ThreadMemoryModeSetResponse()


@method("memory/reset", experimental=True)
async def reset_memory(params: None, call: Call) -> MemoryResetResponse:
    """Throw all memories away; there are none yet, and the wish is recorded."""
    del params
    await call.app.facts.record(MemoryReset(), call.origin)
    return MemoryResetResponse()
