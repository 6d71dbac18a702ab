"""Commands on what a model answers in a turn, and the rules that turn them into events."""

from collections.abc import Mapping, Sequence
from typing import Any

from threadhost.actors.answers import opened
from threadhost.actors.command import Command
from threadhost.actors.errors import NoActiveTurn
from threadhost.actors.goal_charges import charges_within, stopped
from threadhost.actors.items import Output
from threadhost.actors.models import ModelFailed
from threadhost.actors.thread import Events, decide
from threadhost.actors.turn import completed, recorded
from threadhost.events.base import Event
from threadhost.events.fold import foresee
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.retry import RetryScheduled
from threadhost.events.thread import ActiveTurn, Thread
from threadhost.events.turn import (
    DeadlinePassed,
    ErrorRecorded,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    UsageRecorded,
)
from threadhost.events.usage import Usage
from threadhost.events.warning import TurnWarned

NOTHING_MENDED: Mapping[str, int] = {}
NO_DIGESTS: Mapping[str, str] = {}
UNANSWERED_MAX = 64


class RequestModel(Command):
    """Record that the host is about to send this history to a model."""

    model: str
    provider: str
    history_items: int
    digest: str
    left_out: int = 0
    mended: Mapping[str, int] = NOTHING_MENDED
    digests: Mapping[str, str] = NO_DIGESTS
    output_schema: dict[str, object] | None = None


class ResponseMetadata(NamedTuple):
    """How a model answered, beside the content; times in milliseconds since the call began."""

    served_model: str = ""
    finish_reason: str = ""
    first_output_ms: int | None = None
    duration_ms: int | None = None


class RecordOutput(Command):
    """Record complete outputs of the model; in the `incomplete` ones the call was cut off."""

    outputs: Sequence[Output]
    incomplete: Sequence[dict[str, Any]] = ()


class Failure(NamedTuple):
    """Why a model call failed, and whether a retry may succeed."""

    message: str
    code: str
    http_status: int | None = None
    is_transient: bool = False
    retry_after_ms: int | None = None
    details: str | None = None

    @classmethod
    def of(cls, failed: ModelFailed) -> "Failure":
        """The failure that the port reports, as a record."""
        return cls(
            failed.message,
            failed.code,
            failed.http_status,
            failed.is_transient,
            failed.retry_after_ms,
            failed.details,
        )


class EndResponse(Command):
    """End a model's response, and the turn with it, unless input arrived or a tool was called."""

    outputs: Sequence[Output]
    incomplete: Sequence[dict[str, Any]]
    response_id: str | None
    usage: Usage | None
    at_ms: int
    failure: Failure | None = None
    how: ResponseMetadata = ResponseMetadata()


class ScheduleRetry(Command):
    """Record a failure that may pass, and the wait before the call is made again."""

    outputs: Sequence[Output]
    usage: Usage | None
    failure: Failure
    wait_ms: int


class FailTurn(Command):
    """End the turn as failed; `limit_ms` is set if the turn ran out of time."""

    failure: Failure
    at_ms: int
    limit_ms: int = 0


class WarnOfTurn(Command):
    """Warn people of something that is no failure."""

    code: str
    message: str


@decide.register
def _request_model(command: RequestModel, thread: Thread) -> Events:
    if thread.turn is None:
        return ()
    return (
        ModelRequested(
            turn_id=thread.turn.id,
            request=thread.turn.requests + 1,
            model=command.model,
            provider=command.provider,
            history_items=command.history_items,
            digest=command.digest,
            left_out=command.left_out,
            mended=dict(command.mended),
            digests=dict(command.digests),
            output_schema=command.output_schema,
            replaces=thread.turn.requests if thread.turn.asking else 0,
        ),
    )


@decide.register
def _record_output(command: RecordOutput, thread: Thread) -> Events:
    if thread.turn is None:
        return ()
    turn_id = thread.turn.id
    incomplete = [recorded(turn_id, item) for item in command.incomplete]
    return [*_output(turn_id, command.outputs), *incomplete]


@decide.register
def _end_response(command: EndResponse, thread: Thread) -> Events:
    turn = thread.turn
    if turn is None:
        return ()
    outputs = _output(turn.id, command.outputs)
    incomplete = [recorded(turn.id, item) for item in command.incomplete]
    # In a response that ended well, incomplete items are leftovers of an earlier call.
    events = [*incomplete, *outputs] if command.failure is None else [*outputs, *incomplete]
    events += used(thread, command.usage)
    foreseen = foresee(thread, events)
    if (failure := command.failure or _unanswered_failure(foreseen.turn)) is not None:
        return [*events, *_failed(foreseen, failure, command.at_ms)]
    response = responded(turn, command.response_id, command.how)
    events.append(response)
    goes_on = foreseen.turn is not None and (foreseen.turn.called or foreseen.turn.steered)
    foreseen = foresee(foreseen, [response])
    if goes_on:
        return [*events, *charges_within(foreseen, command.at_ms)]
    return [*events, *completed(foreseen, "completed", command.at_ms, None)]


def _unanswered_failure(turn: ActiveTurn | None) -> Failure | None:
    """Why to end a turn whose model has long called tools in vain; else it would run for ever."""
    if turn is None or not turn.called or turn.steered or turn.unanswered < UNANSWERED_MAX:
        return None
    called = f"{UNANSWERED_MAX} responses in a row called tools that no client answered"
    return Failure(f"the turn was ended: {called}, or tools of its own goal alone", "other")


@decide.register
def _schedule_retry(command: ScheduleRetry, thread: Thread) -> Events:
    turn = thread.turn
    if turn is None:
        return ()
    failed = command.failure
    return [
        *_output(turn.id, command.outputs),
        *used(thread, command.usage),
        RetryScheduled(
            turn_id=turn.id,
            attempt=turn.retries + 1,
            wait_ms=command.wait_ms,
            message=failed.message,
            code=failed.code,
            http_status=failed.http_status,
            details=failed.details,
        ),
    ]


@decide.register
def _fail_turn(command: FailTurn, thread: Thread) -> Events:
    if thread.turn is None:
        return ()
    failed = _failed(thread, command.failure, command.at_ms)
    if not command.limit_ms:
        return failed
    return (DeadlinePassed(turn_id=thread.turn.id, limit_ms=command.limit_ms), *failed)


@decide.register
def _warn_of_turn(command: WarnOfTurn, thread: Thread) -> Events:
    if thread.turn is None:
        return ()
    return (TurnWarned(turn_id=thread.turn.id, code=command.code, message=command.message),)


def _failed(thread: Thread, failure: Failure, at_ms: int) -> Events:
    if thread.turn is None:
        raise NoActiveTurn("fail")
    error = ErrorRecorded(
        turn_id=thread.turn.id,
        message=failure.message,
        code=failure.code,
        http_status=failure.http_status,
        details=failure.details,
    )
    first = [*stopped(thread, at_ms, failure.code), error]
    return (*first, *completed(foresee(thread, first), "failed", at_ms, failure.code))


def responded(
    turn: ActiveTurn, response_id: str | None, metadata: ResponseMetadata
) -> ModelResponded:
    """The record that the model answered the newest request of a turn."""
    return ModelResponded(
        turn_id=turn.id,
        request=turn.requests,
        response_id=response_id,
        attempts=turn.retries + 1,
        steered=turn.steered,
        **metadata._asdict(),
    )


def used(thread: Thread, usage: Usage | None) -> list[Event]:
    """The record of the tokens that a response of the running turn used."""
    if usage is None or thread.turn is None:
        return []
    total = thread.usage.plus(usage)
    return [UsageRecorded(turn_id=thread.turn.id, last=usage, total=total)]


def _output(turn_id: str, outputs: Sequence[Output]) -> list[Event]:
    events: list[Event] = []
    for output in outputs:
        if output.item is not None:
            events.append(recorded(turn_id, output.item))
        if output.raw is not None:
            events.append(OutputRecorded(turn_id=turn_id, output=output.raw))
        if output.call is not None:
            events.append(opened(turn_id, output.call))
    return events
