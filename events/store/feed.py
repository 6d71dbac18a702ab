"""Following the log: what was, from a position on, and what is appended, without gap or double."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence

from threadhost.events.base import Recorded

PAGE_EVENTS = 128
PAGE_BYTES = 4 * 1024 * 1024
"""What is read at once of those who follow, unless a single event is larger."""
Listener = Callable[[Sequence[Recorded]], None]
logger = logging.getLogger("threadhost.store")


class Feed:
    """Tells listeners of every commit, in log order, on the event loop."""

    def __init__(
        self, read: Callable[[int, int, int | None], Sequence[Recorded]], position: int
    ) -> None:
        self._read = read
        self._listeners: list[Listener] = []
        self._waiting: list[asyncio.Future[None]] = []
        self.position = position
        """The newest position that was published."""

    @property
    def followers(self) -> int:
        """How many wait for the next commit."""
        return len(self._waiting)

    def publish(self, recorded: Sequence[Recorded]) -> None:
        """Pass on the events of one commit; a listener that fails keeps nothing from the others."""
        if not recorded:
            return
        self.position = recorded[-1].position
        for listener in tuple(self._listeners):
            try:
                listener(recorded)
            except Exception:
                logger.exception("a listener of the log failed at position %d", self.position)
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every later commit; returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def follow(self, after: int) -> AsyncIterator[Recorded]:
        """All events after a position: those that exist, then each as it is published."""
        while True:
            page = self._read(after, PAGE_EVENTS, PAGE_BYTES)
            for recorded in page:
                yield recorded
            if page:
                after = page[-1].position
                await asyncio.sleep(0)
            else:
                await self._next_commit()

    async def _next_commit(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future
