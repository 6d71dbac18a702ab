"""Limits the starts of threads and turns under way, and lets clients take turns."""

from typing import Protocol

from threadhost.events.contention import Contention

UNDER_WAY_MAX = 8
"""The limit for all clients: each start costs the loop about half a millisecond and leads to more
work, and other requests wait for all of them."""
ALONE_MAX = 32
"""The limit while no other client has asked lately: many starts at a time cost less each."""


class Starter(Protocol):
    """A connection with starts that wait."""

    def start_next(self) -> bool:
        """Begin the oldest waiting start, if it may begin; returns whether another one waits."""


class StartLimiter:
    """Limits the starts under way of all clients together; each client may always have one.

    Clients with more take turns, so that no client waits for all starts of another. A client that
    is alone may have more under way.
    """

    def __init__(self, contention: Contention | None = None) -> None:
        self._contention = contention or Contention()
        self._under_way: dict[Starter, int] = {}
        self._total = 0
        self._line: dict[Starter, None] = {}

    def __len__(self) -> int:
        return self._total

    def note(self, starter: Starter) -> None:
        """Note that a client sent a request of any kind."""
        self._contention.note(id(starter))  # by id: the object is not kept

    def _starts_max(self) -> int:
        return UNDER_WAY_MAX if self._contention.is_contended else ALONE_MAX

    def has_room(self, starter: Starter) -> bool:
        """Whether a client may begin a start now."""
        return self._total < self._starts_max() or starter not in self._under_way

    def begun(self, starter: Starter) -> None:
        """Count a start that a client has begun."""
        self._under_way[starter] = self._under_way.get(starter, 0) + 1
        self._total += 1

    def over(self, starter: Starter) -> None:
        """Uncount an answered start, and begin the next: of this client, or the first in line."""
        self._total -= 1
        remaining = self._under_way.pop(starter) - 1
        if remaining:
            self._under_way[starter] = remaining
        if self._line:
            self._serve(starter)

    def wait(self, starter: Starter) -> None:
        """Put a client in line, and begin its waiting starts in its turn."""
        self._line.setdefault(starter)
        self._serve(starter)

    def leave(self, starter: Starter) -> None:
        """Remove a client that begins no more starts."""
        self._line.pop(starter, None)

    def _serve(self, starter: Starter) -> None:
        if starter in self._line and starter not in self._under_way:
            self._start(starter)
        while self._line and self._total < self._starts_max():
            self._start(next(iter(self._line)))

    def _start(self, starter: Starter) -> None:
        del self._line[starter]
        if starter.start_next():
            self._line[starter] = None
