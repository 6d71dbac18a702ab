"""A turn whose model only calls tools that nobody takes on is ended, as its state alone says."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.actors.test_turn_rules import CALL, CALLED, IDLE, STARTED, ending, said
from tests.given import given
from tests.support.each import each
from threadhost.actors.goal_tools import GOAL_TOOLS
from threadhost.actors.ports import ToolResult
from threadhost.actors.response import UNANSWERED_MAX
from threadhost.actors.tool_call import AnswerCall
from threadhost.events.base import Event
from threadhost.events.compaction import CompactionRequested, HistoryCompacted
from threadhost.events.fold import foresee
from threadhost.events.host_tool import HostToolAnswered, HostToolCalled
from threadhost.events.snapshot import decode, encode
from threadhost.events.thread import OpenCall, Thread
from threadhost.events.tool import CallUnreached, ToolCalled, UserAnswered, UserAsked
from threadhost.events.turn import (
    ErrorRecorded,
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    TurnCompleted,
)

TOOL: dict[str, Any] = {
    "type": "dynamicToolCall",
    "id": "c",
    "tool": "look",
    "namespace": None,
    "arguments": {},
}


def asked() -> ModelRequested:
    return ModelRequested(turn_id="t1", request=1, model="m", history_items=1, digest="0")


def response(*, reached: bool, early: bool = False) -> Iterator[Event]:
    """A response that calls a tool, and its answer, ahead of its end if early."""
    yield asked()
    yield OutputRecorded(turn_id="t1", output=CALLED)
    yield ToolCalled(turn_id="t1", call_id="c", called_at_ms=5, item=TOOL)
    over = ModelResponded(turn_id="t1", request=1, response_id=None)
    if not early:
        yield over
    if not reached:
        yield CallUnreached(turn_id="t1", call_id="c")
    yield ItemRecorded(turn_id="t1", item_id="c", type="dynamicToolCall", item=TOOL)
    if early:
        yield over


def responses(count: int, *, reached: bool = False, early: bool = False) -> list[Event]:
    return [one for _ in range(count) for one in response(reached=reached, early=early)]


def unanswered(*events: Event) -> int:
    """What the state says, also after it was kept and read again."""
    kept = decode(encode(foresee(Thread(), (*IDLE, STARTED, *events))))
    assert kept is not None
    assert kept.turn is not None
    return kept.turn.unanswered


REFUSED = (asked(), OutputRecorded(turn_id="t1", output=CALLED))


@pytest.mark.parametrize("early", [False, True], ids=["after the end", "before the end"])
def test_responses_are_counted_once_each_while_no_client_handles_their_calls(
    *, early: bool
) -> None:
    missed = responses(3, early=early)
    assert unanswered(*missed) == 3
    assert unanswered(*missed, *responses(1, reached=True, early=early)) == 0
    assert unanswered(*missed, said()) == 0
    over = ModelResponded(turn_id="t1", request=1, response_id=None)
    assert unanswered(*missed, asked(), over) == 0


def test_a_compaction_in_between_does_not_reset_the_count() -> None:
    over = ModelResponded(turn_id="t1", request=1, response_id=None)
    prompt = CompactionRequested(turn_id="t1", item_id="s", prompt={})
    summed_up = HistoryCompacted(turn_id="t1", items=[], through_version=1)
    summary = (prompt, asked(), over, summed_up)
    assert unanswered(*responses(2), *summary, *responses(1)) == 3


def test_a_call_of_an_unknown_tool_counts_like_one_that_no_client_handles() -> None:
    over = ModelResponded(turn_id="t1", request=1, response_id=None)
    assert unanswered(*REFUSED, over, *REFUSED, over) == 2


def test_the_limit_of_unhandled_responses_ends_the_turn() -> None:
    enough = (*IDLE, STARTED, *responses(UNANSWERED_MAX), asked())
    outcome = given(*enough).when(ending(None, CALL))
    error, over = outcome.events[-2:]
    assert isinstance(error, ErrorRecorded)
    assert isinstance(over, TurnCompleted)
    assert error.message == (
        f"the turn was ended: {UNANSWERED_MAX} responses in a row called tools that no client"
        " answered, or tools of its own goal alone"
    )


@each("name", sorted(GOAL_TOOLS))
@each("early", [False, True], ids=["after the end", "before the end"])
def test_a_call_of_a_goal_tool_does_not_reset_the_count(name: str, *, early: bool) -> None:
    called = HostToolCalled(turn_id="t1", call_id="h", called_at_ms=5, name=name, arguments="{}")
    answer = HostToolAnswered(turn_id="t1", call_id="h", output="")
    over = ModelResponded(turn_id="t1", request=1, response_id=None)
    last = (answer, over) if early else (over, answer)
    looked = (*REFUSED, called, *last)
    assert unanswered(*responses(1), *looked, *looked) == 3
    mixed = response(reached=True)
    assert unanswered(*looked, next(mixed), called, answer, *mixed) == 0


@pytest.mark.parametrize(
    "events",
    [responses(UNANSWERED_MAX - 1), [*responses(UNANSWERED_MAX), said()]],
    ids=["one less", "input came"],
)
def test_fewer_unhandled_responses_or_user_input_leave_the_turn_open(events: list[Event]) -> None:
    given(*IDLE, STARTED, *events, asked()).when(ending(None, CALL)).then_kinds(
        "turn.item_recorded.v2",
        "turn.output_recorded.v1",
        "turn.usage_recorded.v1",
        "turn.model_responded.v1",
    )


def test_an_unreached_call_is_recorded_as_such_before_its_answer() -> None:
    call = OpenCall("c", 5, questions=[])
    nobody = ToolResult([{"type": "inputText", "text": "none"}], success=False, reached=False)
    asks = UserAsked(turn_id="t1", call_id="c", asked_at_ms=5, questions=[])
    given(*IDLE, STARTED, asks).when(AnswerCall(call, nobody, 9)).then_kinds(
        CallUnreached.kind, UserAnswered.kind
    )
