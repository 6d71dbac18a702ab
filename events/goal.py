"""The goal of a thread: its events, what they do to the thread, and what turns do to the goal.

What a goal says of itself is sealed; its states and counts are structural.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from threadhost.events.base import (
    UNTIL_CLOSED,
    Damaged,
    Event,
    StreamState,
    event,
    history_event,
    names_of,
)
from threadhost.events.goal_cover import COVER
from threadhost.events.goal_state import (
    CHARGED,
    GOAL_TURN,
    Due,
    Goal,
    GoalStatus,
    TreeCover,
    cost_of,
)
from threadhost.events.lazy_model import LazyModel
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.part import Part, follows
from threadhost.events.thread import Thread, ThreadArchived, evolve
from threadhost.events.tool import CallUnreached, ToolCalled, UserAsked
from threadhost.events.turn import InterruptRequested, TurnCompleted, TurnStarted, UsageRecorded
from threadhost.events.words import Id

Hold = Literal["keep", "hold", "release"]


@event("goal.objective_set.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class GoalObjectiveSet(Event):
    """The objective of a goal from here on; its status follows in the same append."""

    goal_id: str
    objective: str


class GoalUpdated(Event):
    """The whole state of a goal from here on; its objective is at `objective_version`.

    `turn_id` is the turn that changed it, None if a client did. If it `covers_tree`, threads below
    used `tree_tokens` of its `tokens_used`.
    """

    goal_id: Id
    objective_version: int
    status: GoalStatus
    token_budget: int | None = None
    tokens_used: int
    time_used_ms: int
    created_at_ms: int
    at_ms: int
    turn_id: Id | None = None
    covers_tree: bool = False
    tree_tokens: int = 0


@event("goal.set.v1", since="0.1", stream="thread", cause="asked", admitted=UNTIL_CLOSED)
class GoalSet(GoalUpdated):
    """A client, the model or the host set or changed the goal.

    `hold`: whether it now waits for a client, or goes on at once.
    """

    hold: Hold = "keep"


@event("goal.charged.v1", since="0.1", stream="thread", cause="named", admitted=UNTIL_CLOSED)
class GoalCharged(GoalUpdated):
    """The tokens of the response to the request at `request_version` count for the goal, once."""

    request_version: int
    tokens: int


class TreeCharge(BaseModel, metaclass=LazyModel):
    """The tokens that a thread below spent since the last charge, up to `version` of its stream."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    thread_id: Id
    version: int
    tokens: int


@event("goal.tree_charged.v1", since="0.1", stream="thread", cause="asked")
class GoalTreeCharged(GoalUpdated):
    """The tokens of threads below count for the goal, once."""

    charges: list[TreeCharge]


@event("goal.spendings_passed.v1", since="0.1", stream="thread", cause="asked")
class GoalSpendingsPassed(Event):
    """Tokens of threads below do not count, because the goal that they were for is gone.

    By thread, up to which version of its stream.
    """

    up_to: dict[Id, int]


@event("goal.scheduled.v1", since="0.1", stream="thread", cause="asked")
class GoalScheduled(GoalUpdated):
    """The next turn for the goal is due at `due_at_ms`, `wait_ms` after the decision.

    Since the goal was last set to work there were `turns`.
    """

    due_at_ms: int
    wait_ms: int
    turns: int


@event("goal.released.v1", since="0.1", stream="thread", cause="asked")
class GoalReleased(Event):
    """A client resumed the thread of a goal that had waited for a client: the goal goes on."""

    goal_id: Id


@event("goal.cleared.v1", since="0.1", stream="thread", cause="asked")
class GoalCleared(Event):
    """The thread has no goal any more."""

    goal_id: Id


def cover_after(fact: GoalUpdated | GoalCleared) -> TreeCover | None:
    """Return how this event lets the goal cover the threads below its own."""
    if isinstance(fact, GoalCleared):
        return None
    return Goal(
        fact.goal_id,
        status=fact.status,
        token_budget=fact.token_budget,
        tokens_used=fact.tokens_used,
        covers_tree=fact.covers_tree,
    ).cover


@history_event("goal.context_given.v1", since="0.1", cause="asked")
class GoalContextGiven(Event):
    """The host's message about a goal to the model, which no client sees."""

    turn_id: str
    goal_id: str
    text: str


GOAL_CHANGES: tuple[type[Event], ...] = (
    GoalObjectiveSet,
    GoalSet,
    GoalCharged,
    GoalTreeCharged,
    GoalScheduled,
    GoalReleased,
    GoalCleared,
)
"""All events that change only the goal."""


class GoalPart(NamedTuple):
    """The part of a thread's state that holds its goal."""

    goal: Goal | None = None


GOAL_PART = Part("goal", GoalPart())


def goal_of(thread: Thread) -> Goal | None:
    """The goal of a thread, if it has one."""
    return GOAL_PART.of(thread).goal


def is_goal_turn_next(thread: Thread) -> bool:
    """Whether the next turn is one for the thread's goal, now or after a wait.

    It is not while the budget of a covering goal above is used up.
    """
    return is_goal_ready(thread) and not COVER.of(thread).is_used_up


def is_goal_ready(thread: Thread) -> bool:
    """The same, ignoring the budget of a covering goal above."""
    is_free = thread.turn is None and thread.state is StreamState.OPEN and not thread.archived
    goal = goal_of(thread)
    return is_free and not thread.takes_next and goal is not None and goal.is_at_work


def _put(thread: Thread, goal: Goal | None) -> Thread:
    return GOAL_PART.put(thread, GoalPart(goal))


@evolve.register
def _goal_objective_set(fact: GoalObjectiveSet, thread: Thread) -> Thread:
    goal = goal_of(thread)
    if goal is None or goal.id != fact.goal_id:
        goal = Goal(fact.goal_id)
    version = thread.version + 1
    return _put(thread, goal._replace(objective=fact.objective, objective_version=version))


def _stands(fact: GoalUpdated, thread: Thread) -> Goal:
    """The goal with the values of this event."""
    goal = goal_of(thread)
    if goal is None or goal.id != fact.goal_id:
        goal = Goal(fact.goal_id)
    is_known = goal.objective_version == fact.objective_version
    return goal._replace(
        objective=goal.objective if is_known else "",
        objective_version=fact.objective_version,
        status=fact.status,
        token_budget=fact.token_budget,
        tokens_used=fact.tokens_used,
        time_used_ms=fact.time_used_ms,
        created_at_ms=fact.created_at_ms,
        updated_at_ms=fact.at_ms,
        counted_from_ms=fact.at_ms,
        covers_tree=fact.covers_tree,
        tree_tokens=fact.tree_tokens,
    )


@evolve.register
def _goal_set(fact: GoalSet, thread: Thread) -> Thread:
    goal, turn = _stands(fact, thread), thread.turn
    counts = turn is not None and (
        goal.counts or (fact.status in CHARGED and goal.turn_id == turn.id)
    )
    goal = goal._replace(turn_id=turn.id if turn and counts else "", due=())
    if fact.hold != "keep":
        is_held = fact.hold == "hold"
        goal = goal._replace(is_held=is_held, turns=0, quiet=0, next_at_ms=0)
    return _put(thread, goal._replace(due_version=thread.version + 1))


@evolve.register
def _goal_charged(fact: GoalCharged, thread: Thread) -> Thread:
    goal = _stands(fact, thread)
    due = tuple(
        response for response in goal.due if response.request_version != fact.request_version
    )
    return _put(thread, goal._replace(due=due))


@evolve.register
def _goal_tree_charged(fact: GoalTreeCharged, thread: Thread) -> Thread:
    goal = _stands(fact, thread)
    marks = {**goal.marks, **{charge.thread_id: charge.version for charge in fact.charges}}
    return _put(thread, goal._replace(marks=marks))


@evolve.register
def _goal_scheduled(fact: GoalScheduled, thread: Thread) -> Thread:
    return _put(thread, _stands(fact, thread)._replace(next_at_ms=fact.due_at_ms))


@evolve.register
def _goal_released(fact: GoalReleased, thread: Thread) -> Thread:
    goal = goal_of(thread)
    if goal is None or goal.id != fact.goal_id:
        return thread
    version = thread.version + 1
    released = goal._replace(is_held=False, turns=0, quiet=0, next_at_ms=0, due_version=version)
    return _put(thread, released)


@evolve.register
def _goal_cleared(fact: GoalCleared, thread: Thread) -> Thread:
    return _put(thread, None)


# -- what other events of the thread do to its goal --


def _follow(fact: Any, before: Thread, after: Thread) -> Thread:  # noqa: ANN401
    goal = goal_of(after)
    return after if goal is None else _put(after, _FOLLOWS[type(fact)](fact, before, goal))


def _turn_started(fact: Any, before: Thread, goal: Goal) -> Goal:  # noqa: ANN401
    goal = goal._replace(next_at_ms=0, asked=0)
    if goal.counts:
        goal = goal._replace(turn_id=fact.turn_id, counted_from_ms=fact.started_at_ms)
    if fact.purpose != GOAL_TURN:
        return goal._replace(quiet=0)
    return goal._replace(turns=goal.turns + 1, quiet=goal.quiet + 1)


def _used(fact: Any, before: Thread, goal: Goal) -> Goal:  # noqa: ANN401
    if before.turn is None or fact.turn_id != goal.turn_id:
        return goal
    due = Due(before.turn.asked_at_version, cost_of(fact.last))
    return goal._replace(due=(*goal.due, due)) if due.tokens else goal


def _turn_completed(fact: Any, before: Thread, goal: Goal) -> Goal:  # noqa: ANN401
    quiet = 0 if goal.asked else goal.quiet
    goal = goal._replace(due_version=before.version + 1, quiet=quiet, asked=0)
    if fact.turn_id == goal.turn_id:
        time_ms = goal.time_at(fact.completed_at_ms)
        goal = goal._replace(time_used_ms=time_ms, turn_id="")
    by_a_client = before.turn is not None and before.turn.kind != GOAL_TURN
    if by_a_client and fact.outcome == "completed":
        goal = goal._replace(is_held=False)
    return goal


def _held_for_client(fact: Any, before: Thread, goal: Goal) -> Goal:  # noqa: ANN401
    return goal._replace(is_held=True)


def _held_after_gap(fact: Any, before: Thread, goal: Goal) -> Goal:  # noqa: ANN401
    """A lost event may have ended the goal, so it waits for a client."""
    return goal._replace(is_held=True) if fact.kind in _OWN else goal


def _asked_outside(fact: Any, before: Thread, goal: Goal) -> Goal:  # noqa: ANN401
    return goal._replace(asked=goal.asked + 1)


def _undelivered(fact: Any, before: Thread, goal: Goal) -> Goal:  # noqa: ANN401
    return goal._replace(asked=max(0, goal.asked - 1))


_FOLLOWS: Mapping[type, Callable[[Any, Thread, Goal], Goal]] = {
    TurnStarted: _turn_started,
    UsageRecorded: _used,
    TurnCompleted: _turn_completed,
    InterruptRequested: _held_for_client,
    ThreadArchived: _held_for_client,
    ToolCalled: _asked_outside,
    UserAsked: _asked_outside,
    CallUnreached: _undelivered,
    Damaged: _held_after_gap,
}
_OWN = frozenset(names_of(GOAL_CHANGES))
follows(*_FOLLOWS)(_follow)
