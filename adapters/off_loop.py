"""Work on data of a client's size: on a thread beside the loop, with a limit on concurrent work."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

AT_A_TIME = 2
"""Each may take several times the memory of the largest message."""
T = TypeVar("T")


class OffLoop:
    """Reads and writes large data; each step is short, so that the loop continues."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_A_TIME)

    async def awaited(self, work: Callable[[], Awaitable[T]]) -> T:
        """Await work that leaves the loop by itself, once a place is free; returns its result."""
        async with self._places:
            return await work()

    async def run(self, work: Callable[[], T]) -> T:
        """Run work on a thread, once a place is free; returns its result."""
        async with self._places:
            return await asyncio.to_thread(work)
