"""Events of goals to notifications; imported for the first such event."""

from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.event_handlers import Addressed, handles
from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.goal import (
    ThreadGoal,
    ThreadGoalClearedNotification,
    ThreadGoalUpdatedNotification,
)
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.events.base import Recorded
from threadhost.events.goal import (
    GoalCharged,
    GoalCleared,
    GoalScheduled,
    GoalSet,
    GoalTreeCharged,
    GoalUpdated,
)
from threadhost.events.goal_state import Goal


@handles(GoalCleared)
def _cleared(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    yield ThreadGoalClearedNotification(thread_id=thread_id), True


@handles(GoalSet, GoalCharged, GoalTreeCharged, GoalScheduled)
def _updated(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    event: GoalUpdated = fact.event  # type: ignore[assignment]
    text = notifier.objective(thread_id, event.objective_version)
    next_at_ms = event.due_at_ms if isinstance(event, GoalScheduled) else None
    yield (
        ThreadGoalUpdatedNotification(
            thread_id=thread_id,
            turn_id=event.turn_id,
            goal=as_set(thread_id, event, text),
            next_turn_at_ms=None if next_at_ms is None else render.count(next_at_ms),
            tree_tokens_used=tree_tokens(event),
        ),
        True,
    )


def current(thread_id: str, goal: Goal | None, at_ms: int) -> Notification:
    """The notification of a thread's present goal, for a client that resumes the thread."""
    if goal is None:
        return ThreadGoalClearedNotification(thread_id=thread_id)
    return ThreadGoalUpdatedNotification(
        thread_id=thread_id,
        goal=shown(thread_id, goal, at_ms),
        next_turn_at_ms=render.count(goal.next_at_ms) if goal.next_at_ms else None,
        tree_tokens_used=tree_tokens(goal),
    )


def tree_tokens(goal: Goal | GoalUpdated) -> int | None:
    """The tokens that threads below have used of a goal; None unless it covers them."""
    return render.count(goal.tree_tokens) if goal.covers_tree else None


def as_set(thread_id: str, event: GoalUpdated, objective: str) -> ThreadGoal:
    """The goal as of an event."""
    goal = Goal(
        event.goal_id,
        objective,
        status=event.status,
        token_budget=event.token_budget,
        tokens_used=event.tokens_used,
        time_used_ms=event.time_used_ms,
        created_at_ms=event.created_at_ms,
        updated_at_ms=event.at_ms,
    )
    return shown(thread_id, goal, event.at_ms)


def shown(thread_id: str, goal: Goal, at_ms: int) -> ThreadGoal:
    """The wire form of a goal at this time."""
    budget = goal.token_budget
    return ThreadGoal(
        thread_id=thread_id,
        objective=goal.objective,
        status=goal.status,
        token_budget=None if budget is None else render.count(budget),
        tokens_used=render.count(goal.tokens_used),
        time_used_seconds=render.seconds(goal.time_at(at_ms)),
        created_at=render.seconds(goal.created_at_ms),
        updated_at=render.seconds(goal.updated_at_ms),
    )
