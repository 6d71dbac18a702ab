"""Background work with at most one task a key, which retries until it is done."""

import asyncio
from collections.abc import Awaitable, Callable

from threadhost.actors.errors import Refusal, ShuttingDown, ThreadNotFound
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.tasks import begin, cancel_and_wait
from threadhost.events.operator_log import HOST_FAULT
from threadhost.events.store.errors import StoreError, StoreFailed

WAIT_MAX_S = 10
"""The longest wait before a retry."""
Work = Callable[[], Awaitable[None]]


class KeyedTasks:
    """The tasks in progress; what is not done at the host's end, the next host finds in the log.

    `operator_text` names the work of a key, which stands for `{}`, in the operator log.
    """

    def __init__(self, operator_text: str) -> None:
        self._operator_text = operator_text
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_closed = False

    def begin(self, key: str, work: Work) -> None:
        """Do this work with retries, unless work of this key is in progress."""
        if key not in self._tasks and not self._is_closed:
            self._tasks[key] = begin(self._with_retries(key, work))

    def __contains__(self, key: str) -> bool:
        """Whether work of this key is in progress."""
        return key in self._tasks

    async def close(self) -> None:
        """Cancel all tasks, and begin no more."""
        self._is_closed = True
        await cancel_and_wait([*self._tasks.values()])

    async def _with_retries(self, key: str, work: Work) -> None:
        """Do the work until it is done; transient errors only delay it."""
        wait_s = append_errors.RETRY_S
        try:
            while await _is_left(self._operator_text.format(key), work):
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, WAIT_MAX_S)
        finally:
            # No await since the last look at the outbox: anything posted later begins a new task.
            del self._tasks[key]


async def _is_left(what: str, work: Work) -> bool:
    try:
        await work()
    except (ThreadNotFound, ShuttingDown, StoreFailed):
        return False
    except (Refusal, StoreError):
        return True
    except Exception as error:  # noqa: BLE001  (it is tried again)
        HOST_FAULT.emit(error, what=what)
        return True
    return False
