"""Compaction of the history that a model sees: its events. The log itself loses nothing by it."""

from typing import Any

from threadhost.events.base import UNTIL_CLOSED, Event, history_event
from threadhost.events.thread import Compaction, Thread, evolve, heard, in_turn


@history_event("history.compaction_requested.v1", since="0.1", cause="asked")
class CompactionRequested(Event):
    """A model is asked to summarise a history; `prompt` is the last item of that request."""

    turn_id: str
    item_id: str
    prompt: dict[str, Any]


@history_event("history.compacted.v1", since="0.1", cause="request", admitted=UNTIL_CLOSED)
class HistoryCompacted(Event):
    """For later requests, `items` replace the history that the model summarised.

    That history is the stream up to `through_version`; what came from outside since then stays.
    """

    turn_id: str
    items: list[dict[str, Any]]
    through_version: int


@history_event("history.compaction_failed.v1", since="0.1", cause="request", admitted=UNTIL_CLOSED)
class CompactionFailed(Event):
    """A compaction failed, with the reason; the history stays, and the turn goes on."""

    turn_id: str
    message: str
    code: str


@history_event("turn.input_received.v1", since="0.1", cause="asked")
class InputReceived(Event):
    """Input of a turn that waits until the history is compacted: a message item."""

    turn_id: str
    item: dict[str, Any]


@evolve.register
def _compaction_requested(fact: CompactionRequested, thread: Thread) -> Thread:
    compaction = Compaction(fact.item_id)
    return in_turn(
        heard(thread, fact.turn_id),
        fact.turn_id,
        lambda turn: turn._replace(compaction=compaction, left_out=0),
    )


@evolve.register
def _input_received(fact: InputReceived, thread: Thread) -> Thread:
    return in_turn(
        thread,
        fact.turn_id,
        lambda turn: turn._replace(held_back=(*turn.held_back, fact.item), unanswered=0),
    )


def _compaction_ended(fact: HistoryCompacted | CompactionFailed, thread: Thread) -> Thread:
    return in_turn(
        heard(thread, fact.turn_id),
        fact.turn_id,
        lambda turn: turn._replace(
            asking=False, left_out=0, compaction=None, compactions=turn.compactions + 1
        ),
    )


evolve.register(HistoryCompacted, _compaction_ended)
evolve.register(CompactionFailed, _compaction_ended)
