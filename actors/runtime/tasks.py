"""Child tasks of actors: kept here until they end, since the loop holds only weak references."""

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
    """A piece of an actor's work that can be cancelled."""

    __slots__ = ("task",)

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        """Cancel the task; none of its messages is handled any more."""
        if self.task is not None:
            self.task.cancel()


def begin_beside(work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
    """Run this in the background, kept in the given set; an error of it is logged."""
    task = asyncio.get_running_loop().create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    task.add_done_callback(_log_failure)


class Closable:
    """Background work, with rests, until it is closed."""

    def __init__(self) -> None:
        self._closed = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        """Whether no more work may begin."""
        return self._closed.is_set()

    def close(self) -> None:
        """Begin no more work; idempotent."""
        self._closed.set()

    async def closes_within(self, seconds: float) -> bool:
        """Rest this long; returns whether it was closed meanwhile."""
        return await set_within(self._closed, seconds)


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event at most this long; returns whether it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


def _log_failure(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        HOST_FAULT.emit(error, what=getattr(task.get_coro(), "__qualname__", "work"))


async def cancel_and_wait(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel these tasks, and wait until all of them are over."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def is_cancelled() -> bool:
    """Whether the calling task was asked to cancel."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
