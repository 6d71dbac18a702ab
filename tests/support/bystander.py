"""Another task of a loop, which knows how long it had to wait for its turn."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

HELD_MS_MAX = 50


class Bystander:
    """What another task of the loop saw."""

    longest_ms = 0.0


@asynccontextmanager
async def bystander() -> AsyncIterator[Bystander]:
    """Runs beside the block."""
    seen = Bystander()

    async def stand() -> None:
        # The time of this thread alone: what other processes take of a core is nobody's fault.
        while True:
            since = time.thread_time()
            await asyncio.sleep(0)
            seen.longest_ms = max(seen.longest_ms, (time.thread_time() - since) * 1000)

    gc.collect()
    gc.freeze()  # to look through all that the tests hold is not what is measured
    task = asyncio.create_task(stand())
    await asyncio.sleep(0)  # it stands there when the block begins
    try:
        yield seen
        await asyncio.sleep(0)  # and sees its end
    finally:
        gc.unfreeze()
        task.cancel()
        await asyncio.wait([task])
