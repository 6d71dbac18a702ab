"""Notifications as a client reads them: one note, and a bounded stream without gaps."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from threadhost.adapters.client.errors import FellBehind
from threadhost.adapters.jsonrpc.models.base import Notification

NOTES_MAX = 65_536
"""What a stream keeps for a reader that is busy."""


@dataclass(frozen=True, slots=True)
class Note:
    """One notification: its params as JSON has them, and the place in the log that it carries.

    `cursor` says the place in a way that is not taken for one of another log, or of a copy.
    """

    method: str
    params: dict[str, Any]
    position: int
    emitted_at_ms: int
    cursor: str = ""

    @property
    def thread_id(self) -> str | None:
        """The thread it is about, if it is about one."""
        thread_id = self.params.get("threadId") or self.params.get("thread", {}).get("id")
        return str(thread_id) if thread_id else None

    def typed(self) -> Notification:
        """The params as a model. Raises KeyError for a notification that has none."""
        from threadhost.adapters.jsonrpc.models.catalog import NOTIFICATIONS

        return NOTIFICATIONS[self.method].from_wire(self.params)


class Notes:
    """Notifications from the moment this was made, in order, for one reader.

    Iterating ends when the connection does, and raises FellBehind when more than `notes_max` wait.
    """

    def __init__(
        self, methods: Iterable[str] = (), thread_id: str | None = None, notes_max: int = NOTES_MAX
    ) -> None:
        self._methods = frozenset(methods)
        self._thread_id = thread_id
        self._notes_max = notes_max
        self._waiting: deque[Note] = deque()
        self._woken: asyncio.Event = asyncio.Event()
        self._position = 0
        self._fell_behind = False
        self._ended = False

    def offer(self, note: Note) -> None:
        """Keep a note if it is wanted; never blocks."""
        if self._ended or (self._methods and note.method not in self._methods):
            return
        if self._thread_id is not None and note.thread_id != self._thread_id:
            return
        if len(self._waiting) >= self._notes_max:
            self._fell_behind = True
            self.end()
            return
        self._waiting.append(note)
        self._woken.set()

    def end(self) -> None:
        """Take no more; those that wait can still be read."""
        self._ended = True
        self._woken.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Note:
        while not self._waiting:
            if self._fell_behind:
                raise FellBehind(self._position)
            if self._ended:
                raise StopAsyncIteration
            self._woken.clear()
            await self._woken.wait()
        note = self._waiting.popleft()
        self._position = note.position
        return note
