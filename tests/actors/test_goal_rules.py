"""The rules by which goals are set, changed and cleared."""

from typing import Any

import pytest

from tests.given import given
from tests.support.each import each
from tests.support.goals import STATUSES, after, carry_out, goal_events, goal_of, set_goal
from tests.support.store import started
from threadhost.actors.errors import GoalRefused, GoalsNotKept, NoGoal
from threadhost.actors.goal import (
    OBJECTIVE_CHARS_MAX,
    ClearGoal,
    ExtendGoal,
)
from threadhost.actors.goal_pacing import GoalPacing
from threadhost.events.goal import (
    GoalCleared,
    is_goal_turn_next,
)
from threadhost.events.goal_state import GoalStatus
from threadhost.events.thread import (
    ThreadStarted,
)
from threadhost.events.usage import COUNT_MAX


def test_a_first_goal_is_active_and_starts_a_turn_at_once() -> None:
    thread = carry_out(after(), set_goal(objective="  count owls \n"))
    goal = goal_of(thread)
    assert (goal.objective, goal.status, goal.tokens_used, goal.token_budget) == (
        *("count owls", "active"),
        *(0, None),
    )
    assert is_goal_turn_next(thread)
    assert GoalPacing().before_next(goal) == 0


@each(
    ("said", "words"),
    [
        ({"objective": ""}, "goal objective must not be empty"),
        ({"objective": " \n\t "}, "goal objective must not be empty"),
        ({"objective": "x" * 4001}, "goal objective must be at most 4000 characters"),
        ({"objective": "x", "token_budget": 0}, "goal budgets must be positive when provided"),
        ({"objective": "x", "token_budget": -5}, "goal budgets must be positive when provided"),
    ],
)
def test_an_invalid_objective_or_budget_is_refused(said: dict[str, Any], words: str) -> None:
    given(started()).when(set_goal(**said)).refused(GoalRefused, words)
    given(started(), *goal_events()).when(set_goal(**said)).refused(GoalRefused, words)


def test_an_objective_of_the_maximal_length_is_accepted() -> None:
    text = "ü" * OBJECTIVE_CHARS_MAX
    assert goal_of(carry_out(after(), set_goal(objective=f" {text} "))).objective == text


@pytest.mark.parametrize("said", [{}, {"status": "paused"}, {"token_budget": 5}])
def test_a_change_of_a_goal_that_does_not_exist_is_refused(said: dict[str, Any]) -> None:
    words = "cannot update goal for thread a: no goal exists"
    given(started()).when(set_goal(**said)).refused(NoGoal, words)


def test_a_thread_in_memory_has_no_goal() -> None:
    start = ThreadStarted(thread_id="a", session_id="a", source="test", ephemeral=True)
    words = "ephemeral thread does not support goals: a"
    given(start).when(set_goal(objective="x")).refused(GoalsNotKept, words)


def test_fields_of_a_goal_that_a_change_omits_stay_as_they_are() -> None:
    thread = carry_out(
        after(*goal_events(tokens_used=40, token_budget=100)), set_goal(objective="count cats")
    )
    goal = goal_of(thread)
    assert (goal.objective, goal.tokens_used, goal.token_budget, goal.created_at_ms) == (
        *("count cats", 40),
        *(100, 5),
    )
    assert goal_of(carry_out(thread, set_goal(token_budget=None))).token_budget is None


@each("status", STATUSES)
def test_a_client_may_set_any_of_the_six_states_of_a_goal(status: GoalStatus) -> None:
    thread = carry_out(after(*goal_events()), set_goal(status=status))
    assert goal_of(thread).status == status
    assert is_goal_turn_next(thread) == (status == "active")


@pytest.mark.parametrize("status", ["paused", "blocked"])
def test_a_goal_whose_budget_is_used_up_is_not_paused(status: GoalStatus) -> None:
    spent = {"tokens_used": 40, "token_budget": 40}
    thread = carry_out(
        after(*goal_events("budgetLimited", **spent)), set_goal(status=status, token_budget=None)
    )
    assert goal_of(thread).status == "budgetLimited"


@pytest.mark.parametrize("status", ["complete", "usageLimited"])
def test_a_goal_whose_budget_is_used_up_may_be_complete_or_usage_limited(
    status: GoalStatus,
) -> None:
    thread = after(*goal_events("budgetLimited", tokens_used=40, token_budget=40))
    assert goal_of(carry_out(thread, set_goal(status=status))).status == status


@pytest.mark.parametrize("said", [{"status": "active"}, {"token_budget": 40}, {"token_budget": 39}])
def test_active_with_no_budget_left_is_limited_at_once(said: dict[str, Any]) -> None:
    thread = carry_out(
        after(*goal_events(tokens_used=40, token_budget=41)), set_goal(token_budget=40)
    )
    assert goal_of(carry_out(thread, set_goal(**said))).status == "budgetLimited"


def test_a_higher_budget_alone_does_not_make_a_goal_go_on_but_active_does() -> None:
    thread = after(*goal_events("budgetLimited", tokens_used=40, token_budget=40))
    thread = carry_out(thread, set_goal(token_budget=50))
    assert goal_of(thread).status == "budgetLimited"
    assert goal_of(carry_out(thread, set_goal(status="active"))).status == "active"


def test_an_extended_goal_goes_on_with_a_budget_of_used_plus_added_tokens() -> None:
    thread = after(*goal_events("budgetLimited", tokens_used=57, token_budget=40))
    thread = carry_out(thread, ExtendGoal(10, 30))
    goal = goal_of(thread)
    assert (goal.token_budget, goal.remaining_tokens, goal.status) == (67, 10, "active")
    assert is_goal_turn_next(thread)


def test_a_paused_goal_that_is_extended_stays_paused() -> None:
    thread = carry_out(after(*goal_events("paused", token_budget=40)), ExtendGoal(10, 30))
    assert (goal_of(thread).token_budget, goal_of(thread).status) == (50, "paused")


def test_only_a_goal_with_a_budget_can_be_extended_and_only_by_a_positive_number() -> None:
    words = "the goal has no token budget to extend"
    given(started(), *goal_events()).when(ExtendGoal(1, 30)).refused(GoalRefused, words)
    words = "`tokens` must be positive: it is the number of tokens to add to the budget"
    budget = goal_events(token_budget=4)
    given(started(), *budget).when(ExtendGoal(0, 30)).refused(GoalRefused, words)
    words = "cannot update goal for thread a: no goal exists"
    given(started()).when(ExtendGoal(1, 30)).refused(NoGoal, words)


def test_a_budget_never_exceeds_the_largest_json_integer() -> None:
    thread = after(
        *goal_events("budgetLimited", tokens_used=COUNT_MAX - 1, token_budget=COUNT_MAX - 1)
    )
    assert goal_of(carry_out(thread, ExtendGoal(COUNT_MAX, 30))).token_budget == COUNT_MAX


def test_a_goal_is_cleared_once() -> None:
    given(started(), *goal_events()).when(ClearGoal(30)).then(GoalCleared(goal_id="g"))
    given(started()).when(ClearGoal(30)).then()
