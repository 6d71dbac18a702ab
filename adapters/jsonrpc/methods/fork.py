"""`thread/fork`: a new thread with its own copy of another's history."""

from pydantic.alias_generators import to_camel

from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.fork import ForkThread
from threadhost.actors.settings import SettingsChange
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.large_answers import IN_PAGES
from threadhost.adapters.jsonrpc.methods.common import idempotency, session_id, thread_reading
from threadhost.adapters.jsonrpc.methods.overrides import overrides
from threadhost.adapters.jsonrpc.methods.setup import default_settings, set_up, whole_history
from threadhost.adapters.jsonrpc.methods.usage import notify_usage
from threadhost.adapters.jsonrpc.methods.warnings import warn_of_lost_copies
from threadhost.adapters.jsonrpc.models.thread_fork import ThreadForkParams, ThreadForkResponse
from threadhost.adapters.jsonrpc.registry import NO_ROLLOUT, method
from threadhost.events.goal import goal_of
from threadhost.events.memory import MEMORY_PART
from threadhost.events.store.committer import Appended, Idempotency
from threadhost.projections.listing import ThreadRow

NO_AGENT = dict.fromkeys(("agent_nickname", "agent_role"))
"""Settings of a fork: a copy of an agent is no agent."""
NOT_OFFERED = ("attach_to_source", "experimental_prediction_mode")


@method("thread/fork", ThreadForkParams, scope=thread_reading, not_found=NO_ROLLOUT, large=IN_PAGES)
async def fork_thread(params: ThreadForkParams, call: Call) -> ThreadForkResponse:
    """Copy a thread, whole or up to a turn, into a new thread, and follow the copy."""
    key = await idempotency(params, call)
    fork_id = await _earlier(key, call) or (await _forked(params, call, key)).thread_id
    call.app.hub.join_thread(call.session, fork_id, call.origin.correlation_id)
    call.app.servers.greet(fork_id, call.origin.correlation_id)
    await notify_usage(fork_id, call, ahead=True)
    history = b"" if params.exclude_turns else await whole_history(fork_id, call)
    return (await set_up(ThreadForkResponse, fork_id, call)).with_turns(history)


async def _earlier(key: Idempotency | None, call: Call) -> str | None:
    """The fork that an earlier send of this request made, activated; its source may be gone."""
    appended = await call.app.host.earlier(key, call.origin) if key else None
    if appended is None:
        return None
    await call.app.host.threads.activate(appended.thread_id, call.origin.causation_id)
    return appended.thread_id


async def _forked(params: ThreadForkParams, call: Call, key: Idempotency | None) -> Appended:
    row = await _source(params, call)
    host, app = call.app.host, call.app
    state = await host.threads.state(row.id)
    settings = state.settings or default_settings(call)
    of_its_own = {"thread_source": params.thread_source, **NO_AGENT}
    changes = {**await overrides(settings, params, call), **of_its_own}
    inheritance = await host.threads.inheritance(row.id, params.last_turn_id, params.before_turn_id)
    command = ForkThread(
        thread_id=app.ids.new(),
        settings=SettingsChange(changes).applied_to(settings),
        source="vscode",
        ephemeral=params.ephemeral,
        history_mode=row.history_mode,
        source_id=row.id,
        name=state.name,
        inherited=inheritance.events,
        copy_plan=inheritance.copy_plan,
        at_ms=app.clock.now_ms(),
        goal=goal_of(state) if params.defer_goal_continuation else None,
        goal_id=app.ids.new(),
        memory_mode=MEMORY_PART.of(state).mode,
    )
    appended = await host.threads.fork(command, call.origin, key)
    warn_of_lost_copies(inheritance.damages, call, row.id)
    return appended


async def _source(params: ThreadForkParams, call: Call) -> ThreadRow:
    """The thread to fork. Raises ThreadNotFound, or RpcError for params that cannot be used."""
    thread_id = await session_id(params, call)
    row = await call.app.reading.row(thread_id)
    if row is None or not row.begun:
        raise ThreadNotFound(thread_id)
    if params.last_turn_id is not None and params.before_turn_id is not None:
        raise refusal("conflictingParams", "`beforeTurnId` cannot be combined with `lastTurnId`")
    for name in NOT_OFFERED:
        if getattr(params, name):
            key = to_camel(name)
            raise refusal("valueNotOffered", f"thread/fork: `{key}` is not offered by this host")
    if params.ephemeral and not params.exclude_turns and row.history_mode == "paginated":
        needed = "ephemeral paginated thread/fork requires `excludeTurns: true`"
        raise refusal("conflictingParams", needed)
    return row
