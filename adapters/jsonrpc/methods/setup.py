"""How a thread is set up: what clients are told, and what they change as they take it up."""

from typing import Any

from threadhost.actors.errors import ThreadNotFound
from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, RpcError
from threadhost.adapters.jsonrpc.methods import sandbox
from threadhost.adapters.jsonrpc.methods.common import absolute, plain
from threadhost.adapters.jsonrpc.models.thread_resume import SetupOverrides
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.notify_turns import token_usage
from threadhost.adapters.jsonrpc.render_history import thread_with_turns
from threadhost.events.thread import ThreadSettings

AS_THEY_ARE = (
    "model",
    "approval_policy",
    "approvals_reviewer",
    "base_instructions",
    "developer_instructions",
)


async def setup(thread_id: str, call: Call, *, with_turns: bool) -> dict[str, Any]:
    """The fields of a `ThreadSetup`. Raises ThreadNotFound if the thread is not live."""
    state = call.app.host.state(thread_id)
    turns = await call.app.reading.turns.all(thread_id) if with_turns else ()
    row = call.app.reading.row(thread_id)
    if row is None or state is None or state.settings is None:
        raise ThreadNotFound(thread_id)
    chosen, status = state.settings, call.app.host.status(thread_id)
    return {
        "thread": thread_with_turns(row, status, turns),
        "model": chosen.model,
        "model_provider": chosen.model_provider,
        "service_tier": chosen.service_tier,
        "cwd": chosen.cwd,
        "runtime_workspace_roots": [chosen.cwd],
        "approval_policy": chosen.approval_policy,
        "approvals_reviewer": chosen.approvals_reviewer,
        "sandbox": chosen.sandbox,
        "active_permission_profile": render.profile(chosen),
        "reasoning_effort": chosen.effort,
    }


def overridden(settings: ThreadSettings, params: SetupOverrides, call: Call) -> ThreadSettings:
    """The settings with what was asked otherwise. Raises RpcError for what cannot be had here."""
    _refuse_elsewhere(params, call)
    changes = {
        name: plain(value) for name in AS_THEY_ARE if (value := getattr(params, name)) is not None
    }
    if params.cwd is not None:
        changes["cwd"] = absolute(params.cwd)
    changes |= sandbox.of_mode(params.sandbox, params.permissions)
    if params.config:
        changes["config"] = {**settings.config, **params.config}
    if "service_tier" in params.model_fields_set:
        changes["service_tier"] = params.service_tier or "default"
    return settings.model_copy(update=changes)


def _refuse_elsewhere(params: SetupOverrides, call: Call) -> None:
    name, wanted = call.app.model.name, params.model_provider
    if wanted not in (None, name):
        fault = f"failed to load configuration: Model provider `{wanted}` not found"
        raise RpcError(INVALID_REQUEST, f"{fault}; this host has `{name}`")
    if params.path:
        fault = f"no rollout found at path {params.path}"
        raise RpcError(INVALID_REQUEST, f"{fault}: threads here have no files, use `threadId`")


def tell_usage(thread_id: str, call: Call, *, ahead: bool = False) -> None:
    """Tell the caller, behind the answer, of the tokens that the thread has used.

    `ahead`: before all else that waits for the answer.
    """
    app, state = call.app, call.app.host.state(thread_id)
    if state is None or not state.usage_turn_id:
        return
    params = token_usage(thread_id, state.usage_turn_id, state.last_usage, state.usage)
    correlation_id, now_ms = call.origin.correlation_id, app.clock.now_ms()
    notice = Notice(params, now_ms, app.hub.position, thread_id, correlation_id=correlation_id)
    if ahead:
        call.session.hear_ahead(notice)
    else:
        call.session.hear(notice)
