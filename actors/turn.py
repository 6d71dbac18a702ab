"""Commands of clients on the turns of a thread, and the rules that turn them into events."""

from collections.abc import Sequence
from typing import Any, ClassVar

from threadhost.actors.command import Command
from threadhost.actors.errors import EmptyInput, NoActiveTurn, TurnNotSteerable, WrongTurn
from threadhost.actors.goal_charges import charges
from threadhost.actors.settings import SettingsChange, configured
from threadhost.actors.thread import Events, decide, ended
from threadhost.events.base import Event
from threadhost.events.compaction import CompactionRequested, InputReceived
from threadhost.events.injection import ItemsInjected
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.thread import COMPACTION, Thread
from threadhost.events.turn import (
    InterruptRequested,
    ItemRecorded,
    TurnOutcome,
    TurnStarted,
)


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


def completed(thread: Thread, outcome: TurnOutcome, at_ms: int, reason: str | None) -> Events:
    """The end of the running turn, with the ends of all that it leaves open."""
    turn = thread.turn
    if turn is None:
        raise NoActiveTurn("complete")
    return ended(thread, turn, outcome, at_ms, reason, charges(thread, at_ms))
