"""Commands on the turns of a thread and the rules that turn them into events."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from threadhost.actors.answers import opened
from threadhost.actors.command import Command
from threadhost.actors.errors import EmptyInput, NoActiveTurn, TurnNotSteerable, WrongTurn
from threadhost.actors.goal_charges import charges, charges_within, stopped
from threadhost.actors.items import Output
from threadhost.actors.models import ModelFailed
from threadhost.actors.settings import SettingsChange, configured
from threadhost.actors.thread import Events, decide, ended
from threadhost.events.base import Event
from threadhost.events.compaction import CompactionRequested, InputReceived
from threadhost.events.fold import foresee
from threadhost.events.injection import ItemsInjected
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.retry import RetryScheduled
from threadhost.events.thread import COMPACTION, ActiveTurn, Thread
from threadhost.events.turn import (
    DeadlinePassed,
    ErrorRecorded,
    InterruptRequested,
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    TurnOutcome,
    TurnStarted,
    UsageRecorded,
)
from threadhost.events.usage import Usage
from threadhost.events.warning import TurnWarned

NOTHING_MENDED: Mapping[str, int] = {}
NO_DIGESTS: Mapping[str, str] = {}
UNANSWERED_MAX = 64


class Summary(NamedTuple):
    """The request for a summary of the history; `item_id` is the item that clients see of it."""

    item_id: str
    prompt: dict[str, Any]

    def requested(self, turn_id: str) -> CompactionRequested:
        """The record that this turn asked for the summary."""
        return CompactionRequested(turn_id=turn_id, item_id=self.item_id, prompt=self.prompt)


class StartTurn(Command):
    """Begin a turn with this input; while a turn runs, the input joins it.

    With a `compaction` the model sums up the history first, and the input waits for the summary.
    `context` are input items for the model alone: no turn shows them.
    """

    is_prepared: ClassVar[bool] = True
    is_work: ClassVar[bool] = True
    turn_id: str
    item_id: str
    content: Sequence[dict[str, Any]]
    at_ms: int
    client_id: str | None = None
    change: SettingsChange | None = None
    output_schema: dict[str, object] | None = None
    compaction: Summary | None = None
    root_turn_id: str | None = None
    context: Sequence[dict[str, Any]] = ()


class SteerTurn(StartTurn):
    """Add input to the running turn, if its id is the expected one."""

    expected_turn_id: str = ""


class InterruptTurn(Command):
    """End the turn now; an empty `turn_id` means any turn that runs."""

    is_small: ClassVar[bool] = True
    turn_id: str
    at_ms: int


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
def _start_turn(command: StartTurn, thread: Thread) -> Events:
    running = thread.turn
    if running is not None and running.kind == COMPACTION:
        raise TurnNotSteerable(COMPACTION)
    turn_id = running.id if running else command.turn_id
    events: list[Event] = []
    if command.change is not None:
        events += configured(command.change, thread)
    if running is None:
        root_turn_id = command.root_turn_id
        events.append(
            TurnStarted(turn_id=turn_id, started_at_ms=command.at_ms, root_turn_id=root_turn_id)
        )
    inputs = (_input(turn_id, command, thread),) if command.content else ()
    if running is None and command.compaction is not None:  # the context has to outlast the summary
        return (*events, *inputs, command.compaction.requested(turn_id), *_context(command))
    return (*events, *_context(command), *inputs)


def _context(command: StartTurn) -> Events:
    return (ItemsInjected(items=list(command.context)),) if command.context else ()


def _input(turn_id: str, command: StartTurn, thread: Thread) -> Event:
    """The record of a message; it is held back while the history ahead of it is summed up."""
    message = user_message(command)
    turn = thread.turn
    waits = bool(turn.held_back) if turn else command.compaction is not None
    return InputReceived(turn_id=turn_id, item=message) if waits else recorded(turn_id, message)


@decide.register
def _steer_turn(command: SteerTurn, thread: Thread) -> Events:
    if not command.content:
        raise EmptyInput
    if thread.turn is None:
        raise NoActiveTurn("steer")
    if command.expected_turn_id != thread.turn.id:
        raise WrongTurn(f"`{command.expected_turn_id}`", f"`{thread.turn.id}`")
    if thread.turn.kind == COMPACTION:
        raise TurnNotSteerable(COMPACTION)
    return (*_context(command), _input(thread.turn.id, command, thread))


@decide.register
def _interrupt_turn(command: InterruptTurn, thread: Thread) -> Events:
    if thread.turn is None:
        raise NoActiveTurn("interrupt")
    if command.turn_id and command.turn_id != thread.turn.id:
        raise WrongTurn(command.turn_id, thread.turn.id)
    return (
        InterruptRequested(turn_id=thread.turn.id),
        *completed(thread, "interrupted", command.at_ms, "interrupted"),
    )


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


def user_message(command: StartTurn) -> dict[str, Any]:
    """The item that clients see of a turn's input."""
    return {
        "type": "userMessage",
        "id": command.item_id,
        "clientId": command.client_id,
        "content": list(command.content),
        "startedAtMs": command.at_ms,
        "completedAtMs": command.at_ms,
    }


def recorded(turn_id: str, item: dict[str, Any]) -> ItemRecorded:
    """The record of a complete item."""
    return ItemRecorded(turn_id=turn_id, item_id=item["id"], type=item["type"], item=item)


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


def completed(thread: Thread, outcome: TurnOutcome, at_ms: int, reason: str | None) -> Events:
    """The end of the running turn, with the ends of all that it leaves open."""
    turn = thread.turn
    if turn is None:
        raise NoActiveTurn("complete")
    return ended(thread, turn, outcome, at_ms, reason, charges(thread, at_ms))
