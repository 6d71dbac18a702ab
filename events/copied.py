"""The state of a thread whose events were copied unread: of turns that are over little is left."""

from collections.abc import Callable

from threadhost.events.base import Event, Meta, Recorded
from threadhost.events.fold import fold_thread
from threadhost.events.goal_state import GOAL_TURN
from threadhost.events.store.copies import Lifted
from threadhost.events.thread import Thread
from threadhost.events.turn import ModelRequested, TurnCompleted, TurnStarted, UsageRecorded

READ = frozenset((TurnStarted.kind, TurnCompleted.kind))
"""Types of which each copy has to be read."""
LATEST = frozenset((UsageRecorded.kind, ModelRequested.kind))
"""Types of which the newest says all that outlives its turn."""
NOWHERE = Meta("", "", "", 0)
Placed = tuple[int, Lifted]
"""A copy, and its version in the stream that it is in now."""


class Gist:
    """Takes the copies of a stream in their order, and folds those few that still count.

    A turn that no goal began forgets all that was before it, save how many turns there were, where
    the last one ended, and what was last said of usage and of the history that was sent.
    """

    def __init__(self, start: Thread) -> None:
        self._start = start
        self._running = ""
        self._turns = start.turns
        self._ended_at = 0
        self._latest: dict[str, Placed] = {}
        self._since: list[Placed] = []

    def take(self, version: int, copy: Lifted) -> None:
        """One more, at this version of the stream that it is in now."""
        event = copy.event
        if isinstance(event, TurnStarted):
            if event.purpose != GOAL_TURN:
                self._forget()
            self._turns += 1
            self._running = event.turn_id
        elif isinstance(event, TurnCompleted) and event.turn_id == self._running:
            self._running, self._ended_at = "", version
        elif copy.kind in LATEST:
            self._latest[copy.kind] = version, copy
        self._since.append((version, copy))

    def _forget(self) -> None:
        ended_at = self._ended_at or self._start.turn_ended_at_version
        before = self._start._replace(turns=self._turns, turn_ended_at_version=ended_at)
        self._start, self._since = before, sorted(self._latest.values())

    def state(self, version: int, read: Callable[[Lifted], Event]) -> Thread:
        """The thread at this version; `read` makes a copy an event again."""
        thread = self._start
        for at, copy in self._since:
            fact = Recorded(0, "", at, copy.event or read(copy), NOWHERE)
            thread = fold_thread((fact,), thread.at_version(at - 1))
        return thread.at_version(version)
