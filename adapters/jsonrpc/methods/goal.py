"""`thread/goal/*` and `host/goal/*`: the goals of threads."""

from threadhost.actors.errors import GoalsNotKept, ThreadArchived, ThreadNotFound
from threadhost.actors.goal import ClearGoal, ExtendGoal, ReleaseGoal, SetGoal, Unset
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import (
    canonical,
    idempotency,
    thread_reading,
    thread_scope,
)
from threadhost.adapters.jsonrpc.methods.following import activate_and_follow, earlier, follow_again
from threadhost.adapters.jsonrpc.models.goal import (
    GoalChange,
    GoalExtendParams,
    GoalExtendResponse,
    GoalSetTreeParams,
    GoalSetTreeResponse,
    ThreadGoal,
    ThreadGoalClearParams,
    ThreadGoalClearResponse,
    ThreadGoalGetParams,
    ThreadGoalGetResponse,
    ThreadGoalSetParams,
    ThreadGoalSetResponse,
)
from threadhost.adapters.jsonrpc.notify_goals import as_set, current, shown, tree_tokens
from threadhost.adapters.jsonrpc.registry import method
from threadhost.events.goal import GoalCleared, GoalSet, goal_of
from threadhost.events.goal_state import Goal
from threadhost.events.store.committer import Appended

HELD = frozenset({GoalSet.kind, GoalCleared.kind})
"""The events notified after the reply; notifications of earlier events precede it."""


@method("thread/goal/set", ThreadGoalSetParams, scope=thread_scope, holds=HELD)
async def set_goal(params: ThreadGoalSetParams, call: Call) -> ThreadGoalSetResponse:
    """Set or change the goal of a thread; an active goal starts turns by itself."""
    thread_id = await _of_a_goal(params.thread_id, call)
    appended = await call.app.host.threads.amend(thread_id, _command(params, call), call.origin)
    _, goal = await _as_recorded(thread_id, appended, call)
    return ThreadGoalSetResponse(goal=goal)


@method("host/goal/setTree", GoalSetTreeParams, scope=thread_scope, holds=HELD)
async def set_tree_goal(params: GoalSetTreeParams, call: Call) -> GoalSetTreeResponse:
    """Set or change the goal of a tree's root, so that it counts the tokens of all threads."""
    key, thread_id = await idempotency(params, call), canonical(params.thread_id)
    appended = await earlier(thread_id, call, key)
    if appended is None:
        row = await call.app.reading.known(thread_id)
        if row.archived:
            raise ThreadArchived(thread_id)
        command = _command(params, call).but(covers_tree=True)
        appended = await call.app.host.threads.amend(thread_id, command, call.origin, key)
    event, goal = await _as_recorded(thread_id, appended, call)
    return GoalSetTreeResponse(goal=goal, tree_tokens_used=tree_tokens(event) or 0)


@method("host/goal/extend", GoalExtendParams, scope=thread_scope, holds=HELD)
async def extend_goal(params: GoalExtendParams, call: Call) -> GoalExtendResponse:
    """Raise a goal's token budget; a goal that had used up its budget goes on."""
    key, thread_id = await idempotency(params, call), canonical(params.thread_id)
    appended = await earlier(thread_id, call, key)
    if appended is None:
        await _of_a_goal(thread_id, call)
        command = ExtendGoal(params.tokens, call.app.clock.now_ms())
        appended = await call.app.host.threads.amend(thread_id, command, call.origin, key)
    event, goal = await _as_recorded(thread_id, appended, call)
    return GoalExtendResponse(goal=goal, tree_tokens_used=tree_tokens(event))


@method("thread/goal/get", ThreadGoalGetParams, scope=thread_reading)
async def get_goal(params: ThreadGoalGetParams, call: Call) -> ThreadGoalGetResponse:
    """Return the goal of a thread, loaded or stored; reading does not load it."""
    thread_id = await _of_a_goal(params.thread_id, call)
    goal = await _goal(thread_id, call)
    now_ms = call.app.clock.now_ms()
    if goal is None:
        return ThreadGoalGetResponse()
    goal_shown = shown(thread_id, goal, now_ms)
    return ThreadGoalGetResponse(goal=goal_shown, tree_tokens_used=tree_tokens(goal))


@method("thread/goal/clear", ThreadGoalClearParams, scope=thread_scope, holds=HELD)
async def clear_goal(params: ThreadGoalClearParams, call: Call) -> ThreadGoalClearResponse:
    """Remove the goal of a thread; a running turn goes on and no longer counts for it."""
    thread_id = await _of_a_goal(params.thread_id, call)
    command = ClearGoal(call.app.clock.now_ms())
    appended = await call.app.host.threads.amend(thread_id, command, call.origin)
    return ThreadGoalClearResponse(cleared=bool(appended.recorded))


async def resume_goal(thread_id: str, call: Call) -> None:
    """Notify the caller, after the reply, of a resumed thread's goal, and release a held goal.

    Does nothing for a thread in memory, which cannot have a goal.
    """
    app, state = call.app, call.app.host.threads.loaded(thread_id)
    if state is None or state.ephemeral:
        return
    goal = goal_of(state)
    params = current(thread_id, goal, app.clock.now_ms())
    call.session.deliver(app.hub.notice(params, thread_id, call.origin.correlation_id))
    if goal is not None and goal.is_held:
        await app.host.threads.ask(thread_id, ReleaseGoal(), call.origin)


async def _of_a_goal(text: str, call: Call) -> str:
    """The id of a thread that may have a goal.

    Raises RpcError, ThreadNotFound (also for an archived thread) or GoalsNotKept.
    """
    thread_id = canonical(text)
    row = await call.app.reading.row(thread_id)
    if row is None or row.archived:
        raise ThreadNotFound(thread_id)
    if row.ephemeral:
        raise GoalsNotKept(thread_id)
    return thread_id


def _command(params: GoalChange, call: Call) -> SetGoal:
    has_budget = "token_budget" in params.model_fields_set
    return SetGoal(
        goal_id=call.app.ids.new(),
        at_ms=call.app.clock.now_ms(),
        objective=params.objective,
        status=params.status,
        token_budget=params.token_budget if has_budget else Unset.BUDGET,
    )


async def _as_recorded(
    thread_id: str, appended: Appended, call: Call
) -> tuple[GoalSet, ThreadGoal]:
    """The goal as it was recorded; the thread of an active goal is activated.

    Raises ThreadNotFound if the thread of a repeated request was deleted.
    """
    if appended.replayed:
        await call.app.logs.require_open(thread_id, fenced_is_fine=True)
    recorded = [fact.event for fact in appended.recorded if isinstance(fact.event, GoalSet)]
    if not recorded:
        raise appended.unreadable
    event = recorded[-1]
    objective = await call.app.reading.objective(thread_id, event.objective_version)
    goal = as_set(thread_id, event, objective)
    if event.status == "active":
        if not appended.replayed or not (await call.app.reading.known(thread_id)).archived:
            await activate_and_follow(thread_id, call)
        if appended.replayed:
            await follow_again(thread_id, appended, call)
    return event, goal


async def _goal(thread_id: str, call: Call) -> Goal | None:
    return goal_of(await call.app.host.threads.state(thread_id))
