"""`thread/archive` and `thread/unarchive`."""

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import canonical, thread_scope
from threadhost.adapters.jsonrpc.models.archive import (
    ThreadArchiveParams,
    ThreadArchiveResponse,
    ThreadUnarchiveParams,
    ThreadUnarchiveResponse,
)
from threadhost.adapters.jsonrpc.registry import NO_ROLLOUT, method
from threadhost.events.thread import ThreadArchived


@method(
    "thread/archive",
    ThreadArchiveParams,
    scope=thread_scope,
    holds=frozenset({ThreadArchived.kind}),
    not_found=NO_ROLLOUT,
)
async def archive_thread(params: ThreadArchiveParams, call: Call) -> ThreadArchiveResponse:
    """Stop and archive a thread and all below it; notifications follow the answer, root first."""
    await call.app.host.trees.archive(canonical(params.thread_id, "session"), call.origin)
    return ThreadArchiveResponse()


@method(
    "thread/unarchive",
    ThreadUnarchiveParams,
    scope=thread_scope,
    not_found="no archived rollout found for thread id {}",
)
async def unarchive_thread(params: ThreadUnarchiveParams, call: Call) -> ThreadUnarchiveResponse:
    """Unarchive one thread; threads that were archived together with it stay archived."""
    thread_id = canonical(params.thread_id, "session")
    await call.app.host.trees.unarchive(thread_id, call.origin)
    row = await call.app.reading.known(thread_id)
    return ThreadUnarchiveResponse(thread=call.app.shown.thread(row))
