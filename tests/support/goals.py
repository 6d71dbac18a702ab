"""Goals as facts, and the commands of those who set them."""

from collections.abc import Sequence
from typing import Any

from tests.given import recorded
from tests.support.store import started
from threadhost.actors.command import Command
from threadhost.actors.goal import (
    SetGoal,
)
from threadhost.actors.response import EndResponse, Failure
from threadhost.actors.thread import decide
from threadhost.events.base import Event
from threadhost.events.fold import fold_thread, foresee
from threadhost.events.goal import (
    GoalObjectiveSet,
    GoalSet,
)
from threadhost.events.goal import goal_of as found_goal
from threadhost.events.goal_state import Goal, GoalStatus
from threadhost.events.thread import (
    Thread,
)
from threadhost.events.turn import (
    ModelRequested,
    OutputRecorded,
    TurnCompleted,
    TurnOutcome,
    TurnStarted,
    UsageRecorded,
)
from threadhost.events.usage import Usage

FAILURE = Failure("no", "serverOverloaded")
STATUSES: Sequence[GoalStatus] = (
    *("active", "paused", "blocked", "usageLimited", "budgetLimited", "complete"),
)


def after(*events: Event) -> Thread:
    """The thread after these."""
    return fold_thread(recorded([started(), *events]))


def goal_events(status: GoalStatus = "active", **more: Any) -> list[Event]:
    """The events of a goal with this status."""
    stands = {"objective_version": 2, "tokens_used": 0, "time_used_ms": 0, "created_at_ms": 5}
    return [
        GoalObjectiveSet(goal_id="g", objective="count owls"),
        GoalSet(**{"goal_id": "g", "status": status, "at_ms": 5, **stands, **more}),
    ]


def begun(turn_id: str = "t", at_ms: int = 10, *, for_goal: bool = False) -> TurnStarted:
    """A turn."""
    purpose = "goal" if for_goal else "regular"
    return TurnStarted(turn_id=turn_id, started_at_ms=at_ms, purpose=purpose)


def asked(turn_id: str = "t", request: int = 1) -> ModelRequested:
    """A request."""
    return ModelRequested(turn_id=turn_id, request=request, model="m", history_items=1, digest="d")


def used(cost: Usage, turn_id: str = "t") -> UsageRecorded:
    """What the response took."""
    return UsageRecorded(turn_id=turn_id, last=cost, total=cost)


def ended(turn_id: str = "t", outcome: TurnOutcome = "completed", at_ms: int = 20) -> TurnCompleted:
    """The end of a turn."""
    return TurnCompleted(turn_id=turn_id, outcome=outcome, started_at_ms=10, completed_at_ms=at_ms)


def carry_out(thread: Thread, *commands: Command) -> Thread:
    """The thread once these commands were carried out."""
    for command in commands:
        thread = foresee(thread, decide(command, thread))
    return thread


def goal_of(thread: Thread) -> Goal:
    """Its goal."""
    goal = found_goal(thread)
    assert goal is not None
    return goal


def set_goal(**said: Any) -> SetGoal:
    """A command of a client that sets the goal."""
    return SetGoal(goal_id="g", at_ms=30, **said)


CALLS: Event = OutputRecorded(turn_id="t", output={"type": "function_call", "call_id": "o"})
"""The model calls something that needs no answer of anybody: the turn goes on."""


def response(cost: Usage | None, at_ms: int = 20) -> EndResponse:
    """A model's response is over."""
    return EndResponse((), (), None, cost, at_ms)


COST = Usage(input=100, cached_input=60, output=7, total=107)
