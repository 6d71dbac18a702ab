"""Compaction of the history that a model sees: its events. The log itself loses nothing by it."""

from typing import Any

from threadhost.events.base import UNTIL_CLOSED, Event, event


@event("history.compaction_requested.v1", sealed=True)
class CompactionRequested(Event):
    """A model is to sum up a history; `prompt` is the item that asks for it, behind all others."""

    turn_id: str
    item_id: str
    prompt: dict[str, Any]


@event("history.compacted.v1", sealed=True, admitted=UNTIL_CLOSED)
class HistoryCompacted(Event):
    """For later requests, `items` stand in place of the history that the model had summed up.

    That is what the stream said up to `through_version`; what came from outside since then stays.
    """

    turn_id: str
    items: list[dict[str, Any]]
    through_version: int
