"""Requests that their client can take back while they wait or run, and how they end then."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

from threadhost.actors.runtime.tasks import is_cancelled
from threadhost.adapters.jsonrpc.errors import RpcError, refusal

R = TypeVar("R")
CancelKey = tuple[str, str | int]
"""A method, and the id of a request for it."""


class Cancellable:
    """What is at work for one connection and can be ended by it."""

    def __init__(self) -> None:
        self._running: dict[CancelKey, asyncio.Task[object]] = {}

    async def run(self, requested: CancelKey, work: Coroutine[object, object, R]) -> R:
        """What the work gives. Raises RpcError if the client cancels it before that."""
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
        """End it; nothing if it is over, or was never there."""
        if task := self._running.get(requested):
            task.cancel()


def ending_early(requested: CancelKey) -> Callable[[object, object], Awaitable[None]]:
    """The handler for a request that was cancelled before it was begun."""

    async def end(params: object, call: object) -> None:
        raise _cancelled(requested)

    return end


def _cancelled(requested: CancelKey) -> RpcError:
    return refusal("requestCancelled", WORDS[requested[0]])


WORDS = dict.fromkeys(("thread/search", "thread/search/stream"), "thread search cancelled")
"""How a request ends that its client has cancelled, in the words that clients know."""
