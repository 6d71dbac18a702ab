"""The rules of compacting a history, as given, when, then."""

import pytest

from tests.given import given
from tests.support.store import started
from threadhost.actors.command import Command
from threadhost.actors.compaction import NO_SUMMARY, EndCompaction, StartCompaction
from threadhost.actors.compaction import REFUSED as REFUSED_IT
from threadhost.actors.errors import Refusal, TurnNotSteerable
from threadhost.actors.models import Message
from threadhost.actors.response import Failure
from threadhost.actors.turn import StartTurn, SteerTurn, Summary
from threadhost.events.base import Event
from threadhost.events.compaction import CompactionFailed, HistoryCompacted, InputReceived
from threadhost.events.turn import (
    ErrorRecorded,
    ItemRecorded,
    ModelRequested,
    TurnCompleted,
    TurnStarted,
)
from threadhost.events.warning import TurnWarned

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


def test_a_thread_without_turns_is_compacted_like_any() -> None:
    given(started()).when(START).then_kinds("turn.started.v1", "history.compaction_requested.v1")


def test_a_compaction_by_hand_ends_the_turn_that_runs() -> None:
    outcome = given(started(), TURN).when(START)
    outcome.then_kinds(
        "turn.interrupt_requested.v1",
        "turn.completed.v1",
        "turn.started.v1",
        "history.compaction_requested.v1",
    )
    end = outcome.events[1]
    assert isinstance(end, TurnCompleted)
    assert (end.turn_id, end.outcome) == ("t", "interrupted")


REFUSED: list[tuple[tuple[Event, ...], Command, type[Refusal], str]] = [
    ((TURN, END, COMPACTING), START, TurnNotSteerable, "cannot steer a compact turn"),
    ((TURN, END, COMPACTING), STEER, TurnNotSteerable, "cannot steer a compact turn"),
    ((TURN, END, COMPACTING), SAY, TurnNotSteerable, "cannot steer a compact turn"),
]


@pytest.mark.parametrize(("events", "command", "refusal", "words"), REFUSED)
def test_a_compaction_command_that_does_not_fit_the_state_is_refused(
    events: tuple[Event, ...], command: Command, refusal: type[Refusal], words: str
) -> None:
    given(started(), *events).when(command).refused(refusal, words)


SUM_UP = Summary("i", {"type": "message"}).requested("c")
ASKED = ModelRequested(turn_id="c", request=1, model="m", history_items=1, digest="d")
BY_HAND: tuple[Event, ...] = (TURN, END, COMPACTING, SUM_UP, ASKED)
IN_TURN = (COMPACTING.model_copy(update={"purpose": "regular"}), SUM_UP, ASKED)
KEPT = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}


def end_of(text: str, failure: Failure | None = None, *, is_refusal: bool = False) -> EndCompaction:
    """The model's last word."""
    said = Message(text, is_refusal=is_refusal)
    return EndCompaction(said, "r", None, 9, [KEPT], failure)


SUMMED_UP = ["turn.model_responded.v1", "turn.item_recorded.v2", "history.compacted.v1"]


def test_a_summary_is_recorded_with_the_item_that_clients_see() -> None:
    outcome = given(started(), *BY_HAND).when(end_of(" short "))
    outcome.then_kinds(*SUMMED_UP, "turn.completed.v1")
    compacted = outcome.events[2]
    assert isinstance(compacted, HistoryCompacted)
    assert compacted.through_version == 6
    kept, summary = compacted.items
    assert kept == KEPT
    assert summary["content"][0]["text"].endswith("\n\nshort")


def test_a_summary_in_the_middle_of_a_turn_leaves_it_open() -> None:
    given(started(), *IN_TURN).when(end_of("short")).then_kinds(*SUMMED_UP)


NONE: list[tuple[EndCompaction, Failure]] = [
    (end_of("short", Failure("no", "other")), Failure("no", "other")),
    (end_of(" \n"), NO_SUMMARY),
    (end_of("\u200b \u2060\ufeff"), NO_SUMMARY),
    (end_of("I will not", is_refusal=True), REFUSED_IT),
]


@pytest.mark.parametrize(("end", "failure"), NONE)
def test_a_response_that_is_no_summary_compacts_nothing(
    end: EndCompaction, failure: Failure
) -> None:
    outcome = given(started(), *BY_HAND).when(end)
    outcome.then_kinds("turn.error_recorded.v1", "turn.completed.v1")
    error, over = outcome.events
    assert isinstance(error, ErrorRecorded)
    assert isinstance(over, TurnCompleted)
    assert (error.message, over.outcome) == (failure.message, "failed")


@pytest.mark.parametrize(("end", "failure"), NONE)
def test_a_failed_compaction_within_a_turn_warns_and_the_turn_goes_on(
    end: EndCompaction, failure: Failure
) -> None:
    outcome = given(started(), *IN_TURN).when(end)
    outcome.then_kinds("history.compaction_failed.v1", "turn.warned.v1")
    failed, warned = outcome.events
    assert isinstance(failed, CompactionFailed)
    assert isinstance(warned, TurnWarned)
    assert failed.message == failure.message
    assert failure.message in warned.message


@pytest.mark.parametrize("end", [end_of("short"), end_of("")])
def test_input_held_back_by_a_compaction_is_recorded_after_its_end(
    end: EndCompaction,
) -> None:
    held = InputReceived(turn_id="c", item={"type": "userMessage", "id": "u", "content": []})
    outcome = given(started(), IN_TURN[0], held, *IN_TURN[1:]).when(end)
    assert isinstance(outcome.events[-1], ItemRecorded)
    assert outcome.events[-1].item == held.item


def test_the_end_of_an_interrupted_compaction_records_nothing() -> None:
    given(started(), TURN, END).when(end_of("short")).then()
