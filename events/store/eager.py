"""Starts awaited work that seldom waits at once, without a turn of the event loop."""

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any


def start_eagerly(work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Run the work up to its first wait; returns a task for the rest, or None if it is done.

    An exception before the first wait is raised here. Up to there the work runs in no task of its
    own.
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
