"""Child tasks of actors: kept until they are over, since the loop holds its tasks only weakly."""

import asyncio
from collections.abc import Coroutine
from typing import Any

_tasks: set[asyncio.Task[None]] = set()


def begin(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run this as a task of its own."""
    task = asyncio.get_running_loop().create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


def is_cancelled() -> bool:
    """Whether somebody asked for the end of the task that asks this."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
