"""The rules of turns: start, steer, interrupt, and what a model's response leads to."""

from typing import Any

import pytest

from tests.given import given
from tests.support.each import each
from threadhost.actors.command import Command
from threadhost.actors.errors import EmptyInput, NoActiveTurn, WrongTurn
from threadhost.actors.items import Begun, Output, outputs_of
from threadhost.actors.models import FunctionCall, Message, Reasoning
from threadhost.actors.response import (
    EndResponse,
    FailTurn,
    Failure,
    RecordOutput,
    RequestModel,
    ResponseMetadata,
    ScheduleRetry,
    WarnOfTurn,
)
from threadhost.actors.settings import SettingsChange
from threadhost.actors.turn import InterruptTurn, StartTurn, SteerTurn, Summary
from threadhost.events.compaction import InputReceived
from threadhost.events.retry import RetryScheduled
from threadhost.events.thread import ThreadConfigured, ThreadSettings, ThreadStarted
from threadhost.events.turn import (
    DeadlinePassed,
    ErrorRecorded,
    InterruptRequested,
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
)
from threadhost.events.usage import Usage
from threadhost.events.warning import TurnWarned

SETTINGS = ThreadSettings(cwd="/", model="m", model_provider="p")
OTHERS = ThreadSettings(cwd="/", model="n", model_provider="p")
IDLE = (
    ThreadStarted(thread_id="a", session_id="a", source="x"),
    ThreadConfigured(settings=SETTINGS),
)
STARTED = TurnStarted(turn_id="t1", started_at_ms=5)
ASKED = ModelRequested(turn_id="t1", request=1, model="m", history_items=1, digest="0")
RUNNING = (*IDLE, STARTED, ASKED)
RESPONDED = ModelResponded(turn_id="t1", request=1, response_id="r1", attempts=1)
TEXT = ({"type": "text", "text": "hi"},)
REPLY: dict[str, Any] = {"type": "agentMessage", "id": "m1", "text": "yes"}
CALLED = {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"}
CALL = Output(raw=CALLED)
USAGE = Usage(input=1, cached_input=0, output=2, reasoning_output=0, total=3)


def asking(turn_id: str = "t1") -> StartTurn:
    return StartTurn(turn_id, "u1", TEXT, 5, "c1")


def said(turn_id: str = "t1") -> ItemRecorded:
    item = {
        "type": "userMessage",
        "id": "u1",
        "clientId": "c1",
        "content": list(TEXT),
        "startedAtMs": 5,
        "completedAtMs": 5,
    }
    return ItemRecorded(turn_id=turn_id, item_id="u1", type="userMessage", item=item)


def replied() -> ItemRecorded:
    return ItemRecorded(turn_id="t1", item_id="m1", type="agentMessage", item=REPLY)


def over(outcome: Any, reason: str | None = None) -> TurnCompleted:
    return TurnCompleted(
        turn_id="t1", outcome=outcome, started_at_ms=5, completed_at_ms=9, reason=reason
    )


def ending(failure: Failure | None = None, *more: Output) -> EndResponse:
    return EndResponse([Output(REPLY), *more], (), "r1", USAGE, 9, failure)


def test_input_to_an_idle_thread_starts_a_turn() -> None:
    given(*IDLE).when(asking()).then(STARTED, said())


def test_input_to_a_busy_thread_joins_the_turn_that_runs() -> None:
    given(*RUNNING).when(asking("t2")).then(said("t1"))


def test_a_turn_without_input_records_no_message() -> None:
    given(*IDLE).when(StartTurn("t1", "u1", (), 5)).then(STARTED)


def test_a_turn_may_change_the_settings_from_now_on() -> None:
    command = StartTurn("t1", "u1", (), 5, change=SettingsChange({"model": "n"}))
    given(*IDLE).when(command).then(ThreadConfigured(settings=OTHERS), STARTED)


def test_settings_that_are_as_before_are_not_recorded_again() -> None:
    given(*IDLE).when(StartTurn("t1", "u1", (), 5, change=SettingsChange({"model": "m"}))).then(
        STARTED
    )


@pytest.mark.parametrize("turn_id", ["t1", ""])
def test_an_interrupt_ends_the_named_turn_or_the_running_one_if_none_is_named(turn_id: str) -> None:
    given(*RUNNING).when(InterruptTurn(turn_id, 9)).then(
        InterruptRequested(turn_id="t1"), over("interrupted", "interrupted")
    )


def test_an_interrupt_without_a_turn_is_refused() -> None:
    given(*IDLE).when(InterruptTurn("t1", 9)).refused(NoActiveTurn, "no active turn to interrupt")


def test_an_interrupt_of_another_turn_is_refused() -> None:
    given(*RUNNING).when(InterruptTurn("t0", 9)).refused(
        WrongTurn, "expected active turn id t0 but found t1"
    )


def test_steering_a_turn_requires_input() -> None:
    steer = SteerTurn("t2", "u1", (), 5, expected_turn_id="t1")
    given(*RUNNING).when(steer).refused(EmptyInput, "input must not be empty")


SCHEMA: dict[str, object] = {"type": "object"}


def test_requests_of_a_turn_are_numbered_and_record_their_parameters() -> None:
    sent = RequestModel("m", "p", 4, "d", 2, {"arguments": 1}, {"history": "h"}, SCHEMA)
    given(*RUNNING, RESPONDED).when(sent).then(
        ModelRequested(
            turn_id="t1",
            request=2,
            model="m",
            provider="p",
            history_items=4,
            digest="d",
            left_out=2,
            mended={"arguments": 1},
            digests={"history": "h"},
            output_schema=SCHEMA,
        )
    )


def test_a_request_records_the_request_that_it_replaces() -> None:
    again = RequestModel("m", "p", 4, "d")
    for before, replaces in ((RUNNING, 1), ((*RUNNING, RESPONDED), 0)):
        (asked,) = given(*before).when(again).events
        assert isinstance(asked, ModelRequested)
        assert (asked.request, asked.replaces) == (2, replaces)


def test_output_is_recorded_in_its_order() -> None:
    thought = {"type": "reasoning", "id": "r1"}
    shown = {"type": "reasoning", "id": "r1", "summary": []}
    given(*RUNNING).when(RecordOutput([Output(shown, thought), Output(REPLY)])).then(
        ItemRecorded(turn_id="t1", item_id="r1", type="reasoning", item=shown),
        OutputRecorded(turn_id="t1", output=thought),
        replied(),
    )


def test_a_response_ends_its_turn() -> None:
    usage = UsageRecorded(turn_id="t1", last=USAGE, total=USAGE)
    given(*RUNNING).when(ending()).then(replied(), usage, RESPONDED, over("completed"))


def test_a_response_records_its_model_timing_and_attempts() -> None:
    failed = RetryScheduled(turn_id="t1", attempt=1, wait_ms=0, message="no", code="other")
    asked = ASKED.model_copy(update={"request": 2})
    how = ResponseMetadata("m-2", "stop", 30, 70)
    outcome = given(*RUNNING, failed, asked, said()).when(ending().but(how=how))
    (responded,) = (event for event in outcome.events if isinstance(event, ModelResponded))
    assert responded == ModelResponded(
        turn_id="t1",
        request=2,
        response_id="r1",
        served_model="m-2",
        finish_reason="stop",
        first_output_ms=30,
        duration_ms=70,
        attempts=2,
        steered=True,
    )


def test_a_response_that_calls_tools_leaves_the_turn_open() -> None:
    given(*RUNNING).when(ending(None, CALL)).then_kinds(
        ItemRecorded.kind, OutputRecorded.kind, UsageRecorded.kind, ModelResponded.kind
    )


def test_a_response_whose_calls_were_recorded_before_its_end_leaves_the_turn_open() -> None:
    called = OutputRecorded(turn_id="t1", output=CALLED)
    given(*RUNNING, called).when(ending()).then_kinds(
        ItemRecorded.kind, UsageRecorded.kind, ModelResponded.kind
    )


def test_a_response_that_input_joined_leaves_the_turn_open() -> None:
    given(*RUNNING, said()).when(ending()).then_kinds(
        ItemRecorded.kind, UsageRecorded.kind, ModelResponded.kind
    )


def test_a_turn_that_exceeds_its_time_limit_records_the_limit() -> None:
    command = FailTurn(Failure("too long", "other"), 9, 4)
    given(*RUNNING).when(command).then(
        DeadlinePassed(turn_id="t1", limit_ms=4),
        ErrorRecorded(turn_id="t1", message="too long", code="other"),
        over("failed", "other"),
    )


def test_usage_adds_up_over_the_responses_of_a_thread() -> None:
    before = UsageRecorded(turn_id="t0", last=USAGE, total=USAGE.plus(USAGE))
    outcome = given(*IDLE, before, STARTED, ASKED).when(ending())
    recorded = next(e for e in outcome.events if isinstance(e, UsageRecorded))
    assert (recorded.last.total, recorded.total.total) == (3, 9)


def test_a_failed_response_keeps_what_was_said_and_ends_the_turn_as_failed() -> None:
    failure = Failure("too busy", "serverOverloaded", 503, details="request id r")
    error = ErrorRecorded(
        turn_id="t1",
        message="too busy",
        code="serverOverloaded",
        http_status=503,
        details="request id r",
    )
    usage = UsageRecorded(turn_id="t1", last=USAGE, total=USAGE)
    given(*RUNNING).when(ending(failure)).then(
        replied(), usage, error, over("failed", "serverOverloaded")
    )


def test_a_cut_off_item_is_recorded_after_the_complete_ones() -> None:
    half = {**REPLY, "id": "m2", "incomplete": True}
    given(*RUNNING).when(RecordOutput([Output(REPLY)], [half])).then(
        replied(), ItemRecorded(turn_id="t1", item_id="m2", type="agentMessage", item=half)
    )


def test_a_scheduled_retry_keeps_the_output_and_leaves_the_turn_open() -> None:
    failure = Failure("too busy", "serverOverloaded", 503, is_transient=True, details="d")
    asked = [*RUNNING, RetryScheduled(turn_id="t1", attempt=1, wait_ms=1, message="", code="other")]
    given(*asked).when(ScheduleRetry([Output(REPLY)], USAGE, failure, 7)).then(
        replied(),
        UsageRecorded(turn_id="t1", last=USAGE, total=USAGE),
        RetryScheduled(
            turn_id="t1",
            attempt=2,
            wait_ms=7,
            message="too busy",
            code="serverOverloaded",
            http_status=503,
            details="d",
        ),
    )


def test_a_turn_that_cannot_go_on_fails_with_its_reason() -> None:
    failure = Failure("no picture", "badRequest")
    given(*RUNNING).when(FailTurn(failure, 9)).then(
        ErrorRecorded(turn_id="t1", message="no picture", code="badRequest"),
        over("failed", "badRequest"),
    )


def test_a_warning_belongs_to_the_running_turn() -> None:
    given(*RUNNING).when(WarnOfTurn("slow", "it takes long")).then(
        TurnWarned(turn_id="t1", code="slow", message="it takes long")
    )


LATE: list[Command] = [
    ScheduleRetry([], None, Failure("no", "other"), 1),
    FailTurn(Failure("no", "other"), 9),
    WarnOfTurn("slow", "it takes long"),
]
COMPACTING = Summary("i", {"type": "message"})


def test_input_that_needs_a_compaction_first_is_held_back() -> None:
    command = StartTurn("t1", "u1", TEXT, 5, "c1", compaction=COMPACTING)
    given(*IDLE).when(command).then(
        STARTED, InputReceived(turn_id="t1", item=said().item), COMPACTING.requested("t1")
    )


def test_input_to_a_turn_that_runs_is_never_held_back() -> None:
    command = StartTurn("t2", "u1", TEXT, 5, "c1", compaction=COMPACTING)
    given(*RUNNING).when(command).then(said("t1"))


def test_input_that_was_held_back_is_recorded_ahead_of_an_interrupt() -> None:
    held = [*IDLE, STARTED, InputReceived(turn_id="t1", item=said().item), ASKED]
    given(*held).when(InterruptTurn("", 9)).then(
        InterruptRequested(turn_id="t1"), said(), over("interrupted", "interrupted")
    )


@each("command", [RequestModel("m", "p", 1, "d"), RecordOutput([Output(REPLY)]), ending(), *LATE])
def test_a_command_after_the_end_of_its_turn_records_nothing(command: Command) -> None:
    given(*RUNNING, over("interrupted")).when(command).then()


def test_a_message_becomes_an_item_and_is_not_kept_twice() -> None:
    (output,) = outputs_of(Message("ab", "commentary"), Begun("m1", "message", 1), 2)
    assert output.item is not None
    assert (output.item["type"], output.item["text"], output.raw) == ("agentMessage", "ab", None)
    assert (output.item["id"], output.item["phase"]) == ("m1", "commentary")
    assert (output.item["startedAtMs"], output.item["completedAtMs"]) == (1, 2)


def test_reasoning_is_recorded_for_clients_and_in_the_form_of_its_provider() -> None:
    (output,) = outputs_of(Reasoning(("s",), ("c",), "x"), Begun("r1", "reasoning", 1), 2)
    assert output.item is not None
    assert (output.item["summary"], output.item["content"]) == (["s"], ["c"])
    assert output.raw == {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "s"}],
        "encrypted_content": "x",
    }


def test_reasoning_without_encrypted_content_is_recorded_for_clients_only() -> None:
    (output,) = outputs_of(Reasoning(("s",)), Begun("r1", "reasoning", 1), 2)
    assert (output.item is not None, output.raw) == (True, None)


def test_a_call_of_an_unknown_tool_is_answered_at_once() -> None:
    call = FunctionCall("rm", "{}", "box")
    kept, answer = outputs_of(call, Begun("f1", "call", 1), 2)
    made = {"type": "function_call", "call_id": "f1", "name": "rm", "arguments": "{}"}
    assert (kept.item, kept.raw) == (None, {**made, "namespace": "box"})
    assert answer.raw == {
        "type": "function_call_output",
        "call_id": "f1",
        "output": "unsupported call: boxrm",
    }
