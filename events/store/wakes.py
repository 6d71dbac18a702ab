"""Wakes readers that wait for news of a database, after commits of this process to it."""

import os
from collections.abc import Hashable
from pathlib import Path
from threading import Event, Lock

_lock = Lock()
_waiting: dict[Hashable, tuple[Event, ...]] = {}


def listen(place: Path | object, event: Event) -> None:
    """Set the event after every commit of this process to a database: its path, or itself."""
    key = _key(place)
    with _lock:
        _waiting[key] = (*_waiting.get(key, ()), event)


def unlisten(place: Path | object, event: Event) -> None:
    """Stop that; idempotent."""
    key = _key(place)
    with _lock:
        remaining = tuple(waiting for waiting in _waiting.get(key, ()) if waiting is not event)
        if remaining:
            _waiting[key] = remaining
        else:
            _waiting.pop(key, None)


def wake(place: Path | object) -> None:
    """Notify the listeners of a commit. Costs almost nothing if there are none."""
    if _waiting:
        for event in _waiting.get(_key(place), ()):
            event.set()


def _key(place: Path | object) -> Hashable:
    return os.path.realpath(place) if isinstance(place, Path) else place
