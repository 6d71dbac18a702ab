"""A thread with an event loop of its own, for libraries that are no good neighbours on ours."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from threadhost.events.named_tuple import NamedTuple

if TYPE_CHECKING:
    from concurrent.futures import Future

WAITING_MAX = 64
"""What was made there and not yet taken here; beyond it the maker waits."""

Made = TypeVar("Made")


class LoopClosed(Exception):
    """The thread ended while something was awaited from it."""


class _Raised(NamedTuple):
    """How a maker ended, if not well."""

    error: BaseException


class _Done:
    """A maker came to its end."""


class ForeignLoop:
    """Runs coroutines elsewhere; a thread begins with the first of them, and ends with `close`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None

    async def run(self, work: Coroutine[Any, Any, Made]) -> Made:
        """What a coroutine gives there; cancelling this cancels it."""
        return await asyncio.wrap_future(self._begin(work))

    async def stream(
        self, make: Callable[[], AsyncGenerator[Made, None]]
    ) -> AsyncGenerator[Made, None]:
        """What an iterator gives there. Ending this early, or cancelling it, ends that at once."""
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
        """End all that runs there, do a last thing, and wait for the thread; idempotent."""
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
    """Carries what is made on one loop to another, a bounded number of things at a time."""

    def __init__(self) -> None:
        self._takers_loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[Made | _Raised | _Done] = asyncio.Queue(WAITING_MAX)
        self._is_abandoned = False

    async def next(self) -> Made | _Raised | _Done:
        """The next thing; called on the loop of who takes."""
        if self._is_abandoned and self._waiting.empty():
            return _Raised(LoopClosed())
        return await self._waiting.get()

    async def fill(self, make: Callable[[], AsyncGenerator[Made, None]]) -> None:
        """Make things and hand them over; runs on the other loop."""
        try:
            async with aclosing(make()) as things:
                async for thing in things:
                    await self._hand(thing)
        except asyncio.CancelledError:
            with suppress(RuntimeError):
                self._takers_loop.call_soon_threadsafe(self._abandon)
            raise
        except Exception as error:  # noqa: BLE001 - whoever takes, hears of it
            await self._hand(_Raised(error))
        else:
            await self._hand(_Done())

    def _abandon(self) -> None:
        self._is_abandoned = True
        if self._waiting.empty():
            self._waiting.put_nowait(_Raised(LoopClosed()))

    async def _hand(self, item: Made | _Raised | _Done) -> None:
        with suppress(RuntimeError):  # the loop that took it has ended
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
