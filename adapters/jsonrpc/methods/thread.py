"""Methods on one thread: start, read, rename, stop following, delete."""

from threadhost.actors.errors import ThreadArchived, ThreadNotFound
from threadhost.actors.thread import RenameThread, StartThread
from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods import sandbox, tools
from threadhost.adapters.jsonrpc.methods.common import (
    absolute,
    canonical,
    idempotency,
    plain,
    thread_reading,
    thread_scope,
)
from threadhost.adapters.jsonrpc.methods.setup import require_provider, setup, whole_history
from threadhost.adapters.jsonrpc.models.thread_change import (
    ThreadDeleteParams,
    ThreadDeleteResponse,
    ThreadSetNameParams,
    ThreadSetNameResponse,
    ThreadUnsubscribeParams,
    ThreadUnsubscribeResponse,
)
from threadhost.adapters.jsonrpc.models.thread_read import ThreadReadParams, ThreadReadResponse
from threadhost.adapters.jsonrpc.models.thread_start import (
    ThreadStartParams,
    ThreadStartResponse,
)
from threadhost.adapters.jsonrpc.registry import method
from threadhost.events.thread import ThreadDeleted, ThreadSettings, ThreadStarted


@method("thread/start", ThreadStartParams)
async def start_thread(params: ThreadStartParams, call: Call) -> ThreadStartResponse:
    """Start a thread and follow it."""
    parent = None if params.parent_thread_id is None else _parent(params.parent_thread_id, call)
    command = StartThread(
        thread_id=call.app.ids.new(),
        settings=_settings(params, call),
        source="vscode" if parent is None else render.SUBAGENT,
        parent_id=parent,
        ephemeral=bool(params.ephemeral),
        history_mode=params.history_mode or "paginated",
    )
    key = idempotency(params.idempotency_key, "thread/start", params)
    appended = await call.app.host.start_thread(command, call.origin, key)
    started = next(f.event for f in appended.recorded if isinstance(f.event, ThreadStarted))
    call.app.hub.follow(call.session, started.thread_id)
    return ThreadStartResponse(**setup(started.thread_id, call))


def _parent(thread_id: str, call: Call) -> str:
    """The thread that another is to join; whether it exists, its tree knows."""
    row = call.app.reading.row(canonical(thread_id))
    if row is not None and row.archived:
        raise ThreadArchived(row.id)
    return canonical(thread_id)


def _settings(params: ThreadStartParams, call: Call) -> ThreadSettings:
    require_provider(params.model_provider, call)
    model = call.app.model
    mode = params.sandbox or ("read-only" if params.permissions is None else None)
    client = call.session.client
    tier_is_null = params.service_tier is None and "service_tier" in params.model_fields_set
    return ThreadSettings(
        cwd=absolute(params.cwd or ""),
        model=params.model or model.default_model,
        model_provider=model.name,
        originator=client.client_info.name if client else "",
        base_instructions=params.base_instructions,
        developer_instructions=params.developer_instructions,
        approval_policy=plain(params.approval_policy) or "never",
        approvals_reviewer=params.approvals_reviewer or "user",
        service_tier="default" if tier_is_null else params.service_tier,
        thread_source=params.thread_source,
        config=params.config or {},
        dynamic_tools=tools.dynamic_tools(params),
        user_input=tools.user_input(params, call),
        **sandbox.of_mode(mode, params.permissions),
    )


@method("thread/read", ThreadReadParams, scope=thread_reading)
async def read_thread(params: ThreadReadParams, call: Call) -> ThreadReadResponse:
    """A thread as it is now, loaded or stored; reading does not load it."""
    thread_id = canonical(params.thread_id)
    row = call.app.reading.row(thread_id)
    if row is None:
        raise ThreadNotFound(thread_id)
    state = call.app.host.status(thread_id)
    response = ThreadReadResponse(thread=render.thread(row, state))
    if not params.include_turns:
        return response
    return response.with_turns(await whole_history(thread_id, call))


@method("thread/name/set", ThreadSetNameParams, scope=thread_scope)
async def set_name(params: ThreadSetNameParams, call: Call) -> ThreadSetNameResponse:
    """Give a thread, loaded or stored, another name."""
    key = idempotency(params.idempotency_key, "thread/name/set", params)
    command = RenameThread(params.name)
    await call.app.host.amend(canonical(params.thread_id), command, call.origin, key)
    return ThreadSetNameResponse()


@method("thread/unsubscribe", ThreadUnsubscribeParams, scope=thread_scope)
async def unsubscribe(params: ThreadUnsubscribeParams, call: Call) -> ThreadUnsubscribeResponse:
    """Hear no more of a thread's turns."""
    thread_id = canonical(params.thread_id)
    if call.app.host.state(thread_id) is None:
        return ThreadUnsubscribeResponse(status="notLoaded")
    followed = call.app.hub.unfollow(call.session, thread_id)
    return ThreadUnsubscribeResponse(status="unsubscribed" if followed else "notSubscribed")


@method(
    "thread/delete",
    ThreadDeleteParams,
    scope=thread_scope,
    holds=frozenset({ThreadDeleted.kind}),
)
async def delete_thread(params: ThreadDeleteParams, call: Call) -> ThreadDeleteResponse:
    """Delete a thread and all below it; announced leaf first after the answer."""
    key = idempotency(params.idempotency_key, "thread/delete", params)
    try:
        await call.app.host.delete(canonical(params.thread_id), call.origin, key)
    except ThreadNotFound:
        if key is None or not await call.app.host.earlier(key, call.origin):
            raise
    return ThreadDeleteResponse()
