"""`thread/start`: a new thread, alone or below another."""

from typing import Any

from threadhost.actors.thread import StartThread
from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods import sandbox, tools
from threadhost.adapters.jsonrpc.methods.chosen import chosen_model, chosen_settings, given_settings
from threadhost.adapters.jsonrpc.methods.common import absolute, canonical, idempotency
from threadhost.adapters.jsonrpc.methods.setup import set_up
from threadhost.adapters.jsonrpc.models.thread_start import ThreadStartParams, ThreadStartResponse
from threadhost.adapters.jsonrpc.registry import method
from threadhost.events.thread import ThreadSettings


@method("thread/start", ThreadStartParams, starts=True)
async def start_thread(params: ThreadStartParams, call: Call) -> ThreadStartResponse:
    """Start a thread and follow it."""
    parent = None if params.parent_thread_id is None else canonical(params.parent_thread_id)
    command = StartThread(
        thread_id=call.app.ids.new(),
        settings=await _settings(params, call),
        source="vscode" if parent is None else render.SUBAGENT,
        parent_id=parent,
        ephemeral=bool(params.ephemeral),
        history_mode=params.history_mode or "paginated",
    )
    await call.app.servers.required()
    key = await idempotency(params, call)
    appended = await call.app.host.threads.start(command, call.origin, key)
    if appended.replayed:  # a turn may run on it by now
        call.app.hub.join_thread(call.session, appended.thread_id, call.origin.correlation_id)
    else:
        call.app.hub.followers.follow(call.session, appended.thread_id)
    call.app.servers.greet(appended.thread_id, call.origin.correlation_id)
    return await set_up(ThreadStartResponse, appended.thread_id, call)


UNSAID = {"approval_policy": "never", "approvals_reviewer": "user"}


async def _settings(params: ThreadStartParams, call: Call) -> ThreadSettings:
    """The host's defaults, overridden by the thread's `config`, and that by the other params."""
    model = call.app.model
    chosen: dict[str, Any] = {"model": model.default_model, "model_provider": model.name}
    chosen |= UNSAID | sandbox.of_mode("read-only", None)
    chosen |= call.app.configuration.thread
    chosen |= await chosen_settings(params.config, call)
    chosen |= await chosen_model(params.model, params.model_provider, call)
    chosen |= sandbox.of_mode(params.sandbox, params.permissions) | given_settings(params)
    return ThreadSettings(
        cwd=absolute(params.cwd or "", call.session.folder),
        originator=call.session.who.name,
        thread_source=params.thread_source,
        dynamic_tools=await tools.dynamic_tools(params, call),
        user_input=tools.user_input(params, call),
        **chosen,
    )
