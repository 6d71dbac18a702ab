"""Waiting until nothing is under way in a host."""

import asyncio
from collections.abc import Callable, Sequence

from threadhost.events.base import Recorded
from threadhost.events.store.log import Log

WAIT_S = 20


async def quiet(log: Log, is_busy: Callable[[], bool]) -> None:
    """Look again after each commit until it is not busy any more. Raises TimeoutError."""
    moved = asyncio.Event()

    def published(facts: Sequence[Recorded]) -> None:
        if facts:
            moved.set()

    log.feed.listen(published)
    async with asyncio.timeout(WAIT_S):
        while is_busy():
            await moved.wait()
            moved.clear()
