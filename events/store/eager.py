"""Work that is awaited and seldom has to wait: begun at once, without a turn of the loop."""

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any


def start_eagerly(work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Do work now, up to where it waits; the task that does the rest, None if that is all.

    What it raises before it waits comes from here. Until then it belongs to no task of its own.
    """
    try:
        awaited = work.send(None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_finish(work, awaited))


async def _finish(work: Coroutine[Any, Any, None], awaited: object) -> None:
    await _resume(work, awaited)


@coroutine
def _resume(work: Coroutine[Any, Any, None], awaited: object) -> Generator[Any, Any, None]:
    yield awaited
    yield from work.__await__()
