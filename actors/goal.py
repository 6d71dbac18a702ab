"""Commands on the goal of a thread, and the rules that turn them into events."""

from enum import Enum
from typing import ClassVar

from threadhost.actors.command import Command
from threadhost.actors.errors import GoalRefused, GoalsNotKept, NoGoal, NotTheRoot, ThreadArchived
from threadhost.actors.goal_charges import charges, context_to_go_on, standing
from threadhost.actors.goal_words import edited
from threadhost.actors.thread import Events, decide
from threadhost.actors.turn import StartTurn
from threadhost.events.base import Event
from threadhost.events.fold import foresee
from threadhost.events.goal import (
    GoalCleared,
    GoalContextGiven,
    GoalObjectiveSet,
    GoalReleased,
    GoalScheduled,
    GoalSet,
    Hold,
    goal_of,
    is_goal_turn_next,
)
from threadhost.events.goal_state import GOAL_TURN, Goal, GoalStatus
from threadhost.events.thread import Thread
from threadhost.events.turn import TurnStarted
from threadhost.events.usage import COUNT_MAX

OBJECTIVE_CHARS_MAX = 4_000
STOPS: frozenset[GoalStatus] = frozenset({"paused", "blocked"})
"""Statuses that a goal with a used-up budget does not take: it stays `budgetLimited`."""


class Unset(Enum):
    """Stands for a field that the client does not mention."""

    BUDGET = "budget"


class SetGoal(Command):
    """Give the thread a goal, or change parts of the goal that it has.

    `goal_id` is the id of a new goal. A budget of None means no budget.
    """

    goal_id: str
    at_ms: int
    objective: str | None = None
    status: GoalStatus | None = None
    token_budget: int | Unset | None = Unset.BUDGET
    covers_tree: bool = False
    """Whether the goal counts the tokens of all threads below from now on, too."""


class ExtendGoal(Command):
    """Add tokens to the budget, or to the use if that is more; a used-up goal becomes active."""

    tokens: int
    at_ms: int


class ClearGoal(Command):
    """Remove the goal; does nothing without one."""

    is_small: ClassVar[bool] = True
    at_ms: int


class ReleaseGoal(Command):
    """Continue a goal that was held until a client returned."""


class ScheduleGoal(Command):
    """Record when the next turn for the goal is due, if that is not recorded."""

    at_ms: int
    wait_ms: int


class ContinueGoal(StartTurn):
    """Begin a turn for the goal, if one is due; the turn has no input."""

    goal_id: str = ""


@decide.register
def _set_goal(command: SetGoal, thread: Thread) -> Events:
    objective = None if command.objective is None else good_objective(command.objective)
    budget = command.token_budget
    if not isinstance(budget, Unset):
        require_budget(budget)
    if thread.ephemeral:
        raise GoalsNotKept(thread.id)
    if command.covers_tree:
        _require_root(thread)
    if goal_of(thread) is None and objective is None:
        raise NoGoal(thread.id)
    due = charges(thread, command.at_ms)
    thread = foresee(thread, due)
    goal = goal_of(thread) or Goal(command.goal_id, status="active", created_at_ms=command.at_ms)
    if not isinstance(budget, Unset):
        goal = goal._replace(token_budget=budget)
    goal = goal._replace(covers_tree=goal.covers_tree or command.covers_tree)
    status = command.status or goal.status
    if not (goal.status == "budgetLimited" and status in STOPS):
        goal = goal.with_status(status)
    is_awaited = command.status == "active" or goal_of(thread) is None
    hold: Hold = "release" if is_awaited else "keep"
    return [*due, *set_goal(thread, goal, objective, command.at_ms, hold=hold)]


@decide.register
def _extend_goal(command: ExtendGoal, thread: Thread) -> Events:
    if command.tokens <= 0:
        raise GoalRefused(
            "`tokens` must be positive: it is the number of tokens to add to the budget"
        )
    due = charges(thread, command.at_ms)
    thread = foresee(thread, due)
    goal = goal_of(thread)
    if goal is None:
        raise NoGoal(thread.id)
    if goal.token_budget is None:
        raise GoalRefused("the goal has no token budget to extend")
    budget = min(max(goal.token_budget, goal.tokens_used) + command.tokens, COUNT_MAX)
    was_used_up = goal.status == "budgetLimited"
    goal = goal._replace(token_budget=budget)
    goal = goal.with_status("active") if was_used_up else goal
    hold: Hold = "release" if was_used_up else "keep"
    return [*due, *set_goal(thread, goal, None, command.at_ms, hold=hold)]


@decide.register
def _clear_goal(command: ClearGoal, thread: Thread) -> Events:
    goal = goal_of(thread)
    if goal is None:
        return ()
    return [*charges(thread, command.at_ms), GoalCleared(goal_id=goal.id)]


@decide.register
def _release_goal(command: ReleaseGoal, thread: Thread) -> Events:
    goal = goal_of(thread)
    if goal is None or goal.status != "active" or not goal.is_held:
        return ()
    return (GoalReleased(goal_id=goal.id),)


@decide.register
def _schedule_goal(command: ScheduleGoal, thread: Thread) -> Events:
    goal = goal_of(thread)
    if goal is None or not is_goal_turn_next(thread) or goal.next_at_ms:
        return ()
    return (
        GoalScheduled(
            **standing(goal, command.at_ms, None),
            due_at_ms=command.at_ms + command.wait_ms,
            wait_ms=command.wait_ms,
            turns=goal.turns,
        ),
    )


@decide.register
def _continue_goal(command: ContinueGoal, thread: Thread) -> Events:
    goal = goal_of(thread)
    if goal is None or goal.id != command.goal_id or not is_goal_turn_next(thread):
        return ()
    begun = [_for_goal(event) for event in decide.dispatch(StartTurn)(command, thread)]
    if command.compaction is not None:
        return begun  # context given now would be summed up with the rest
    return [*begun, context_to_go_on(goal, command.turn_id)]


def set_goal(
    thread: Thread,
    goal: Goal,
    objective: str | None,
    at_ms: int,
    turn_id: str | None = None,
    *,
    hold: Hold = "keep",
) -> list[Event]:
    """The events that set the thread's goal to this one, and its objective if one is given."""
    events: list[Event] = []
    if objective is not None:
        events.append(GoalObjectiveSet(goal_id=goal.id, objective=objective))
        goal = goal._replace(objective=objective, objective_version=thread.version + 1)
    events.append(GoalSet(**standing(goal, at_ms, turn_id), hold=hold))
    turn = thread.turn
    is_edited = objective is not None and turn is not None and turn.kind == GOAL_TURN
    if turn is not None and is_edited and goal.status == "active":
        events.append(GoalContextGiven(turn_id=turn.id, goal_id=goal.id, text=edited(goal)))
    return events


def good_objective(text: str) -> str:
    """An objective without white space around it. Raises GoalRefused."""
    text = text.strip()
    if not text:
        raise GoalRefused("goal objective must not be empty")
    if len(text) > OBJECTIVE_CHARS_MAX:
        raise GoalRefused(f"goal objective must be at most {OBJECTIVE_CHARS_MAX} characters")
    return text


def require_budget(tokens: int | None) -> None:
    """Raise GoalRefused for a budget that is not positive."""
    if tokens is not None and tokens <= 0:
        raise GoalRefused("goal budgets must be positive when provided")


def _require_root(thread: Thread) -> None:
    if thread.parent_id is not None:
        raise NotTheRoot(thread.id, thread.session_id)
    if thread.archived:
        raise ThreadArchived(thread.id)


def _for_goal(event: Event) -> Event:
    if not isinstance(event, TurnStarted):
        return event
    return event.model_copy(update={"purpose": GOAL_TURN})
