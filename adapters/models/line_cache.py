"""What was made of a line of a history, kept for the next request of the same thread."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

KEPT_BYTES_MAX = 32 * 1024 * 1024
"""Of lines, in each of two halves; what is made of them is about as large again."""

Made = TypeVar("Made")


class LineCache(Generic[Made]):
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
        self._young_bytes = self._old_bytes = 0
        self._lock = Lock()
        with _lock:
            _caches.add(self)

    def __len__(self) -> int:
        return len(self._young.keys() | self._old.keys())

    @property
    def held_bytes(self) -> int:
        """Of the lines that are kept; one in both halves counts twice."""
        return self._young_bytes + self._old_bytes

    def __call__(self, line: bytes) -> Made:
        """What is made of this line."""
        value = self._young.get(line)
        if value is not None:
            return value
        value = self._old.get(line)
        if value is None:
            value = self._make(line)
        self._keep(line, value)
        return value

    def drop(self, line: bytes) -> None:
        """Forget what is made of this line."""
        with self._lock:
            if self._young.pop(line, None) is not None:
                self._young_bytes -= len(line)
            if self._old.pop(line, None) is not None:
                self._old_bytes -= len(line)

    def _keep(self, line: bytes, value: Made) -> None:
        with self._lock:
            if line in self._young:  # another thread made it meanwhile
                return
            if self._young_bytes + len(line) > self._bytes_max:
                self._old, self._old_bytes = self._young, self._young_bytes
                self._young, self._young_bytes = {}, 0
            self._young[line] = value
            self._young_bytes += len(line)


_lock = Lock()
_caches: WeakSet[LineCache[Any]] = WeakSet()
"""All that keeps lines, whichever of it is imported by now."""
_forgotten_by_request: dict[object, list[bytes]] = {}
"""For each request that is being made beside the loop, what was forgotten since it was begun."""


@contextmanager
def making() -> Iterator[None]:
    """A request is made beside the loop: what is forgotten meanwhile stays forgotten.

    It may be made once more before this ends, and is dropped again then.
    """
    request = object()
    with _lock:
        forgotten = _forgotten_by_request[request] = []
    try:
        yield
    finally:
        with _lock:
            del _forgotten_by_request[request]
        _drop(forgotten)


def forget(lines: Iterable[bytes]) -> None:
    """A thread is unloaded or deleted: nothing is kept of its lines."""
    dropped = list(lines)
    with _lock:
        for forgotten in _forgotten_by_request.values():
            forgotten.extend(dropped)
    _drop(dropped)


def held_bytes() -> int:
    """The lines of which anything is kept."""
    with _lock:
        return sum(cache.held_bytes for cache in _caches)


def _drop(lines: Iterable[bytes]) -> None:
    with _lock:
        caches = tuple(_caches)
    for line in lines:
        for cache in caches:
            cache.drop(line)
