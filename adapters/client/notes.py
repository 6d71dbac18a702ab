"""Notifications for a client's reader: one note, and a bounded stream without gaps."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from threadhost.adapters.client.errors import FellBehind
from threadhost.adapters.jsonrpc.models.base import Notification

NOTES_MAX = 65_536
"""How many notifications a stream keeps for a slow reader."""


@dataclass(frozen=True, slots=True)
class Note:
    """One notification: its params as JSON values, and its place in the log.

    `cursor` also names the log, so that it cannot be confused with a place in another log or a
    copy.
    """

    method: str
    params: dict[str, Any]
    position: int
    emitted_at_ms: int
    cursor: str = ""

    @property
    def thread_id(self) -> str | None:
        """The thread of the notification; None without one."""
        thread_id = self.params.get("threadId") or self.params.get("thread", {}).get("id")
        return str(thread_id) if thread_id else None

    def typed(self) -> Notification:
        """The params as a model. Raises KeyError for a notification without a model."""
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
        """Keep a note if the stream selects it; never blocks."""
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
        """Accept no more notes; waiting ones can still be read."""
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
