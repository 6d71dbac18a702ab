"""The tools by which a model reads, sets and ends its goal; whatever it says with them."""

import pytest
from pydantic_core import from_json

from tests.given import given
from tests.support.each import each
from tests.support.goals import COST, STATUSES, after, asked, begun, goal_events, goal_of, used
from tests.support.store import started
from threadhost.actors.goal_tools import NO_GOAL, NOT_BY_THE_MODEL, UNFINISHED
from threadhost.actors.goal_words import COMPLETED
from threadhost.actors.runtime.tool_run import asked_now
from threadhost.actors.thread import RecoverThread, decide
from threadhost.actors.tool_call import AnswerHostCall
from threadhost.events.fold import foresee
from threadhost.events.goal import goal_of as found_goal
from threadhost.events.goal_state import GoalStatus
from threadhost.events.host_call import HostCall
from threadhost.events.host_tool import HostToolAnswered, HostToolCalled
from threadhost.events.thread import (
    OpenCall,
    Thread,
)
from threadhost.events.usage import COUNT_MAX


def calling(thread: Thread, name: str, arguments: str) -> tuple[list[str], str, Thread]:
    """What a call of the model's does, what the model is told, and the thread then."""
    call = HostToolCalled(turn_id="t", call_id="c", called_at_ms=1, name=name, arguments=arguments)
    thread = foresee(thread, [call])
    assert thread.turn is not None
    events = decide(AnswerHostCall(thread.turn.calls[0], "new", 30), thread)
    [answer] = [event for event in events if isinstance(event, HostToolAnswered)]
    kinds = [event.kind for event in events if event is not answer]
    return kinds, answer.output, foresee(thread, events)


def test_get_goal_changes_nothing_whatever_its_arguments() -> None:
    thread = after(*goal_events(token_budget=100, tokens_used=130), begun())
    kinds, output, _ = calling(thread, "get_goal", "no JSON at all")
    told = from_json(output)
    assert kinds == []
    assert told["goal"]["objective"] == "count owls"
    assert (told["remainingTokens"], told["completionBudgetReport"]) == (0, None)
    nothing = {"goal": None, "remainingTokens": None, "completionBudgetReport": None}
    assert from_json(calling(after(begun()), "get_goal", "{}")[1]) == nothing


@each(
    ("arguments", "words"),
    [
        ("{}", "missing field `objective` at line 1 column 2"),
        ('{"objective": ""}', "goal objective must not be empty"),
        ('{"objective": "  "}', "goal objective must not be empty"),
        ('{"objective": 5}', "invalid type: number `5`, expected a string (at `objective`)"),
        ('{"objective": "x", "token_budget": 0}', "goal budgets must be positive when provided"),
        (
            '{"objective": "x", "token_budget": "many"}',
            'invalid type: string "many", expected i64 (at `token_budget`)',
        ),
        ("nonsense", "the arguments of the call are not JSON"),
        ("[1]", "the arguments of the call are not a JSON object"),
        ('{"objective": "' + "x" * 4001 + '"}', "goal objective must be at most 4000 characters"),
        (
            '{"objective": "' + "[" * 100_000 + '"}',
            "goal objective must be at most 4000 characters",
        ),
        ('{"objective": ' + "[" * 100 + "]" * 100 + "}", "nested more than 100 deep"),
    ],
)
def test_a_goal_that_a_model_cannot_set_is_answered_in_words(arguments: str, words: str) -> None:
    kinds, output, thread = calling(after(begun()), "create_goal", arguments)
    assert kinds == []
    assert words in output
    assert (found_goal(thread), thread.turn and thread.turn.calls) == (None, ())


def test_a_goal_set_by_the_model_is_active_and_not_charged_for_the_response_that_set_it() -> None:
    thread = after(begun(), asked(), used(COST))
    arguments = '{"objective": " owls ", "token_budget": 99999999999999999999}'
    kinds, output, thread = calling(thread, "create_goal", arguments)
    assert kinds == ["goal.objective_set.v1", "goal.set.v1"]
    goal = goal_of(thread)
    assert (goal.objective, goal.status, goal.token_budget) == ("owls", "active", COUNT_MAX)
    assert (goal.tokens_used, goal.due, goal.turn_id) == (0, (), "t")
    assert from_json(output)["goal"]["status"] == "active"


@each("status", STATUSES)
def test_a_model_sets_another_goal_only_when_its_goal_is_complete(status: GoalStatus) -> None:
    thread = after(*goal_events(status, tokens_used=40), begun())
    kinds, output, then_ = calling(thread, "create_goal", '{"objective": "cats"}')
    if status == "complete":
        assert (goal_of(then_).id, goal_of(then_).tokens_used) == ("new", 0)
    else:
        assert (kinds, output) == ([], UNFINISHED)


def test_a_model_ends_its_goal_after_due_usage_is_charged() -> None:
    thread = after(*goal_events(), begun(), asked(), used(COST))
    kinds, output, thread = calling(thread, "update_goal", '{"status": "complete"}')
    assert kinds == ["goal.charged.v1", "goal.set.v1"]
    told = from_json(output)
    assert (told["goal"]["status"], told["goal"]["tokensUsed"]) == ("complete", 47)
    assert told["completionBudgetReport"] == COMPLETED
    thread = foresee(thread, [used(COST)])
    assert goal_of(thread).due == ()


@pytest.mark.parametrize("status", ["blocked", "paused"])
def test_a_model_may_stop_its_goal_and_gets_no_completion_report(status: GoalStatus) -> None:
    _, output, thread = calling(
        after(*goal_events(), begun()), "update_goal", f'{{"status":"{status}"}}'
    )
    assert goal_of(thread).status == status
    assert from_json(output)["completionBudgetReport"] is None
    limited = after(*goal_events("budgetLimited", tokens_used=9, token_budget=9), begun())
    _, _, limited = calling(limited, "update_goal", f'{{"status":"{status}"}}')
    assert goal_of(limited).status == "budgetLimited"


@pytest.mark.parametrize("status", ["active", "budgetLimited", "usageLimited", "nope"])
def test_a_model_cannot_set_a_goal_to_any_other_state(status: str) -> None:
    thread = after(*goal_events(), begun())
    kinds, output, _ = calling(thread, "update_goal", f'{{"status": "{status}"}}')
    assert (kinds, output) == ([], NOT_BY_THE_MODEL)


def test_a_model_without_a_goal_cannot_end_it() -> None:
    kinds, output, _ = calling(after(begun()), "update_goal", '{"status": "complete"}')
    assert (kinds, output) == ([], NO_GOAL)


def test_an_answer_to_a_host_call_that_is_not_open_records_nothing() -> None:
    call = OpenCall("gone", 1, host=HostCall("create_goal", '{"objective": "x"}'))
    given(started(), begun()).when(AnswerHostCall(call, "new", 30)).then()
    given(started()).when(AnswerHostCall(call, "new", 30)).then()


def test_calls_of_a_turn_that_ends_are_answered_as_aborted_and_change_no_goal() -> None:
    call = HostToolCalled(
        turn_id="t", call_id="c", called_at_ms=1, name="update_goal", arguments="{}"
    )
    thread = after(*goal_events(), begun(), call)
    events = decide(RecoverThread("host restarted", 20), thread)
    assert [event.kind for event in events] == ["turn.host_tool_answered.v1", "turn.completed.v1"]
    assert goal_of(foresee(thread, events)).status == "active"


def test_host_calls_of_a_turn_run_one_at_a_time() -> None:
    """Else one that a busy store delays would be carried out behind those that follow it."""
    first, second = (OpenCall(one, 1, host=HostCall("get_goal", "{}")) for one in "ab")
    client, other = OpenCall("c", 1, item={}), OpenCall("d", 1, questions=[])
    assert asked_now([client, first, second, other]) == [client, first, other]
    assert asked_now([client, other]) == [client, other]
