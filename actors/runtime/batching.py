"""Doing together what many ask for at once: what comes while it is done waits for the next time."""

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
    """Does one thing for all items of a key that gather, at most so many at a time.

    Nothing is waited for but what is under way. Whoever stops waiting changes nothing for others;
    what nobody waits for any more is not begun. What fails for several is done for each alone, so
    that none suffers from another; not where it may be done already, as an actor failed at it.
    """

    def __init__(
        self, work: Callable[[K, Sequence[T]], Awaitable[Sequence[R]]], at_once_max: int
    ) -> None:
        self._work = work
        self._at_once_max = at_once_max
        self._waiting: dict[K, list[_Waiting[T, R]]] = {}

    async def do(self, key: K, item: T) -> R:
        """What came of it for this item. Raises whatever it failed with."""
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
                some = waiting[: self._at_once_max]
                del waiting[: self._at_once_max]
                await self._answer(key, some)
        finally:
            del self._waiting[key]
            for one in waiting:  # the loop is closing
                one.answer.cancel()

    async def _answer(self, key: K, some: Sequence[_Waiting[T, R]]) -> None:
        some = [one for one in some if not one.answer.done()]
        if not some:
            return
        try:
            results = await self._work(key, [one.item for one in some])
        except Exception as error:  # noqa: BLE001  (handed to whoever asked)
            if len(some) == 1 or isinstance(error, ActorFailed):
                _refuse(some, error)
                return
            for one in some:
                await self._answer(key, [one])
        except BaseException:
            for one in some:
                one.answer.cancel()
            raise
        else:
            for one, result in zip(some, results, strict=True):
                if not one.answer.done():
                    one.answer.set_result(result)


def _refuse(some: Sequence[_Waiting[T, R]], error: Exception) -> None:
    for one in some:
        if not one.answer.done():
            one.answer.set_exception(error)
