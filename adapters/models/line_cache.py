"""Caches what is made of a history's lines, for the next request of the same thread."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

KEPT_BYTES_MAX = 32 * 1024 * 1024
"""Bytes of lines in each of two halves; what is made of them takes about as much again."""

Made = TypeVar("Made")


class LineCache(Generic[Made]):
    """Caches what a function makes of bytes, with the least recently used dropped.

    Entries live in two halves: a full young half becomes the old half, and entries that nobody
    requested meanwhile are dropped. Threads may share it: reads of the young half need no lock,
    everything else takes one.
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
        """The bytes of cached lines; a line in both halves counts twice."""
        return self._young_bytes + self._old_bytes

    def __call__(self, line: bytes) -> Made:
        """The value for this line."""
        value = self._young.get(line)
        if value is not None:
            return value
        value = self._old.get(line)
        if value is None:
            value = self._make(line)
        self._keep(line, value)
        return value

    def drop(self, line: bytes) -> None:
        """Drop the value of this line."""
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
"""The caches of all modules that are imported by now."""
_forgotten_by_request: dict[object, list[bytes]] = {}
"""For each request that is being made off the loop, the lines forgotten since it began."""


@contextmanager
def making() -> Iterator[None]:
    """Make a request off the loop: lines that are forgotten meanwhile stay forgotten.

    The request may cache them again before it ends; they are then dropped again.
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
    """Drop all values of these lines: their thread was unloaded or deleted."""
    dropped = list(lines)
    with _lock:
        for forgotten in _forgotten_by_request.values():
            forgotten.extend(dropped)
    _drop(dropped)


def held_bytes() -> int:
    """The bytes of all cached lines."""
    with _lock:
        return sum(cache.held_bytes for cache in _caches)


def _drop(lines: Iterable[bytes]) -> None:
    with _lock:
        caches = tuple(_caches)
    for line in lines:
        for cache in caches:
            cache.drop(line)
