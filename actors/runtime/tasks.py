"""Child tasks of actors: kept until they are over, since the loop holds its tasks only weakly."""

import asyncio
from collections.abc import Collection, Coroutine
from contextlib import suppress
from typing import Any

from threadhost.events.operator_log import HOST_FAULT

_tasks: set[asyncio.Task[None]] = set()


def begin(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run this as a task of its own."""
    task = asyncio.get_running_loop().create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


class ChildTask:
    """One piece of work of an actor, which can be let go of."""

    __slots__ = ("task",)

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        """End it; nothing of it is heard any more."""
        if self.task is not None:
            self.task.cancel()


def begin_beside(work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
    """Run this beside all else, in a set of its own; whatever it fails with is logged."""
    task = asyncio.get_running_loop().create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    task.add_done_callback(_log_failure)


class Closable:
    """Work that goes on, with rests, until it is closed."""

    def __init__(self) -> None:
        self._closed = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is to be begun."""
        return self._closed.is_set()

    def close(self) -> None:
        """Begin nothing more; idempotent."""
        self._closed.set()

    async def closes_within(self, seconds: float) -> bool:
        """Rest for so long; whether it was closed by then."""
        return await set_within(self._closed, seconds)


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event at most so long; whether it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


def _log_failure(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        HOST_FAULT.emit(error, what=getattr(task.get_coro(), "__qualname__", "work"))


async def cancel_and_wait(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel these, and wait until all of them are over."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def is_cancelled() -> bool:
    """Whether somebody asked for the end of the task that asks this."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
