"""Commands on the turns of a thread and the rules that turn them into events."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from threadhost.actors.answers import abandoned, opened
from threadhost.actors.command import Command
from threadhost.actors.errors import EmptyInput, NoActiveTurn, TurnNotSteerable, WrongTurn
from threadhost.actors.items import Output
from threadhost.actors.thread import Events, decide
from threadhost.events.base import Event
from threadhost.events.fold import foresee
from threadhost.events.thread import COMPACTION, Thread, ThreadConfigured, ThreadSettings
from threadhost.events.turn import (
    ErrorRecorded,
    InterruptRequested,
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    TurnCompleted,
    TurnOutcome,
    TurnStarted,
    UsageRecorded,
)
from threadhost.events.usage import Usage


class StartTurn(Command):
    """Begin a turn with this input; while one runs, the input joins that one."""

    turn_id: str
    item_id: str
    content: Sequence[dict[str, Any]]
    at_ms: int
    client_id: str | None = None
    settings: ThreadSettings | None = None
    output_schema: dict[str, object] | None = None


class SteerTurn(StartTurn):
    """Add input to the turn that runs, if it is the one that is meant."""

    expected_turn_id: str = ""


class InterruptTurn(Command):
    """End the turn now; an empty `turn_id` means whichever runs."""

    turn_id: str
    at_ms: int


class RequestModel(Command):
    """A model is about to be asked with this history."""

    model: str
    history_items: int
    digest: str


class RecordOutput(Command):
    """Outputs of the model are complete."""

    outputs: Sequence[Output]


class Failure(NamedTuple):
    """Why a model call failed."""

    message: str
    code: str
    http_status: int | None = None


class EndResponse(Command):
    """A model's response is over; so is the turn, unless input came or tools were called."""

    outputs: Sequence[Output]
    response_id: str | None
    usage: Usage | None
    at_ms: int
    failure: Failure | None = None
    more_to_do: bool = False


@decide.register
def _(command: StartTurn, thread: Thread) -> Events:
    running = thread.turn
    if running is not None and running.kind == COMPACTION:
        raise TurnNotSteerable(COMPACTION)
    turn_id = running.id if running else command.turn_id
    events: list[Event] = []
    if command.settings is not None and command.settings != thread.settings:
        events.append(ThreadConfigured(settings=command.settings))
    if running is None:
        events.append(TurnStarted(turn_id=turn_id, started_at_ms=command.at_ms))
    if command.content:
        events.append(_recorded(turn_id, _user_message(command)))
    return events


@decide.register
def _(command: SteerTurn, thread: Thread) -> Events:
    if not command.content:
        raise EmptyInput
    if thread.turn is None:
        raise NoActiveTurn("steer")
    if command.expected_turn_id != thread.turn.id:
        raise WrongTurn(f"`{command.expected_turn_id}`", f"`{thread.turn.id}`")
    if thread.turn.kind == COMPACTION:
        raise TurnNotSteerable(COMPACTION)
    return (_recorded(thread.turn.id, _user_message(command)),)


@decide.register
def _(command: InterruptTurn, thread: Thread) -> Events:
    if thread.turn is None:
        raise NoActiveTurn("interrupt")
    if command.turn_id and command.turn_id != thread.turn.id:
        raise WrongTurn(command.turn_id, thread.turn.id)
    return (
        InterruptRequested(turn_id=thread.turn.id),
        *_completed(thread, "interrupted", command.at_ms, "interrupted"),
    )


@decide.register
def _(command: RequestModel, thread: Thread) -> Events:
    if thread.turn is None:
        return ()
    return (
        ModelRequested(
            turn_id=thread.turn.id,
            request=thread.turn.requests + 1,
            model=command.model,
            history_items=command.history_items,
            digest=command.digest,
        ),
    )


@decide.register
def _(command: RecordOutput, thread: Thread) -> Events:
    if thread.turn is None:
        return ()
    return _output(thread.turn.id, command.outputs)


@decide.register
def _(command: EndResponse, thread: Thread) -> Events:
    turn = thread.turn
    if turn is None:
        return ()
    events = _output(turn.id, command.outputs)
    if command.usage is not None:
        total = thread.usage.plus(command.usage)
        events.append(UsageRecorded(turn_id=turn.id, last=command.usage, total=total))
    if command.failure is None:
        events.append(
            ModelResponded(turn_id=turn.id, request=turn.requests, response_id=command.response_id)
        )
        if not command.more_to_do:
            events += _completed(foresee(thread, events), "completed", command.at_ms, None)
        return events
    failed = command.failure
    error = ErrorRecorded(
        turn_id=turn.id,
        message=failed.message,
        code=failed.code,
        http_status=failed.http_status,
    )
    events.append(error)
    return [*events, *_completed(foresee(thread, events), "failed", command.at_ms, failed.code)]


def _user_message(command: StartTurn) -> dict[str, Any]:
    return {
        "type": "userMessage",
        "id": command.item_id,
        "clientId": command.client_id,
        "content": list(command.content),
        "startedAtMs": command.at_ms,
        "completedAtMs": command.at_ms,
    }


def _recorded(turn_id: str, item: dict[str, Any]) -> ItemRecorded:
    return ItemRecorded(turn_id=turn_id, item_id=item["id"], type=item["type"], item=item)


def _output(turn_id: str, outputs: Sequence[Output]) -> list[Event]:
    events: list[Event] = []
    for output in outputs:
        if output.item is not None:
            events.append(_recorded(turn_id, output.item))
        if output.raw is not None:
            events.append(OutputRecorded(turn_id=turn_id, output=output.raw))
        if output.call is not None:
            events.append(opened(turn_id, output.call))
    return events


def _completed(thread: Thread, outcome: TurnOutcome, at_ms: int, reason: str | None) -> Events:
    if thread.turn is None:
        raise NoActiveTurn("complete")
    completed = TurnCompleted(
        turn_id=thread.turn.id,
        outcome=outcome,
        started_at_ms=thread.turn.started_at_ms,
        completed_at_ms=max(at_ms, thread.turn.started_at_ms),
        reason=reason,
    )
    return (*abandoned(thread.turn, at_ms), completed)
