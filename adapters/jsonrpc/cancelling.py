"""Requests that their client can cancel while they wait or run, and the error that ends them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

from threadhost.actors.runtime.tasks import is_cancelled
from threadhost.adapters.jsonrpc.errors import RpcError, refusal

R = TypeVar("R")
CancelKey = tuple[str, str | int]
"""A method, and the id of a request of that method."""


class Cancellable:
    """The running requests of one connection that its client can cancel."""

    def __init__(self) -> None:
        self._running: dict[CancelKey, asyncio.Task[object]] = {}

    async def run(self, requested: CancelKey, work: Coroutine[object, object, R]) -> R:
        """The result of the work. Raises RpcError if the client cancels it first."""
        task = asyncio.ensure_future(work)
        self._running[requested] = task
        try:
            return await task
        except asyncio.CancelledError:
            if is_cancelled():
                raise
            raise _cancelled(requested) from None
        finally:
            del self._running[requested]

    def cancel(self, requested: CancelKey) -> None:
        """Cancel a request; does nothing if it is over or unknown."""
        if task := self._running.get(requested):
            task.cancel()


def ending_early(requested: CancelKey) -> Callable[[object, object], Awaitable[None]]:
    """The handler for a request that was cancelled before it began."""

    async def end(params: object, call: object) -> None:
        raise _cancelled(requested)

    return end


def _cancelled(requested: CancelKey) -> RpcError:
    return refusal("requestCancelled", WORDS[requested[0]])


WORDS = dict.fromkeys(("thread/search", "thread/search/stream"), "thread search cancelled")
"""The error message of a cancelled request by method, as clients expect it."""
