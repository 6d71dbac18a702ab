"""Reports a call's progress to clients: the newest text, at a limited rate."""

import asyncio
from collections.abc import Callable
from typing import Self

from threadhost.events.words import truncate

BETWEEN_S = 0.1
WORDS_CHARS_MAX = 4_096


class ReportedProgress:
    """Takes texts on any thread while it is entered; reports them on the loop that made it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._newest: str | None = None
        self._is_due = False
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._flush()
        self._is_over = True

    def say(self, words: str) -> None:
        """Report this text soon, unless a newer one replaces it."""
        self._newest = truncate(words, WORDS_CHARS_MAX)
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        self._flush()
        self._loop.call_later(BETWEEN_S, self._again)

    def _again(self) -> None:
        self._is_due = False
        if self._newest is not None:
            self.say(self._newest)

    def _flush(self) -> None:
        words, self._newest = self._newest, None
        if words is not None and not self._is_over:
            self._tell(words)
