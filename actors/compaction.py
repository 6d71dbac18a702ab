"""Commands to compact a thread's history, and the rules that turn them into events."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from threadhost.actors.command import Command
from threadhost.actors.errors import TurnNotSteerable
from threadhost.actors.goal_charges import context_after_summary
from threadhost.actors.models import Message
from threadhost.actors.response import FailTurn, Failure, ResponseMetadata, responded, used
from threadhost.actors.thread import Events, decide
from threadhost.actors.turn import Summary, completed, recorded
from threadhost.events.compaction import CompactionFailed, HistoryCompacted
from threadhost.events.fold import foresee
from threadhost.events.input_items import message_item
from threadhost.events.thread import COMPACTION, ActiveTurn, Compaction, Thread
from threadhost.events.turn import InterruptRequested, TurnStarted
from threadhost.events.usage import Usage
from threadhost.events.warning import TurnWarned

if TYPE_CHECKING:
    from threadhost.events.base import Event

ITEM = "contextCompaction"
PROMPT = """Sum up this conversation so that it can go on from your summary alone: everything above
will be forgotten. Keep what was asked for, and which wishes and limits still hold; what was
decided, and why; what has been done, with the names, numbers and results that are still needed;
what is unfinished, and what should come next. Write nothing but the summary."""
HEADING = "This is a summary of the conversation up to here, in its place:"
NO_SUMMARY = Failure("the model gave no summary; the history stays as it was", "other")
REFUSED = Failure("the model refused to sum up the history, which stays as it was", "other")
INTERRUPTED: Literal["interrupted"] = "interrupted"


class StartCompaction(Command):
    """Let the model sum up the history, in a turn of its own kind; this ends a running turn."""

    is_prepared: ClassVar[bool] = True
    is_work: ClassVar[bool] = True
    turn_id: str
    item_id: str
    at_ms: int


class CompactInTurn(Command):
    """Let the model sum up the history before the running turn continues."""

    summary: Summary


class EndCompaction(Command):
    """End the model's response to a summary request, with a summary or a failure.

    `kept` are messages of the running turn that stay unchanged, ahead of the summary.
    """

    summary: Message
    response_id: str | None
    usage: Usage | None
    at_ms: int
    kept: Sequence[dict[str, Any]] = ()
    failure: Failure | None = None
    how: ResponseMetadata = ResponseMetadata()


def summary_request(item_id: str) -> Summary:
    """The request for a summary."""
    return Summary(item_id, message_item("user", PROMPT))


@decide.register
def _start_compaction(command: StartCompaction, thread: Thread) -> Events:
    if thread.turn is not None and thread.turn.kind == COMPACTION:
        raise TurnNotSteerable(COMPACTION)
    interrupted: Events = ()
    if thread.turn is not None:
        interrupted = (
            InterruptRequested(turn_id=thread.turn.id),
            *completed(thread, INTERRUPTED, command.at_ms, INTERRUPTED),
        )
    return (
        *interrupted,
        TurnStarted(turn_id=command.turn_id, started_at_ms=command.at_ms, purpose=COMPACTION),
        summary_request(command.item_id).requested(command.turn_id),
    )


@decide.register
def _compact_in_turn(command: CompactInTurn, thread: Thread) -> Events:
    return (command.summary.requested(thread.turn.id),) if thread.turn else ()


@decide.register
def _end_compaction(command: EndCompaction, thread: Thread) -> Events:
    turn = thread.turn
    if turn is None or turn.compaction is None:
        return ()
    failure = command.failure or _fault(command.summary)
    events: list[Event] = used(thread, command.usage)
    if failure is None:
        answered = responded(turn, command.response_id, command.how)
        events += [answered, *_compacted(command, turn, turn.compaction)]
    elif turn.kind != COMPACTION:
        failed = CompactionFailed(turn_id=turn.id, message=failure.message, code=failure.code)
        words = f"the history could not be summed up: {failure.message}"
        events += [failed, TurnWarned(turn_id=turn.id, code="compactionFailed", message=words)]
    if turn.kind != COMPACTION:
        notices = context_after_summary(thread, is_summed_up=failure is None)
        return [*events, *notices, *(recorded(turn.id, item) for item in turn.held_back)]
    state = foresee(thread, events)
    if failure is not None:
        return [*events, *decide(FailTurn(failure, command.at_ms), state)]
    return [*events, *completed(state, "completed", command.at_ms, None)]


def _compacted(command: EndCompaction, turn: ActiveTurn, compaction: Compaction) -> Events:
    item = compaction_item(compaction.item_id, turn.started_at_ms, command.at_ms)
    summary = message_item("user", f"{HEADING}\n\n{command.summary.text.strip()}")
    return (
        recorded(turn.id, item),
        HistoryCompacted(
            turn_id=turn.id,
            items=[*command.kept, summary],
            through_version=turn.asked_at_version,
        ),
    )


def _fault(summary: Message) -> Failure | None:
    if summary.is_refusal:
        return REFUSED
    return None if any(map(_is_seen, summary.text)) else NO_SUMMARY


def compaction_item(item_id: str, started_at_ms: int, at_ms: int | None) -> dict[str, Any]:
    """The item that clients see of a compaction; `at_ms` is None while the model works on it."""
    return {"type": ITEM, "id": item_id, "startedAtMs": started_at_ms, "completedAtMs": at_ms}


def _is_seen(character: str) -> bool:
    """Whether a character is visible: neither white space nor a control or combining character."""
    from unicodedata import category

    return not character.isspace() and category(character) not in ("Cf", "Cc", "Mn", "Zs")
