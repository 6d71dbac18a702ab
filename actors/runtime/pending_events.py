"""The state that follows from events that are not in the log yet, so that no work is done twice."""

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
    """Whether the events begin with exactly these objects."""
    return not first or (len(first) <= len(events) and all(map(is_, first, events)))


class Steps(NamedTuple):
    """The states of a thread before each of some pending events, and after the last."""

    events: Sequence[Event]
    passed: Sequence[Thread]

    @classmethod
    def none(cls, state: Thread) -> "Steps":
        """The steps of no events."""
        return cls((), (state,))

    def through(self, events: Sequence[Event], state: Thread) -> "Steps":
        """The steps from this state through these events; known steps are not folded again."""
        is_known = self.passed[0] is state and begins_with(events, self.events)
        reused = self if is_known else Steps.none(state)
        added = steps(reused.passed[-1], events[len(reused.events) :])
        return Steps(events, [*reused.passed, *added[1:]])


class Measured(NamedTuple):
    """Whether some pending events are large; each event is measured once."""

    events: Sequence[Event] = ()
    are_large: bool = False

    def at(self, events: Sequence[Event]) -> "Measured":
        """The measure of these events; those measured before are not measured again."""
        first, large = self if begins_with(events, self.events) else NOT_MEASURED
        return Measured(events, large or is_large(events[len(first) :]))


NOT_MEASURED = Measured()


class PendingHistory(NamedTuple):
    """A history extended by pending events; it is kept because extending it twice may be slow."""

    of: "History"
    events: Sequence[Event]
    then: "History"

    @classmethod
    def made(cls, history: "History", events: Sequence[Event]) -> "PendingHistory":
        """The history extended by these events."""
        return cls(history, events, history.foreseen(events))

    def is_of(self, history: "History", events: Sequence[Event]) -> bool:
        """Whether this is that history with exactly these events."""
        return len(self.events) == len(events) and self.is_recorded_in(history, events)

    def is_recorded_in(self, history: "History", events: Sequence[Event | Gap]) -> bool:
        """Whether it extends this history, and the recorded events begin with its own."""
        return history is self.of and begins_with(events, self.events)
