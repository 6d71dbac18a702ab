"""A thread with its own event loop, for libraries that would disturb the host's loop."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from threadhost.events.named_tuple import NamedTuple

if TYPE_CHECKING:
    from concurrent.futures import Future

WAITING_MAX = 64
"""How many results may wait to be taken; then the maker waits."""

Made = TypeVar("Made")


class LoopClosed(Exception):
    """The thread ended while a caller awaited it."""


class _Raised(NamedTuple):
    """The exception that ended a maker."""

    error: BaseException


class _Done:
    """A maker has finished."""


class ForeignLoop:
    """Runs coroutines elsewhere; the first one starts a thread, which `close` ends."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None

    async def run(self, work: Coroutine[Any, Any, Made]) -> Made:
        """The result of a coroutine that runs there; cancelling this cancels it."""
        return await asyncio.wrap_future(self._begin(work))

    async def stream(
        self, make: Callable[[], AsyncGenerator[Made, None]]
    ) -> AsyncGenerator[Made, None]:
        """The items of an iterator that runs there; ending or cancelling this ends it at once."""
        channel = _Channel[Made]()
        future = self._begin(channel.fill(make))
        try:
            while not isinstance(item := await channel.next(), _Done):
                if isinstance(item, _Raised):
                    raise item.error
                yield item
        finally:
            future.cancel()

    async def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Cancel all work there, run `last`, and wait for the thread; idempotent."""
        thread, loop, self._thread = self._thread, self._loop, None
        if thread is None or loop is None:
            return
        asyncio.run_coroutine_threadsafe(_wind_up(last), loop)
        await asyncio.to_thread(thread.join)

    def _begin(self, work: Coroutine[Any, Any, Made]) -> "Future[Made]":
        if self._thread is None or self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = Thread(target=_serve, args=(self._loop,), name=self._name, daemon=True)
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop)


class _Channel(Generic[Made]):
    """Passes items from one loop to another, with a bounded number waiting."""

    def __init__(self) -> None:
        self._takers_loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[Made | _Raised | _Done] = asyncio.Queue(WAITING_MAX)
        self._is_abandoned = False

    async def next(self) -> Made | _Raised | _Done:
        """The next item; called on the taker's loop."""
        if self._is_abandoned and self._waiting.empty():
            return _Raised(LoopClosed())
        return await self._waiting.get()

    async def fill(self, make: Callable[[], AsyncGenerator[Made, None]]) -> None:
        """Make items and pass them on; runs on the other loop."""
        try:
            async with aclosing(make()) as things:
                async for thing in things:
                    await self._hand(thing)
        except asyncio.CancelledError:
            with suppress(RuntimeError):
                self._takers_loop.call_soon_threadsafe(self._abandon)
            raise
        except Exception as error:  # noqa: BLE001 - the taker gets it
            await self._hand(_Raised(error))
        else:
            await self._hand(_Done())

    def _abandon(self) -> None:
        self._is_abandoned = True
        if self._waiting.empty():
            self._waiting.put_nowait(_Raised(LoopClosed()))

    async def _hand(self, item: Made | _Raised | _Done) -> None:
        with suppress(RuntimeError):  # the taker's loop has ended
            handed = asyncio.run_coroutine_threadsafe(self._waiting.put(item), self._takers_loop)
            await asyncio.wrap_future(handed)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


async def _wind_up(last: Callable[[], Coroutine[Any, Any, None]]) -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with suppress(Exception):
        await last()
    asyncio.get_running_loop().stop()
