"""What was made of a line of a history, kept for the next request of the same thread."""

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, Generic, TypeVar

KEPT_BYTES_MAX = 32 * 1024 * 1024
"""Of lines, in each of two halves; what is made of them is about as large again."""

Made = TypeVar("Made")


class Kept(Generic[Made]):
    """Makes something of bytes once, as long as it is asked for again before much else is.

    Entries live in two halves: when the young one is full it becomes the old one, whose entries
    are dropped unless they are asked for meanwhile. Threads may share it: what is young is found
    without a lock, all else is changed under one.
    """

    def __init__(self, make: Callable[[bytes], Made], bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._make = make
        self._bytes_max = bytes_max
        self._young: dict[bytes, Made] = {}
        self._old: dict[bytes, Made] = {}
        self._young_bytes = 0
        self._lock = Lock()
        _everything.append(self)

    def __call__(self, line: bytes) -> Made:
        """What is made of this line."""
        made = self._young.get(line)
        if made is not None:
            return made
        made = self._old.get(line)
        if made is None:
            made = self._make(line)
        self._keep(line, made)
        return made

    def drop(self, line: bytes) -> None:
        """Forget what is made of this line."""
        with self._lock:
            if self._young.pop(line, None) is not None:
                self._young_bytes -= len(line)
            self._old.pop(line, None)

    def _keep(self, line: bytes, made: Made) -> None:
        with self._lock:
            if line in self._young:  # another thread made it meanwhile
                return
            if self._young_bytes + len(line) > self._bytes_max:
                self._old, self._young, self._young_bytes = self._young, {}, 0
            self._young[line] = made
            self._young_bytes += len(line)


_everything: list[Kept[Any]] = []
"""All that keeps lines, whichever of it is imported by now."""


def forget(lines: Iterable[bytes]) -> None:
    """A thread is unloaded or deleted: nothing is kept of its lines."""
    for line in lines:
        for kept in _everything:
            kept.drop(line)
