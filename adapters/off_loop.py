"""Work of a client's size: on a thread beside the loop, and only a little of it at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

AT_A_TIME = 2
"""Each may take as much memory as a message can, some times over."""
T = TypeVar("T")


class OffLoop:
    """Where what is large is read and written; its steps are short, so that the loop goes on."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_A_TIME)

    async def awaited(self, work: Callable[[], Awaitable[T]]) -> T:
        """What work comes to that goes elsewhere by itself, once there is a place for it."""
        async with self._places:
            return await work()

    async def run(self, work: Callable[[], T]) -> T:
        """What the work returns, once there is a place for it."""
        async with self._places:
            return await asyncio.to_thread(work)
