"""Waiters for news of threads or jobs, by id."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Watchers:
    """Wakes the waiters of an id when something changed about it."""

    def __init__(self) -> None:
        self._events: dict[str, list[asyncio.Event]] = {}

    def __iter__(self) -> Iterator[str]:
        """The ids that have waiters."""
        return iter(tuple(self._events))

    @contextmanager
    def watching(self, *ids: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever something changed about one of these ids."""
        news, unique_ids = asyncio.Event(), dict.fromkeys(ids)
        for id_ in unique_ids:
            self._events.setdefault(id_, []).append(news)
        try:
            yield news
        finally:
            for id_ in unique_ids:
                self._events[id_].remove(news)
                if not self._events[id_]:
                    del self._events[id_]

    def notify(self, id_: str) -> None:
        """Wake the waiters of this id."""
        for news in self._events.get(id_, ()):
            news.set()
