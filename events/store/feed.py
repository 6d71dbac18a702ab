"""Follows the log: past events from a position on, then new ones, without gap or duplicate."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any

from threadhost.events.base import Recorded
from threadhost.events.operator_log import HOST_FAULT
from threadhost.events.store.seal import End

PAGE_EVENTS = 128
PAGE_BYTES = 4 * 1024 * 1024
"""Limits of one read for followers, unless a single event is larger."""
Listener = Callable[[Sequence[Recorded]], None]
Ready = Callable[[Sequence[Recorded]], bool]
Preparer = Callable[[Sequence[Recorded]], Awaitable[None]]
Read = Callable[[int, int, int | None], Awaitable[Sequence[Recorded]]]


async def _nothing(recorded: Sequence[Recorded]) -> None:
    del recorded


class Feed:
    """Notifies listeners of every commit, in log order, on the event loop."""

    def __init__(self, read: Read, end: End) -> None:
        self._read = read
        self._ready: Ready = lambda _: True
        self._prepare: Preparer = _nothing
        self._listeners: list[Listener] = []
        self._waiting: list[asyncio.Future[None]] = []
        self.position, self._chain = end

    @property
    def followers(self) -> int:
        """How many followers wait for the next commit."""
        return len(self._waiting)

    @property
    def end(self) -> End:
        """The newest published position, and the chain there."""
        return End(self.position, self._chain)

    def publish(self, recorded: Sequence[Recorded]) -> Coroutine[Any, Any, None] | None:
        """Pass on the events of one commit; returns a coroutine if something has to be read first.

        The caller awaits it before it publishes the next commit.
        """
        if not recorded:
            return None
        try:
            is_ready = self._ready(recorded)
        except Exception as error:  # noqa: BLE001  (`prepare` may succeed instead)
            _report_unprepared(recorded, error)
            is_ready = False
        if not is_ready:
            return self._prepare_and_pass_on(recorded)
        self._pass_on(recorded)
        return None

    async def _prepare_and_pass_on(self, recorded: Sequence[Recorded]) -> None:
        try:
            await self._prepare(recorded)
        except Exception as error:  # noqa: BLE001  (listeners are notified all the same)
            _report_unprepared(recorded, error)
        self._pass_on(recorded)

    def _pass_on(self, recorded: Sequence[Recorded]) -> None:
        """Call every listener, even if another one fails."""
        last = recorded[-1]
        self.position, self._chain = last.position, last.chain
        for listener in tuple(self._listeners):
            try:
                listener(recorded)
            except Exception as error:  # noqa: BLE001  (the other listeners are called)
                HOST_FAULT.emit(error, what=f"a listener of the log at position {self.position}")
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def prepare_with(self, ready: Ready, prepare: Preparer) -> None:
        """Read what listeners need before each later commit is published: listeners cannot wait.

        `ready` says whether nothing has to be read. If not, `prepare` reads it, and only then are
        the listeners and the appender told of the commit.
        """
        self._ready, self._prepare = ready, prepare

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every later commit; returns a function that stops this."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def follow(self, after: int) -> AsyncIterator[Recorded]:
        """Yield all events after a position: the existing ones, then each as it is published."""
        while True:
            position = self.position
            page = await self._read(after, PAGE_EVENTS, PAGE_BYTES)
            for recorded in page:
                yield recorded
            if page:
                after = page[-1].position
                await asyncio.sleep(0)
            elif self.position == position:  # else a commit may have come after the read
                await self._next_commit()

    async def _next_commit(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future


def _report_unprepared(recorded: Sequence[Recorded], error: Exception) -> None:
    HOST_FAULT.emit(error, what=f"preparing listeners for position {recorded[-1].position}")
