"""Methods on one thread: read, rename, stop following, delete."""

from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.thread import RenameThread
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.large_answers import IN_PAGES
from threadhost.adapters.jsonrpc.methods.common import (
    canonical,
    idempotency,
    thread_reading,
    thread_scope,
)
from threadhost.adapters.jsonrpc.methods.setup import whole_history
from threadhost.adapters.jsonrpc.models.thread_change import (
    ThreadDeleteParams,
    ThreadDeleteResponse,
    ThreadSetNameParams,
    ThreadSetNameResponse,
    ThreadUnsubscribeParams,
    ThreadUnsubscribeResponse,
)
from threadhost.adapters.jsonrpc.models.thread_read import ThreadReadParams, ThreadReadResponse
from threadhost.adapters.jsonrpc.registry import NO_ROLLOUT, NOT_LOADED, method
from threadhost.events.thread import ThreadDeleted


@method(
    "thread/read",
    ThreadReadParams,
    scope=thread_reading,
    reads=True,
    not_found=NOT_LOADED,
    large=IN_PAGES,
)
async def read_thread(params: ThreadReadParams, call: Call) -> ThreadReadResponse:
    """Return a thread, loaded or stored; reading does not load it."""
    thread_id = canonical(params.thread_id)
    row = await call.app.reading.known(thread_id)
    response = ThreadReadResponse(thread=call.app.shown.thread(row))
    if not params.include_turns:
        return response
    return response.with_turns(await whole_history(thread_id, call))


@method("thread/name/set", ThreadSetNameParams, scope=thread_scope, not_found=NO_ROLLOUT)
async def set_name(params: ThreadSetNameParams, call: Call) -> ThreadSetNameResponse:
    """Rename a thread, loaded or stored."""
    key = await idempotency(params, call)
    command = RenameThread(params.name)
    await call.app.host.threads.amend(canonical(params.thread_id), command, call.origin, key)
    return ThreadSetNameResponse()


@method("thread/unsubscribe", ThreadUnsubscribeParams, scope=thread_scope, reads=True)
async def unsubscribe(params: ThreadUnsubscribeParams, call: Call) -> ThreadUnsubscribeResponse:
    """Stop following a thread."""
    thread_id = canonical(params.thread_id)
    followed = call.app.hub.unfollow(call.session, thread_id)
    if call.app.host.threads.loaded(thread_id) is None:
        return ThreadUnsubscribeResponse(status="notLoaded")
    return ThreadUnsubscribeResponse(status="unsubscribed" if followed else "notSubscribed")


@method(
    "thread/delete",
    ThreadDeleteParams,
    scope=thread_scope,
    holds=frozenset({ThreadDeleted.kind}),
)
async def delete_thread(params: ThreadDeleteParams, call: Call) -> ThreadDeleteResponse:
    """Delete a thread and all below it; notifications follow the answer, leaves first."""
    key = await idempotency(params, call)
    try:
        await call.app.host.trees.delete(canonical(params.thread_id), call.origin, key)
    except ThreadNotFound:
        if key is None or not await call.app.host.earlier(key, call.origin):
            raise
    return ThreadDeleteResponse()
