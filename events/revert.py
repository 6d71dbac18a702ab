"""Reverting turns: the event, and the facts of a stream that remain in the history after it."""

from collections.abc import Iterable
from math import inf
from typing import Any

from threadhost.events.base import UPCASTERS, Event, Recorded, Upcaster, event
from threadhost.events.thread import Thread, evolve
from threadhost.events.turn import TurnStarted
from threadhost.events.words import Id


@event("thread.reverted.v2", since="0.1", stream="thread", cause="asked")
class ThreadReverted(Event):
    """A turn and all later items were removed from the history; the log keeps them.

    The turn began at `from_version` of the stream (0: wherever the start of that turn is);
    `turns_left` began before it and are shown as before.
    """

    turn_id: Id
    from_version: int
    turns_left: int


def _without_position(body: dict[str, Any]) -> dict[str, Any]:
    """The first version named a position, which means nothing once a stream is in another log."""
    fields = {name: value for name, value in body.items() if name != "from_position"}
    return {**fields, "from_version": 0}


UPCASTERS["thread.reverted.v1"] = Upcaster(ThreadReverted.kind, _without_position)


def surviving(recorded: Iterable[Recorded]) -> list[Recorded]:
    """Return the facts of a stream that make its history: without those that were reverted."""
    survivors: list[Recorded] = []
    for fact in recorded:
        if isinstance(fact.event, ThreadReverted):
            begun_at = fact.event.from_version or start_of(fact.event.turn_id, survivors)
            # A fact of version 0 has no place in the stream, so it does not survive either.
            while survivors and not 0 < survivors[-1].version < begun_at:
                survivors.pop()
        survivors.append(fact)
    return survivors


def start_of(turn_id: str, facts: list[Recorded]) -> float:
    """Return the version at which a turn began; infinity if its start is not among these facts."""
    for fact in reversed(facts):
        if isinstance(fact.event, TurnStarted) and fact.event.turn_id == turn_id:
            return fact.version
    return inf


@evolve.register
def _thread_reverted(fact: ThreadReverted, thread: Thread) -> Thread:
    return thread._replace(turns=fact.turns_left, usage_turn_id="")
