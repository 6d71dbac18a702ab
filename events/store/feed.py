"""Following the log: what was, from a position on, and what is appended, without gap or double."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from threadhost.events.base import Recorded
from threadhost.events.store.seal import End

PAGE_EVENTS = 128
PAGE_BYTES = 4 * 1024 * 1024
"""What is read at once of those who follow, unless a single event is larger."""
Listener = Callable[[Sequence[Recorded]], None]
Preparer = Callable[[Sequence[Recorded]], Awaitable[None]]
Read = Callable[[int, int, int | None], Awaitable[Sequence[Recorded]]]
logger = logging.getLogger("threadhost.store")


class Feed:
    """Tells listeners of every commit, in log order, on the event loop."""

    def __init__(self, read: Read, end: End) -> None:
        self._read = read
        self._preparers: list[Preparer] = []
        self._listeners: list[Listener] = []
        self._waiting: list[asyncio.Future[None]] = []
        self.end = end
        """The newest position that was published, and the chain there."""

    @property
    def position(self) -> int:
        """The newest position that was published."""
        return self.end.position

    async def publish(self, recorded: Sequence[Recorded]) -> None:
        """Pass on the events of one commit, once all is prepared; called for one at a time.

        What fails of that keeps nothing from the others.
        """
        if not recorded:
            return
        for prepare in self._preparers:
            try:
                await prepare(recorded)
            except Exception:
                logger.exception("what listeners need at %d is not there", recorded[-1].position)
        last = recorded[-1]
        self.end = End(last.position, last.chain)
        for listener in tuple(self._listeners):
            try:
                listener(recorded)
            except Exception:
                logger.exception("a listener of the log failed at position %d", self.position)
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def prepare(self, preparer: Preparer) -> None:
        """Await this with every later commit before anybody is told of it, its appender included.

        It reads what listeners need, who cannot wait.
        """
        self._preparers.append(preparer)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every later commit; returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def follow(self, after: int) -> AsyncIterator[Recorded]:
        """All events after a position: those that exist, then each as it is published."""
        while True:
            position = self.position
            page = await self._read(after, PAGE_EVENTS, PAGE_BYTES)
            for recorded in page:
                yield recorded
            if page:
                after = page[-1].position
                await asyncio.sleep(0)
            elif self.position == position:  # else there may be what the read was too early for
                await self._next_commit()

    async def _next_commit(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future
