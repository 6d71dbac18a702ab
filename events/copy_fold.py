"""The state of a thread whose events were copied unread: of turns that are over little is left."""

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
"""Types of which each copy has to be read, and whole."""
LATEST = frozenset((COUNTED, REQUESTED))
"""Types of which the newest says all that outlives its turn."""
NOWHERE = Meta("", "", "", 0)
Placed = tuple[int, Lifted]
"""A copy, and its version in the stream that it is in now."""


class CopyFold:
    """Takes the copies of a stream in their order, and folds those few that still count.

    A turn that no goal began forgets all that was before it, save how many turns there were, where
    the last one ended, and what was last said of usage and of the history that was sent.
    """

    def __init__(self, start: Thread, shown: Iterable[str]) -> None:
        self.readers: Mapping[str, Reader] = {
            **dict.fromkeys((*shown, *READ), decode),
            REQUESTED: _request_head,
        }
        """What reads the next, where views show those of the types `shown`.

        They show what the first message of a user says, and which item each other is.
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
        """One more, at this version of the stream that it is in now."""
        kind = copy.kind
        event: Any = copy.event
        if kind == STARTED:  # to ask the event for its type takes ten times as long
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
        """The thread at this version; `read` makes a copy an event again."""
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
