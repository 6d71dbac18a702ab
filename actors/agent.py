"""Commands by which agents exchange messages and ends, and the rules that turn them into events."""

from collections.abc import Sequence
from typing import Any, ClassVar

from threadhost.actors.agent_activity import activity
from threadhost.actors.agent_ends import end_of
from threadhost.actors.command import Command
from threadhost.actors.response import FailTurn, Failure
from threadhost.actors.thread import Events, StartThread, decide
from threadhost.actors.turn import StartTurn, completed, recorded
from threadhost.events.agent import (
    AGENT,
    AgentContextGiven,
    AgentEndHeard,
    AgentEndTold,
    AgentMessageReceived,
    AgentMessageSent,
    AgentMessageSettled,
    AgentMessageTaken,
    AgentStarted,
    End,
    Kind,
    Outcome,
    takes_message,
)
from threadhost.events.agent_words import (
    FINAL_ANSWER,
    ROOT,
    TYPES,
    agent_message,
    final_words,
    words_in,
)
from threadhost.events.agent_words import end_of as end_told
from threadhost.events.base import Event
from threadhost.events.fold import foresee
from threadhost.events.injection import ItemsInjected
from threadhost.events.thread import Thread, ThreadActivated
from threadhost.events.turn import InterruptRequested, TurnStarted
from threadhost.events.warning import TurnWarned

MESSAGE_LOST = "a message to this thread cannot be read any more, and was left out"
NO_ITEMS: Sequence[dict[str, Any]] = ()


class StartAgent(StartThread):
    """Start a thread as an agent of its parent; its first task waits in its stream.

    `history` are input items for its model; the task is at `sender_version` of the parent's stream.
    """

    turn_id: str = ""
    root_turn_id: str = ""
    message: Kind = "input"
    content: Sequence[dict[str, Any]] = ()
    sender_version: int = 0
    path: str = ""
    author: str = ""
    history: Sequence[dict[str, Any]] = NO_ITEMS


class SendMessage(Command):
    """Record a message of the thread's model to another thread."""

    receiver_id: str
    message: Kind
    content: Sequence[dict[str, Any]]
    turn_id: str
    interrupts: bool = False
    author: str = ""
    recipient: str = ""


class SettleMessage(Command):
    """Record the outcome of a sent message."""

    is_small: ClassVar[bool] = True
    sent_version: int
    outcome: Outcome


class DeliverMessage(Command):
    """Record a message of another thread, unless it is recorded already."""

    sender_id: str
    sender_version: int
    message: Kind
    content: Sequence[dict[str, Any]]
    turn_id: str
    root_turn_id: str
    interrupts: bool = False
    author: str = ""
    recipient: str = ""


class TakeMessage(StartTurn):
    """Give a received message to the model: it begins a turn, or joins the running one."""

    received_version: int = 0
    sender_id: str | None = None
    sender_version: int = 0
    message: Kind = "input"
    interrupts: bool = False
    author: str = ""
    recipient: str = ""


class PassMessage(Command):
    """Skip a received message that cannot be read, or that the model has seen already.

    If it cannot be read, an idle agent fails in a turn of its own, so that its parent is notified.
    """

    is_small: ClassVar[bool] = True
    received_version: int
    turn_id: str
    at_ms: int
    was_taken: bool = False
    """Whether the model saw it before, at an earlier delivery: then nothing is missing."""


class NoteEnd(Command):
    """Record that the agent's work is over, if no other event recorded it."""

    is_small: ClassVar[bool] = True


class DeliverEnd(Command):
    """Record the end of a child's work, and tell the thread's model."""

    is_small: ClassVar[bool] = True
    child_id: str
    child_version: int
    status: End
    text: str | None
    author: str = ""
    """The path of the child, if it has one."""
    turn_id: str = ""
    """The turn of the child that ended."""
    at_ms: int = 0


class SettleEnd(Command):
    """Record that the parent knows of an end, or is deleted."""

    is_small: ClassVar[bool] = True
    ended_version: int


@decide.register
def _start_agent(command: StartAgent, thread: Thread) -> Events:
    begun = decide.dispatch(StartThread)(command, thread)
    received = AgentMessageReceived(
        message=command.message,
        content=list(command.content),
        turn_id=command.turn_id,
        root_turn_id=command.root_turn_id,
        author=command.author,
        recipient=command.path,
        sender_id=command.parent_id or "",
        sender_version=command.sender_version,
    )
    items = [ItemsInjected(items=list(command.history))] if command.history else []
    first: list[Event] = [AgentStarted(path=command.path), *items, received]
    at = next(n for n, event in enumerate(begun) if isinstance(event, ThreadActivated))
    return [*begun[:at], *first, *begun[at:]]


@decide.register
def _send_message(command: SendMessage, thread: Thread) -> Events:
    if thread.turn is None:
        return ()
    sent = AgentMessageSent(
        receiver_id=command.receiver_id,
        message=command.message,
        content=list(command.content),
        turn_id=command.turn_id,
        root_turn_id=thread.turn.root_turn_id or thread.turn.id,
        interrupts=command.interrupts,
        author=command.author,
        recipient=command.recipient,
    )
    return (sent,)


@decide.register
def _settle_message(command: SettleMessage, thread: Thread) -> Events:
    if command.sent_version not in AGENT.of(thread).outbox:
        return ()
    return (AgentMessageSettled(sent_version=command.sent_version, outcome=command.outcome),)


@decide.register
def _deliver_message(command: DeliverMessage, thread: Thread) -> Events:
    if command.sender_version <= AGENT.of(thread).received.get(command.sender_id, 0):
        return ()
    received = AgentMessageReceived(**command.fields())
    return (received,)


@decide.register
def _take_message(command: TakeMessage, thread: Thread) -> Events:
    if command.received_version not in AGENT.of(thread).due or not takes_message(thread):
        return ()
    first: list[Event] = [
        AgentMessageTaken(
            received_version=command.received_version,
            sender_id=command.sender_id,
            sender_version=command.sender_version,
        )
    ]
    if command.interrupts:
        first += _interrupted(thread, command.at_ms)
    if command.message != "input":
        first.append(AgentContextGiven(item=agent_message(*_words_of(command))))
    if command.message == "note":
        return first
    begins = command if command.message == "input" else command.but(content=())
    return [*first, *decide.dispatch(StartTurn)(begins, foresee(thread, first))]


@decide.register
def _pass_message(command: PassMessage, thread: Thread) -> Events:
    agent, turn = AGENT.of(thread), thread.turn
    if command.received_version not in agent.due or not takes_message(thread):
        return ()
    taken = AgentMessageTaken(received_version=command.received_version)
    if command.was_taken:
        return (taken,)
    if turn is not None or not agent.is_agent:
        turn_id = turn.id if turn else ""
        return (taken, TurnWarned(turn_id=turn_id, code="messageLost", message=MESSAGE_LOST))
    begun = TurnStarted(turn_id=command.turn_id, started_at_ms=command.at_ms)
    failing = FailTurn(Failure(MESSAGE_LOST, "other"), command.at_ms)
    return [taken, begun, *decide(failing, foresee(thread, [taken, begun]))]


def _words_of(command: TakeMessage) -> tuple[str, str, str, str]:
    return command.author, command.recipient, TYPES[command.message], words_in(command.content)


def _interrupted(thread: Thread, at_ms: int) -> list[Event]:
    """The end of the running turn; it does not end the agent, for a message is still due."""
    if thread.turn is None:
        return []
    requested = InterruptRequested(turn_id=thread.turn.id)
    return [requested, *completed(thread, "interrupted", at_ms, "interrupted")]


@decide.register
def _note_end(command: NoteEnd, thread: Thread) -> Events:
    return end_of(thread)


@decide.register
def _receive_end(command: DeliverEnd, thread: Thread) -> Events:
    if command.child_version <= AGENT.of(thread).heard.get(command.child_id, 0):
        return ()
    heard = AgentEndHeard(
        child_id=command.child_id, child_version=command.child_version, status=command.status
    )
    if not command.author:
        item = end_told(command.child_id, command.status, command.text)
        return (heard, AgentContextGiven(item=item))
    own_path = AGENT.of(thread).path or ROOT
    words = final_words(command.status, command.text)
    answer = agent_message(command.author, own_path, FINAL_ANSWER, words)
    return [heard, AgentContextGiven(item=answer), *_completion_item(command, thread)]


def _completion_item(command: DeliverEnd, thread: Thread) -> Events:
    """The item of the running turn that shows clients that a member of the team completed."""
    if thread.turn is None or thread.turn.sums_up or command.status != "completed":
        return ()
    item_id = f"subagent-completed-{command.turn_id}"
    place = command.child_id, command.author, command.at_ms
    return (recorded(thread.turn.id, activity(item_id, "completed", *place)),)


@decide.register
def _settle_end(command: SettleEnd, thread: Thread) -> Events:
    if command.ended_version not in AGENT.of(thread).untold:
        return ()
    return (AgentEndTold(ended_version=command.ended_version),)
