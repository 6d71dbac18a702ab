"""What follows from events that are not in the log yet, kept so that nothing is done twice."""

from collections.abc import Sequence
from operator import is_
from typing import TYPE_CHECKING

from threadhost.events.base import Event, Gap
from threadhost.events.bounds import is_large
from threadhost.events.fold import Thread, steps
from threadhost.events.named_tuple import NamedTuple

if TYPE_CHECKING:
    from threadhost.events.history import History


def begins_with(events: Sequence[Event | Gap], first: Sequence[Event]) -> bool:
    """Whether events are these very ones, and perhaps more."""
    return not first or (len(first) <= len(events) and all(map(is_, first, events)))


class Steps(NamedTuple):
    """The states that a thread goes through with its next events: before each, and at the end."""

    events: Sequence[Event]
    passed: Sequence[Thread]

    @classmethod
    def none(cls, state: Thread) -> "Steps":
        """Those of no events."""
        return cls((), (state,))

    def through(self, events: Sequence[Event], state: Thread) -> "Steps":
        """The steps from this state through these events; of those known none is folded again."""
        is_known = self.passed[0] is state and begins_with(events, self.events)
        reused = self if is_known else Steps.none(state)
        added = steps(reused.passed[-1], events[len(reused.events) :])
        return Steps(events, [*reused.passed, *added[1:]])


class Measured(NamedTuple):
    """Whether events are large; each is looked at once."""

    events: Sequence[Event] = ()
    are_large: bool = False

    def at(self, events: Sequence[Event]) -> "Measured":
        """The same of these events, which may begin with those that were looked at."""
        first, large = self if begins_with(events, self.events) else NOT_MEASURED
        return Measured(events, large or is_large(events[len(first) :]))


NOT_MEASURED = Measured()


class PendingHistory(NamedTuple):
    """What a history is with some events more; to take these in twice could take long."""

    of: "History"
    events: Sequence[Event]
    then: "History"

    @classmethod
    def made(cls, history: "History", events: Sequence[Event]) -> "PendingHistory":
        """The history as it will be with these events."""
        return cls(history, events, history.foreseen(events))

    def is_of(self, history: "History", events: Sequence[Event]) -> bool:
        """Whether this is that history with these events and no others."""
        return len(self.events) == len(events) and self.has_come_true(history, events)

    def has_come_true(self, history: "History", events: Sequence[Event | Gap]) -> bool:
        """Whether this is what it was foreseen of, and events the same ones are recorded first."""
        return history is self.of and begins_with(events, self.events)
