"""What goals are charged, as given, when, then: every response once, whatever happens."""

from typing import Any

import pytest
from pydantic_core import from_json

from tests.given import recorded
from tests.support.each import each
from tests.support.goals import (
    CALLS,
    COST,
    FAILURE,
    STATUSES,
    after,
    asked,
    begun,
    ended,
    goal_events,
    goal_of,
    response,
    set_goal,
    used,
)
from threadhost.actors.command import Command
from threadhost.actors.goal import (
    ClearGoal,
    ExtendGoal,
    SetGoal,
)
from threadhost.actors.response import FailTurn
from threadhost.actors.thread import FailThread, RecoverThread, StopThread, decide
from threadhost.actors.tool_call import AnswerHostCall
from threadhost.actors.turn import InterruptTurn
from threadhost.events.base import Damaged
from threadhost.events.fold import fold_thread, foresee
from threadhost.events.goal import (
    GoalCharged,
    GoalContextGiven,
    is_goal_turn_next,
)
from threadhost.events.goal_state import GoalStatus
from threadhost.events.host_tool import HostToolAnswered, HostToolCalled
from threadhost.events.retry import RetryScheduled
from threadhost.events.usage import COUNT_MAX, Usage


def test_input_that_was_not_cached_and_output_are_charged_once_and_name_their_request() -> None:
    thread = after(*goal_events(), begun(), asked())
    events = list(decide(response(COST), thread))
    [charge] = [event for event in events if isinstance(event, GoalCharged)]
    assert (charge.tokens, charge.tokens_used, charge.turn_id) == (47, 47, "t")
    assert charge.request_version == 5
    kinds = [event.kind for event in events]
    assert kinds.index("turn.usage_recorded.v1") < kinds.index(charge.kind)
    assert kinds.index(charge.kind) < kinds.index("turn.completed.v1")
    assert goal_of(foresee(thread, events)).due == ()


def test_an_answer_that_cost_nothing_is_not_charged() -> None:
    thread = after(*goal_events(), begun(), asked())
    events = decide(response(Usage(input=5, cached_input=9)), thread)
    assert not [event for event in events if isinstance(event, GoalCharged)]


@each("status", [s for s in STATUSES if s != "active"])
def test_a_turn_of_a_goal_that_is_not_active_is_not_charged(status: GoalStatus) -> None:
    thread = after(*goal_events(status), begun(), asked())
    assert not [e for e in decide(response(COST), thread) if isinstance(e, GoalCharged)]


def test_a_response_is_charged_once_its_calls_are_answered() -> None:
    call = HostToolCalled(turn_id="t", call_id="c", called_at_ms=1, name="get_goal", arguments="{}")
    thread = after(*goal_events(), begun(), asked(), call)
    thread = foresee(thread, [CALLS])
    thread = foresee(thread, decide(response(COST), thread))
    assert goal_of(thread).tokens_used == 0
    assert thread.turn is not None
    events = decide(AnswerHostCall(thread.turn.calls[0], "new", 25), thread)
    answer, charge = events
    assert isinstance(answer, HostToolAnswered)
    assert from_json(answer.output)["goal"]["tokensUsed"] == 0
    assert isinstance(charge, GoalCharged)
    assert charge.tokens == 47


def test_a_failed_request_and_its_retry_are_each_charged() -> None:
    again = RetryScheduled(
        turn_id="t", attempt=1, wait_ms=1, message="m", code="other", http_status=None
    )
    thread = after(*goal_events(), begun(), asked(), used(Usage(input=3)), again, asked(request=2))
    events = decide(response(Usage(input=5)), thread)
    charges = [event for event in events if isinstance(event, GoalCharged)]
    assert [(one.tokens, one.tokens_used) for one in charges] == [(3, 3), (5, 8)]
    assert [one.request_version for one in charges] == [5, 8]


def test_a_charge_never_raises_a_sum_above_the_largest_json_integer() -> None:
    thread = after(*goal_events(tokens_used=COUNT_MAX - 1), begun(), asked())
    assert goal_of(foresee(thread, decide(response(COST), thread))).tokens_used == COUNT_MAX


def test_a_charge_that_reaches_the_budget_limits_the_goal() -> None:
    thread = after(*goal_events(token_budget=47), begun(), asked())
    thread = foresee(thread, decide(response(COST), thread))
    assert goal_of(thread).status == "budgetLimited"
    assert not is_goal_turn_next(thread)


def test_a_running_turn_is_warned_once_that_the_budget_is_used_up_and_is_still_charged() -> None:
    thread = after(*goal_events(token_budget=40), begun(), asked(), CALLS)
    events = decide(response(COST), thread)
    assert [e.kind for e in events[-2:]] == ["goal.charged.v1", "goal.context_given.v1"]
    assert isinstance(events[-1], GoalContextGiven)
    assert "count owls" in events[-1].text
    thread = foresee(thread, [*events, asked(request=2), CALLS])
    events = decide(response(COST), thread)
    assert [e.kind for e in events[-2:]] == ["turn.model_responded.v1", "goal.charged.v1"]
    assert goal_of(foresee(thread, events)).tokens_used == 94


def test_a_later_turn_of_a_goal_whose_budget_is_used_up_is_not_charged() -> None:
    thread = after(*goal_events("budgetLimited", tokens_used=40, token_budget=40), begun(), asked())
    assert goal_of(foresee(thread, decide(response(COST), thread))).tokens_used == 40


@pytest.mark.parametrize(
    "command", [set_goal(status="paused"), set_goal(status="complete"), set_goal(status="blocked")]
)
def test_a_goal_that_stops_is_charged_for_what_is_due_and_not_for_the_rest_of_the_turn(
    command: SetGoal,
) -> None:
    thread = after(*goal_events(), begun(), asked(), used(COST))
    events = decide(command, thread)
    assert [event.kind for event in events] == ["goal.charged.v1", "goal.set.v1"]
    thread = foresee(thread, [*events, asked(request=2)])
    assert goal_of(foresee(thread, decide(response(COST), thread))).tokens_used == 47


def test_a_goal_that_is_extended_is_charged_first() -> None:
    thread = after(*goal_events(token_budget=40), begun(), asked(), used(COST))
    events = decide(ExtendGoal(10, 30), thread)
    assert [event.kind for event in events] == ["goal.charged.v1", "goal.set.v1"]
    extended = goal_of(foresee(thread, events))
    assert (extended.tokens_used, extended.token_budget) == (47, 57)


def test_a_goal_that_is_cleared_is_charged_first() -> None:
    thread = after(*goal_events(), begun(), asked(), used(COST))
    kinds = [event.kind for event in decide(ClearGoal(30), thread)]
    assert kinds == ["goal.charged.v1", "goal.cleared.v1"]


@each(
    "command",
    [
        InterruptTurn("t", 20),
        RecoverThread("host restarted", 20),
        StopThread("host shutdown", 20),
        FailTurn(FAILURE, 20),
        FailThread("E", 1, gave_up=False, at_ms=20),
    ],
)
def test_however_a_turn_ends_what_was_used_is_charged_once(command: Command) -> None:
    thread = after(*goal_events(), begun(), asked(), used(COST))
    events = decide(command, thread)
    assert [e.tokens for e in events if isinstance(e, GoalCharged)] == [47]
    thread = foresee(thread, events)
    assert (goal_of(thread).tokens_used, goal_of(thread).due) == (47, ())


def test_only_the_time_of_turns_counts_for_a_goal() -> None:
    thread = after(*goal_events(), begun(at_ms=1_000), ended(at_ms=4_500))
    assert goal_of(thread).time_at(99_000) == 3_500
    thread = foresee(thread, [begun("u", 50_000)])
    assert goal_of(thread).time_at(51_000) == 4_500
    assert goal_of(thread).time_at(49_000) == 3_500
    assert goal_of(thread).time_at(2 * COUNT_MAX) == COUNT_MAX
    paused = decide(SetGoal(goal_id="g", at_ms=51_000, status="paused"), thread)
    assert goal_of(foresee(thread, paused)).time_at(99_000) == 4_500


def test_a_charge_that_cannot_be_read_is_made_up_for_by_the_next() -> None:
    thread = after(*goal_events(), begun(), asked(), used(COST))
    gap: Any = Damaged("goal.charged.v1", "gone")
    lost = fold_thread(recorded([gap]), thread)
    lost = foresee(lost, [asked(request=2)])
    assert goal_of(foresee(lost, decide(response(COST), lost))).tokens_used == 94
