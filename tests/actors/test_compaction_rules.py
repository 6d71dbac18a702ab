"""The rules of compacting a history, as given, when, then."""

import pytest

from tests.given import given
from tests.support.store import started
from threadhost.actors.command import Command
from threadhost.actors.compaction import NO_SUMMARY, EndCompaction, StartCompaction
from threadhost.actors.errors import (
    NothingToCompact,
    Refusal,
    TurnNotSteerable,
    TurnRunning,
)
from threadhost.actors.turn import Failure, StartTurn, SteerTurn
from threadhost.events.base import Event
from threadhost.events.compaction import HistoryCompacted
from threadhost.events.turn import ErrorRecorded, TurnCompleted, TurnStarted

TURN = TurnStarted(turn_id="t", started_at_ms=1)
END = TurnCompleted(turn_id="t", outcome="completed", started_at_ms=1, completed_at_ms=2)
COMPACTING = TurnStarted(turn_id="c", started_at_ms=3, purpose="compact")
START = StartCompaction("c", "i", 3)
SAY = StartTurn("t2", "i2", [{"type": "text", "text": "hi"}], 4)

STEER = SteerTurn("t2", "i2", [{"type": "text", "text": "hi"}], 4, expected_turn_id="c")


def test_a_compaction_begins_with_a_turn_of_its_own_kind_and_a_prompt() -> None:
    outcome = given(started(), TURN, END).when(START)
    outcome.then_kinds("turn.started.v1", "history.compaction_requested.v1")
    assert outcome.events[0] == COMPACTING


REFUSED: list[tuple[tuple[Event, ...], Command, type[Refusal], str]] = [
    ((), START, NothingToCompact, "thread has no turns to compact: a"),
    (
        (TURN,),
        START,
        TurnRunning,
        "thread has a turn in progress, its history cannot be compacted: t",
    ),
    ((TURN, END, COMPACTING), START, TurnNotSteerable, "cannot steer a compact turn"),
    ((TURN, END, COMPACTING), STEER, TurnNotSteerable, "cannot steer a compact turn"),
    ((TURN, END, COMPACTING), SAY, TurnNotSteerable, "cannot steer a compact turn"),
]


@pytest.mark.parametrize(("events", "command", "refusal", "words"), REFUSED)
def test_what_cannot_be_done_about_a_compaction_is_refused(
    events: tuple[Event, ...], command: Command, refusal: type[Refusal], words: str
) -> None:
    given(started(), *events).when(command).refused(refusal, words)


def test_a_summary_is_recorded_with_the_item_that_clients_see() -> None:
    compacting = given(started(), TURN, END, COMPACTING)
    outcome = compacting.when(EndCompaction("i", " short ", 7, "r", None, 9))
    outcome.then_kinds(
        "turn.item_recorded.v2",
        "history.compacted.v1",
        "turn.model_responded.v1",
        "turn.completed.v1",
    )
    compacted = outcome.events[1]
    assert isinstance(compacted, HistoryCompacted)
    assert compacted.through_version == 7
    assert compacted.items[0]["content"][0]["text"].endswith("\n\nshort")


@pytest.mark.parametrize(("summary", "failure"), [("short", Failure("no", "other")), (" \n", None)])
def test_a_response_that_fails_or_says_nothing_compacts_nothing(
    summary: str, failure: Failure | None
) -> None:
    compacting = given(started(), TURN, END, COMPACTING)
    outcome = compacting.when(EndCompaction("i", summary, 7, "r", None, 9, failure))
    outcome.then_kinds("turn.error_recorded.v1", "turn.completed.v1")
    error, end = outcome.events
    assert isinstance(error, ErrorRecorded)
    assert isinstance(end, TurnCompleted)
    assert error.message == (failure or NO_SUMMARY).message
    assert end.outcome == "failed"


def test_the_end_of_a_compaction_that_was_interrupted_says_nothing_more() -> None:
    given(started(), TURN, END).when(EndCompaction("i", "short", 7, "r", None, 9)).then()
