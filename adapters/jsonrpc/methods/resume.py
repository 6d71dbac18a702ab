"""`thread/resume`: activates a stored thread, or joins a live one."""

from typing import Any

from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.settings import ChangeSettings, SettingsChange
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.large_answers import IN_PAGES
from threadhost.adapters.jsonrpc.methods.common import page_limit, session_id, thread_scope
from threadhost.adapters.jsonrpc.methods.goal import resume_goal
from threadhost.adapters.jsonrpc.methods.history import newest, turns_page
from threadhost.adapters.jsonrpc.methods.overrides import overrides
from threadhost.adapters.jsonrpc.methods.setup import default_settings, set_up, whole_history
from threadhost.adapters.jsonrpc.methods.usage import notify_usage
from threadhost.adapters.jsonrpc.methods.warnings import warn_of_gaps
from threadhost.adapters.jsonrpc.models.thread_resume import (
    ThreadResumeInitialTurnsPageParams,
    ThreadResumeParams,
    ThreadResumeResponse,
)
from threadhost.adapters.jsonrpc.models.turn_list import TurnsPage
from threadhost.adapters.jsonrpc.registry import NO_ROLLOUT, method
from threadhost.adapters.jsonrpc.render_settings import mode
from threadhost.events.thread import ThreadSettings
from threadhost.projections.turn_queries import PageQuery


@method(
    "thread/resume", ThreadResumeParams, scope=thread_scope, not_found=NO_ROLLOUT, large=IN_PAGES
)
async def resume_thread(params: ThreadResumeParams, call: Call) -> ThreadResumeResponse:
    """Load a stored thread, or join a live one, and follow it; an archived thread is refused."""
    if params.history is not None:
        fault = "`history` cannot be given: this host has the history of its threads"
        raise refusal("valueNotOffered", fault)
    thread_id = await session_id(params, call)
    await call.app.host.threads.activate(thread_id, call.origin.causation_id, forgiving=True)
    await _configure(thread_id, params, call)
    call.app.hub.join_thread(call.session, thread_id, call.origin.correlation_id)
    call.app.servers.greet(thread_id, call.origin.correlation_id)
    history = b"" if params.exclude_turns else await whole_history(thread_id, call)
    page_params = params.initial_turns_page
    page = await _page(thread_id, page_params, call) if page_params is not None else None
    turns, items = await newest(thread_id, call)
    await notify_usage(thread_id, call)
    await resume_goal(thread_id, call)

    def added(settings: ThreadSettings) -> dict[str, Any]:
        return {
            "collaboration_mode": mode(settings),
            "initial_turns_page": page,
            "turns_backwards_cursor": turns,
            "items_backwards_cursor": items,
        }

    return (await set_up(ThreadResumeResponse, thread_id, call, added)).with_turns(history)


async def _configure(thread_id: str, params: ThreadResumeParams, call: Call) -> None:
    """Apply the caller's changes to the thread's settings.

    Settings that cannot be read are replaced by those of a new thread.
    """
    state = call.app.host.threads.loaded(thread_id)
    if state is None:
        raise ThreadNotFound(thread_id)
    warn_of_gaps(state, call)
    base = default_settings(call)
    changes = await overrides(state.settings or base, params, call)
    if changes or state.settings is None:
        command = ChangeSettings(SettingsChange(changes, base))
        await call.app.host.threads.ask(thread_id, command, call.origin)


async def _page(
    thread_id: str, page_params: ThreadResumeInitialTurnsPageParams, call: Call
) -> TurnsPage:
    query = PageQuery(thread_id, page_limit(page_params.limit), page_params.sort_direction != "asc")
    return await turns_page(query, page_params.items_view or "summary", call)
