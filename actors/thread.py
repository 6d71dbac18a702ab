"""Commands on a thread and the rules that turn them into events."""

from collections.abc import Sequence
from typing import ClassVar

from threadhost.actors.agent_ends import end_of_given_up, with_end
from threadhost.actors.agent_limits import AgentLimits
from threadhost.actors.answers import closing_events
from threadhost.actors.command import Command
from threadhost.actors.errors import (
    EmptyThreadName,
    ThreadArchived,
    ThreadNotFenced,
    ThreadNotFound,
)
from threadhost.actors.goal_charges import charges, stopped
from threadhost.events.base import Event, StreamState
from threadhost.events.dispatch import by_type
from threadhost.events.fold import foresee
from threadhost.events.thread import (
    ActiveTurn,
    OpenCall,
    Thread,
    ThreadActivated,
    ThreadConfigured,
    ThreadDeleted,
    ThreadDraining,
    ThreadFailed,
    ThreadFlushed,
    ThreadRenamed,
    ThreadSettings,
    ThreadStarted,
    ThreadStopped,
)
from threadhost.events.turn import ErrorRecorded, TurnCompleted, TurnOutcome
from threadhost.events.words import HOST_RESTARTED

Events = Sequence[Event]


class StartThread(Command):
    """Start a thread, as a root or below a parent."""

    thread_id: str
    settings: ThreadSettings
    source: str = "vscode"
    parent_id: str | None = None
    ephemeral: bool = False
    history_mode: str = "paginated"
    session_id: str = ""
    depth: int = 0
    agents: AgentLimits | None = None
    """The limits under which an agent joins its tree; None for a thread that is no agent."""
    is_worker: ClassVar[bool] = False
    """Whether it works for a job."""

    def causes(self, events: Events) -> Sequence[str]:
        """The cause of each of these events, where it differs from the command's own cause."""
        return ()


class RecoverThread(Command):
    """End what an earlier actor left open: a turn in flight, or an unfinished shutdown."""

    reason: str
    at_ms: int


class ActivateThread(Command):
    """Make a stored thread live, and end what an earlier process left open.

    `snapshot_version` is the version of the snapshot that the thread was read from, 0 without one.
    """

    at_ms: int
    snapshot_version: int = 0


class FailThread(Command):
    """Record that the thread's actor failed, and with it the turn in flight."""

    error: str
    attempt: int
    gave_up: bool
    at_ms: int


class RenameThread(Command):
    """Give the thread a name."""

    ignores_state: ClassVar[bool] = True
    name: str


class DrainThread(Command):
    """Stop admitting new work."""

    reason: str


class StopThread(Command):
    """End the shutdown of a drained thread."""

    reason: str
    at_ms: int


class EndTurn(Command):
    """End the turn in flight of a thread that is about to stop."""

    reason: str
    at_ms: int


class DeleteThread(Command):
    """Place the tombstone of a thread that the plan of this deletion fenced."""

    deletion_id: str
    root_id: str


@by_type
def decide(command: Command, thread: Thread) -> Events:
    """The events that a command leads to in this state. Raises Refusal; has no side effects."""
    raise TypeError(f"no rule for {type(command).__name__} on {thread.id}")


@decide.register
def _start_thread(command: StartThread, thread: Thread) -> Events:
    return (
        ThreadStarted(
            thread_id=command.thread_id,
            session_id=command.session_id or command.thread_id,
            parent_id=command.parent_id,
            depth=command.depth,
            ephemeral=command.ephemeral,
            source=command.source,
            history_mode=command.history_mode,
        ),
        ThreadConfigured(settings=command.settings),
        ThreadActivated(incarnation=1),
    )


@decide.register
def _recover_thread(command: RecoverThread, thread: Thread) -> Events:
    left_draining = thread.state is StreamState.DRAINING
    return (
        *_ended_turn(thread, command.at_ms, command.reason),
        *([ThreadStopped(reason="recovered")] if left_draining else []),
    )


@decide.register
def _activate_thread(command: ActivateThread, thread: Thread) -> Events:
    if not thread.exists:
        raise ThreadNotFound(thread.id)
    if thread.archived:
        raise ThreadArchived(thread.id)
    return (
        *decide(RecoverThread(HOST_RESTARTED, command.at_ms), thread),
        ThreadActivated(
            incarnation=thread.incarnation + 1, snapshot_version=command.snapshot_version
        ),
    )


@decide.register
def _fail_thread(command: FailThread, thread: Thread) -> Events:
    failed = ThreadFailed(error=command.error, attempt=command.attempt, gave_up=command.gave_up)
    ends = [*_failed_turn(thread, command.at_ms), failed]
    return [*ends, *end_of_given_up(foresee(thread, ends))] if command.gave_up else ends


def _failed_turn(thread: Thread, at_ms: int) -> Events:
    if thread.turn is None:
        return ()
    error = ErrorRecorded(
        turn_id=thread.turn.id, message="the thread failed and lost this turn", code="other"
    )
    return (error, *_ended_turn(thread, at_ms, "thread failed", "failed"))


@decide.register
def _rename_thread(command: RenameThread, thread: Thread) -> Events:
    name = command.name.strip()
    if not name:
        raise EmptyThreadName
    return (ThreadRenamed(name=name),)


@decide.register
def _drain_thread(command: DrainThread, thread: Thread) -> Events:
    return (ThreadDraining(reason=command.reason),)


@decide.register
def _end_turn(command: EndTurn, thread: Thread) -> Events:
    return _ended_turn(thread, command.at_ms, command.reason)


@decide.register
def _stop_thread(command: StopThread, thread: Thread) -> Events:
    return (
        *_ended_turn(thread, command.at_ms, command.reason),
        ThreadFlushed(),
        ThreadStopped(reason=command.reason),
    )


@decide.register
def _delete_thread(command: DeleteThread, thread: Thread) -> Events:
    if not thread.exists:
        return ()
    if thread.state is not StreamState.FENCED:
        raise ThreadNotFenced(thread.id)
    return (
        ThreadDeleted(
            thread_id=thread.id, deletion_id=command.deletion_id, root_id=command.root_id
        ),
    )


def _ended_turn(
    thread: Thread, at_ms: int, reason: str, outcome: TurnOutcome = "interrupted"
) -> Events:
    if thread.turn is None:
        return ()
    of_goal = stopped(thread, at_ms) if outcome == "failed" else charges(thread, at_ms)
    return ended(thread, thread.turn, outcome, at_ms, reason, of_goal)


def ended(
    thread: Thread,
    turn: ActiveTurn,
    outcome: TurnOutcome,
    at_ms: int,
    reason: str | None,
    of_goal: Events,
) -> Events:
    """The events that end a turn: its open input and calls, the goal's events, the agent's end."""
    events = (
        *closing_events(turn, at_ms),
        *of_goal,
        TurnCompleted(
            turn_id=turn.id,
            outcome=outcome,
            started_at_ms=turn.started_at_ms,
            completed_at_ms=max(at_ms, turn.started_at_ms),
            reason=reason,
            root_turn_id=turn.root_turn_id,
        ),
    )
    return with_end(thread, events)


def open_call(thread: Thread, call_id: str) -> OpenCall | None:
    """The call of this id in the running turn, if it is still unanswered; else None."""
    calls = thread.turn.calls if thread.turn else ()
    return next((call for call in calls if call.call_id == call_id), None)
