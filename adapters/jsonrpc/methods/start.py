"""`thread/start`: a new thread, of its own or below another."""

from threadhost.actors.thread import StartThread
from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods import sandbox, tools
from threadhost.adapters.jsonrpc.methods.common import absolute, canonical, idempotency, plain
from threadhost.adapters.jsonrpc.methods.setup import require_provider, setup
from threadhost.adapters.jsonrpc.models.thread_start import (
    ThreadStartParams,
    ThreadStartResponse,
)
from threadhost.adapters.jsonrpc.registry import method
from threadhost.events.thread import ThreadSettings, ThreadStarted


@method("thread/start", ThreadStartParams)
async def start_thread(params: ThreadStartParams, call: Call) -> ThreadStartResponse:
    """Start a thread and follow it."""
    parent = None if params.parent_thread_id is None else canonical(params.parent_thread_id)
    command = StartThread(
        thread_id=call.app.ids.new(),
        settings=_settings(params, call),
        source="vscode" if parent is None else render.SUBAGENT,
        parent_id=parent,
        ephemeral=bool(params.ephemeral),
        history_mode=params.history_mode or "paginated",
    )
    key = idempotency(params.idempotency_key, "thread/start", params, call)
    appended = await call.app.host.start_thread(command, call.origin, key)
    started = next(f.event for f in appended.recorded if isinstance(f.event, ThreadStarted))
    call.app.hub.follow(call.session, started.thread_id)
    return ThreadStartResponse(**setup(started.thread_id, call))


def _settings(params: ThreadStartParams, call: Call) -> ThreadSettings:
    require_provider(params.model_provider, call)
    model = call.app.model
    mode = params.sandbox or ("read-only" if params.permissions is None else None)
    tier_is_null = params.service_tier is None and "service_tier" in params.model_fields_set
    return ThreadSettings(
        cwd=absolute(params.cwd or ""),
        model=params.model or model.default_model,
        model_provider=model.name,
        originator=call.session.who.name,
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
