"""The response for a thread that is started, resumed or forked: its setup and whole history."""

from collections.abc import Callable
from typing import Any, TypeVar

from threadhost.actors.errors import ThreadNotFound
from threadhost.adapters.jsonrpc import render_history
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import absolute
from threadhost.adapters.jsonrpc.methods.warnings import warn_of_cut, warn_of_damages
from threadhost.adapters.jsonrpc.models.thread_start import ThreadSetup
from threadhost.adapters.jsonrpc.render_settings import profile, readable, reviewer, tier
from threadhost.events.thread import ThreadSettings

S = TypeVar("S", bound=ThreadSetup)
Show = Callable[[ThreadSettings], dict[str, Any]]


def default_settings(call: Call) -> ThreadSettings:
    """The default settings, for a thread whose own cannot be read."""
    model = call.app.model
    return ThreadSettings(
        cwd=absolute("", call.session.folder),
        model=model.default_model,
        model_provider=model.name,
        user_input=call.app.settings.user_input,
    )


async def set_up(response: type[S], thread_id: str, call: Call, show: Show = lambda _: {}) -> S:
    """The response with the setup of a live thread, and the fields that `show` adds to it.

    Raises ThreadNotFound if the thread is not live.
    """
    row, state = await call.app.reading.row(thread_id), call.app.host.threads.loaded(thread_id)
    if row is None or state is None:
        raise ThreadNotFound(thread_id)
    thread = call.app.shown.thread(row)

    def shown(chosen: ThreadSettings) -> S:
        return response(thread=thread, **_fields(chosen), **show(chosen))

    return readable(state.settings or default_settings(call), shown)


def _fields(chosen: ThreadSettings) -> dict[str, Any]:
    return {
        "model": chosen.model,
        "model_provider": chosen.model_provider,
        "service_tier": tier(chosen),
        "disabled_plugin_ids": chosen.disabled_plugin_ids,
        "cwd": chosen.cwd,
        "runtime_workspace_roots": [chosen.cwd],
        "approval_policy": chosen.approval_policy,
        "approvals_reviewer": reviewer(chosen),
        "sandbox": chosen.sandbox,
        "active_permission_profile": profile(chosen),
        "reasoning_effort": chosen.effort,
    }


async def whole_history(thread_id: str, call: Call) -> bytes:
    """The turns of a thread as JSON for `ThreadResult.with_turns`: the newest that fit.

    Warns the caller of damaged turns, and of those that do not fit.
    """
    turns = await call.app.reading.turns.whole(thread_id)
    warn_of_damages(turns.damages, call, thread_id)
    warn_of_cut(turns, call, thread_id)
    return render_history.turns(turns.turns)
