"""Commands to compact a thread's history, and the rules that turn them into events."""

from typing import Any

from threadhost.actors.command import Command
from threadhost.actors.errors import NothingToCompact, TurnNotSteerable, TurnRunning
from threadhost.actors.thread import Events, decide
from threadhost.actors.turn import EndResponse, Failure
from threadhost.events.compaction import CompactionRequested, HistoryCompacted
from threadhost.events.fold import foresee
from threadhost.events.thread import COMPACTION, Thread
from threadhost.events.turn import ItemRecorded, TurnStarted
from threadhost.events.usage import Usage

ITEM = "contextCompaction"
PROMPT = """Sum up this conversation so that it can go on from your summary alone: everything above
will be forgotten. Keep what was asked for, and which wishes and limits still hold; what was
decided, and why; what has been done, with the names, numbers and results that are still needed;
what is unfinished, and what should come next. Write nothing but the summary."""
HEADING = "This is a summary of the conversation up to here, in its place:"
NO_SUMMARY = Failure("the model gave no summary; the history stays as it was", "other")


class StartCompaction(Command):
    """Let the model sum up the history, in a turn of its own kind."""

    turn_id: str
    item_id: str
    at_ms: int


class EndCompaction(Command):
    """The model's response is over: with a summary, or for nothing."""

    item_id: str
    summary: str
    through_version: int
    response_id: str | None
    usage: Usage | None
    at_ms: int
    failure: Failure | None = None


@decide.register
def _(command: StartCompaction, thread: Thread) -> Events:
    if thread.turn is not None and thread.turn.kind == COMPACTION:
        raise TurnNotSteerable(COMPACTION)
    if thread.turn is not None:
        raise TurnRunning(thread.turn.id, "its history cannot be compacted")
    if not thread.turns:
        raise NothingToCompact(thread.id)
    return (
        TurnStarted(turn_id=command.turn_id, started_at_ms=command.at_ms, purpose=COMPACTION),
        CompactionRequested(
            turn_id=command.turn_id, item_id=command.item_id, prompt=_message(PROMPT)
        ),
    )


@decide.register
def _(command: EndCompaction, thread: Thread) -> Events:
    turn, summary = thread.turn, command.summary.strip()
    if turn is None:
        return ()
    failure = command.failure or (None if summary else NO_SUMMARY)
    end = EndResponse((), command.response_id, command.usage, command.at_ms, failure)
    if failure is not None:
        return decide(end, thread)
    compacted = (
        ItemRecorded(
            turn_id=turn.id,
            item_id=command.item_id,
            type=ITEM,
            item=compaction_item(command.item_id, turn.started_at_ms, command.at_ms),
        ),
        HistoryCompacted(
            turn_id=turn.id,
            items=[_message(f"{HEADING}\n\n{summary}")],
            through_version=command.through_version,
        ),
    )
    return (*compacted, *decide(end, foresee(thread, compacted)))


def compaction_item(item_id: str, started_at_ms: int, at_ms: int | None) -> dict[str, Any]:
    """The item that clients see of a compaction; `at_ms` None while the model works on it."""
    return {"type": ITEM, "id": item_id, "startedAtMs": started_at_ms, "completedAtMs": at_ms}


def _message(text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content}
