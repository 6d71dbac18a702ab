"""Taking turns back: the event, and which facts of a stream are left of the history after it."""

from collections.abc import Iterable

from threadhost.events.base import Event, Recorded, event
from threadhost.events.thread import Thread, evolve
from threadhost.events.words import Id


@event("thread.reverted.v1")
class ThreadReverted(Event):
    """A turn, and all that was said after it began, is out of the history; the log keeps it.

    The turn began at `from_position`; `turns_left` began before it and are shown as ever.
    """

    turn_id: Id
    from_position: int
    turns_left: int


def surviving(recorded: Iterable[Recorded]) -> list[Recorded]:
    """The facts of a stream that make its history: without those that were taken back."""
    kept: list[Recorded] = []
    for fact in recorded:
        if isinstance(fact.event, ThreadReverted):
            while kept and kept[-1].position >= fact.event.from_position:
                kept.pop()
        kept.append(fact)
    return kept


@evolve.register
def _(fact: ThreadReverted, thread: Thread) -> Thread:
    return thread._replace(turns=fact.turns_left)
