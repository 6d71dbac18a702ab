"""Doing in one batch what many ask for at once; later requests join the next batch."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from threadhost.actors.runtime.actor import ActorFailed
from threadhost.actors.runtime.tasks import begin
from threadhost.events.named_tuple import NamedTuple

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
R = TypeVar("R")


class _Waiting(NamedTuple, Generic[T, R]):
    item: T
    answer: "asyncio.Future[R]"


class Batcher(Generic[K, T, R]):
    """Does one piece of work for a batch of items of a key, at most `at_once_max` at a time.

    A batch waits only for the batch before it. A cancelled caller affects no other, and its item is
    dropped if its batch has not begun. If a batch fails, each item is tried alone, so that none
    fails because of another; but not after ActorFailed, when the work may have been done.
    """

    def __init__(
        self, work: Callable[[K, Sequence[T]], Awaitable[Sequence[R]]], at_once_max: int
    ) -> None:
        self._work = work
        self._at_once_max = at_once_max
        self._waiting: dict[K, list[_Waiting[T, R]]] = {}

    async def do(self, key: K, item: T) -> R:
        """The result for this item. Raises the error of its work."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = []
            begin(self._work_off(key, waiting))
        waiting.append(_Waiting(item, answer))
        return await answer

    async def _work_off(self, key: K, waiting: list[_Waiting[T, R]]) -> None:
        try:
            while waiting:
                batch = waiting[: self._at_once_max]
                del waiting[: self._at_once_max]
                await self._answer(key, batch)
        finally:
            del self._waiting[key]
            for request in waiting:  # the loop is closing
                request.answer.cancel()

    async def _answer(self, key: K, batch: Sequence[_Waiting[T, R]]) -> None:
        batch = [request for request in batch if not request.answer.done()]
        if not batch:
            return
        try:
            results = await self._work(key, [request.item for request in batch])
        except Exception as error:  # noqa: BLE001  (passed on to the callers)
            if len(batch) == 1 or isinstance(error, ActorFailed):
                _refuse(batch, error)
                return
            for request in batch:
                await self._answer(key, [request])
        except BaseException:
            for request in batch:
                request.answer.cancel()
            raise
        else:
            for request, result in zip(batch, results, strict=True):
                if not request.answer.done():
                    request.answer.set_result(result)


def _refuse(batch: Sequence[_Waiting[T, R]], error: Exception) -> None:
    for request in batch:
        if not request.answer.done():
            request.answer.set_exception(error)
