"""The state of a thread whose events were copied unread; finished turns leave little in it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from threadhost.events.base import Event, Gap, Meta, Recorded
from threadhost.events.first_words import first_words
from threadhost.events.fold import fold_thread
from threadhost.events.goal_state import GOAL_TURN
from threadhost.events.quiet_turns import COMPLETED, COUNTED, ITEM, REQUESTED, STARTED, RequestHead
from threadhost.events.store.codec import decode
from threadhost.events.store.copies import Lifted, Reader
from threadhost.events.thread import Thread
from threadhost.events.turn import ItemHead, ItemRecorded

READ = frozenset((STARTED, COMPLETED))
"""Types of which every copy is read in full."""
LATEST = frozenset((COUNTED, REQUESTED))
"""Types of which only the newest event outlives its turn."""
NOWHERE = Meta("", "", "", 0)
Placed = tuple[int, Lifted]
"""A copy, with its version in the new stream."""


class CopyFold:
    """Takes the copies of a stream in order and folds only the few that still count.

    A turn that no goal began discards everything before it, except the number of turns, the version
    at which the last one ended, the newest usage, and the newest request.
    """

    def __init__(self, start: Thread, shown: Iterable[str]) -> None:
        self.readers: Mapping[str, Reader] = {
            **dict.fromkeys((*shown, *READ), decode),
            REQUESTED: _request_head,
        }
        """The reader for each type of copy; types in `shown` are read because views show them.

        Views show the first message of a user, and the id and type of every other item.
        """
        self._start = start
        self._running = ""
        self._turns = start.turns
        self._ended_at = start.turn_ended_at_version
        self._before = self._turns, self._ended_at
        self._latest: dict[str, Placed] = {}
        self._since: list[Lifted] = []
        self._since_version = start.version + 1

    def take(self, version: int, copy: Lifted) -> None:
        """Take the next copy, at this version of the new stream."""
        kind = copy.kind
        event: Any = copy.event
        if kind == STARTED:  # asking the event for its type takes ten times as long
            if event.purpose != GOAL_TURN:
                self._before, self._since = (self._turns, self._ended_at), []
                self._since_version = version
            self._turns += 1
            self._running = event.turn_id
        elif kind == COMPLETED:
            if event.turn_id == self._running:
                self._running, self._ended_at = "", version
        elif kind == ITEM:
            if type(event) is ItemRecorded and first_words(event):
                self.readers = {**self.readers, kind: _item_head}
        elif kind in LATEST:
            self._latest[kind] = version, copy
        self._since.append(copy)

    def state(self, version: int, read: Callable[[Lifted], Event | Gap]) -> Thread:
        """Return the thread at this version; `read` turns a copy back into an event."""
        turns, ended_at = self._before
        since = enumerate(self._since, self._since_version)
        thread = self._start._replace(turns=turns, turn_ended_at_version=ended_at)
        for at, copy in sorted(dict([*self._latest.values(), *since]).items()):
            fact = Recorded(0, "", at, read(copy), NOWHERE)
            thread = fold_thread((fact,), thread.at_version(at - 1))
        return thread.at_version(version)


def _request_head(position: int, kind: str, body: bytes) -> object:
    return RequestHead.of(body) or decode(position, kind, body)


def _item_head(position: int, kind: str, body: bytes) -> object:
    return ItemHead.of(body) or decode(position, kind, body)
