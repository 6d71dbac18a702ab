"""`thread/memoryMode/set`, `memory/*` and `host/memory/read`: the memory of threads."""

from threadhost.actors.errors import MetadataNotKept
from threadhost.actors.memory import SetMemoryMode
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import canonical, thread_scope
from threadhost.adapters.jsonrpc.models.memory import (
    THREADS_DEFAULT,
    MemoryReadParams,
    MemoryReadResponse,
    MemoryResetResponse,
    MemoryStatusParams,
    MemoryStatusResponse,
    ThreadMemoryModeSetParams,
    ThreadMemoryModeSetResponse,
)
from threadhost.adapters.jsonrpc.registry import NO_ROLLOUT, method
from threadhost.events.memory import MemoryReset
from threadhost.projections.memory import note_states


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
    """Allow notes of a thread, loaded or stored, or forbid them and forget the existing one."""
    thread_id = canonical(params.thread_id)
    logs = call.app.logs
    if logs.is_ephemeral(thread_id):
        raise MetadataNotKept(thread_id)
    await call.app.host.threads.amend(thread_id, SetMemoryMode(params.mode), call.origin)
    if params.mode == "disabled" and await logs.remember():
        await logs.memory(call.app.clock).forget("disabled", call.origin, [thread_id])
    return ThreadMemoryModeSetResponse()


@method("memory/status", MemoryStatusParams, experimental=True, reads=True)
async def read_memory_status(params: MemoryStatusParams, call: Call) -> MemoryStatusResponse:
    """Return from how many threads the memory text for later threads is made."""
    logs, threads = call.app.logs, 0
    if await logs.remember():
        threads = len((await logs.memory(call.app.clock).state()).summary.thread_ids)
    enough = params.min_consolidated_threads or THREADS_DEFAULT
    return MemoryStatusResponse(v2_consolidated_threads=threads, v2_ready=threads >= enough)


@method("memory/reset", experimental=True)
async def reset_memory(params: None, call: Call) -> MemoryResetResponse:
    """Drop all memories; a thread is noted again after its next change, if its mode allows."""
    await call.app.facts.record(MemoryReset(), call.origin)
    logs = call.app.logs
    if call.app.configuration.memories is not None or await logs.remember():
        await logs.memory(call.app.clock).forget("reset", call.origin)
    return MemoryResetResponse()


@method("host/memory/read", MemoryReadParams, reads=True)
async def read_memory(params: MemoryReadParams, call: Call) -> MemoryReadResponse:
    """Read the memory that later threads get, one thread's note, and the progress of all notes."""
    logs, text, note = call.app.logs, None, None
    if await logs.remember():
        log = logs.memory(call.app.clock)
        memory = await log.state()
        of_all = memory.summary.text_id
        text = await log.text(of_all) if of_all else None
        thread_note = memory.notes.get(canonical(params.thread_id)) if params.thread_id else None
        note = await log.text(thread_note.text_id) if thread_note is not None else None
    return MemoryReadResponse(
        enabled=call.app.configuration.memories is not None,
        text=text,
        note=note,
        states=await note_states(logs.durable.reads),
    )
