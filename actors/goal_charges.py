"""The effects of turns on a goal: charges, failures, summaries. Other rules use these parts."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from threadhost.actors.goal_words import go_on, used_up
from threadhost.events.base import Event
from threadhost.events.fold import foresee
from threadhost.events.goal import GoalCharged, GoalContextGiven, GoalSet, goal_of
from threadhost.events.goal_cover import COVER, GoalSpent
from threadhost.events.goal_state import CHARGED, GOAL_TURN, Goal, GoalStatus
from threadhost.events.thread import Thread
from threadhost.events.usage import COUNT_MAX

STOPPED: tuple[GoalStatus, AbstractSet[GoalStatus]] = "blocked", frozenset({"active"})
STOPPED_BY: Mapping[str, tuple[GoalStatus, AbstractSet[GoalStatus]]] = {
    "usageLimitExceeded": ("usageLimited", CHARGED)
}
"""By the code of a failure, a goal's new status and the ones it replaces; else `STOPPED`."""


def standing(goal: Goal, at_ms: int, turn_id: str | None) -> dict[str, Any]:
    """The fields of a goal as its events record them."""
    return {
        "goal_id": goal.id,
        "objective_version": goal.objective_version,
        "status": goal.status,
        "token_budget": goal.token_budget,
        "tokens_used": goal.tokens_used,
        "time_used_ms": goal.time_at(at_ms),
        "created_at_ms": goal.created_at_ms,
        "at_ms": at_ms,
        "turn_id": turn_id,
        "covers_tree": goal.covers_tree,
        "tree_tokens": goal.tree_tokens,
    }


def charges(thread: Thread, at_ms: int) -> list[Event]:
    """The charges for all uncharged responses of the running turn, each once.

    They go to the thread's own goal, and to the goal that covers its tree.
    """
    charge = spent(thread)
    goal, turn = goal_of(thread), thread.turn
    if goal is None or turn is None:
        return charge
    for due in goal.due:
        used = min(goal.tokens_used + due.tokens, COUNT_MAX)
        goal = goal._replace(tokens_used=used)
        goal = goal.with_status(goal.status)
        stands = standing(goal, at_ms, turn.id)
        charge.append(GoalCharged(**stands, request_version=due.request_version, tokens=due.tokens))
    return charge


def spent(thread: Thread) -> list[Event]:
    """What the thread's uncharged responses cost the goal that covers its tree."""
    cover = COVER.of(thread)
    return [
        GoalSpent(goal_id=cover.goal_id, root_id=cover.root_id, request_version=at, tokens=tokens)
        for at, tokens in cover.due
    ]


def charges_within(thread: Thread, at_ms: int) -> list[Event]:
    """The charges within a running turn; if they use the budget up, the model is told.

    There are none while a call of the response is unanswered.
    """
    turn, before = thread.turn, goal_of(thread)
    if turn is None or turn.calls:
        return []
    events = charges(thread, at_ms)
    goal = goal_of(foresee(thread, events)) if before is not None else None
    if goal is not None and before is not None and goal.status == "budgetLimited" != before.status:
        context = GoalContextGiven(turn_id=turn.id, goal_id=goal.id, text=used_up(goal))
        events.append(context)
    return events


def stopped(thread: Thread, at_ms: int, code: str = "other") -> list[Event]:
    """The events that stop a goal whose turn failed: else its turns would fail over and over.

    A limit of the account also replaces the status of a goal whose budget is used up.
    """
    events = charges(thread, at_ms)
    goal, turn = goal_of(foresee(thread, events)), thread.turn
    status, replaced = STOPPED_BY.get(code, STOPPED)
    if goal is None or turn is None or goal.status not in replaced:
        return events
    stopped_goal = goal._replace(status=status)
    return [*events, GoalSet(**standing(stopped_goal, at_ms, turn.id))]


def context_after_summary(thread: Thread, *, is_summed_up: bool) -> list[Event]:
    """The goal's context for the model, in a goal turn whose history is now a summary.

    A goal turn that began with a summary request gets it even if no summary came.
    """
    goal, turn = goal_of(thread), thread.turn
    if goal is None or turn is None or turn.kind != GOAL_TURN or goal.status != "active":
        return []
    is_first = turn.requests == 1
    return [context_to_go_on(goal, turn.id)] if is_summed_up or is_first else []


def context_to_go_on(goal: Goal, turn_id: str) -> GoalContextGiven:
    """The context that a goal turn begins with."""
    return GoalContextGiven(turn_id=turn_id, goal_id=goal.id, text=go_on(goal))
