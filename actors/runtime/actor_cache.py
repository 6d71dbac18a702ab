"""A cache of actors: made from the log on demand, and dropped when the cache is full."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from threadhost.actors.runtime.actor import LoopActor

A = TypeVar("A", bound=LoopActor)


class ActorCache(Generic[A]):
    """At most one actor a key; above the limit, idle ones go, the least recently used first."""

    def __init__(self, launch: Callable[[str], Awaitable[A]], kept_max: int) -> None:
        self._launch = launch
        self._kept_max = kept_max
        self._actors: OrderedDict[str, A] = OrderedDict()
        self._launching: dict[str, asyncio.Event] = {}

    def __len__(self) -> int:
        return len(self._actors)

    async def get(self, key: str) -> A:
        """The actor of this key, made anew if there is none or if it failed.

        Concurrent callers share one launch: an actor with an earlier reading of the log would not
        know what the other has appended since.
        """
        while (actor := self._running(key)) is None:
            if (under_way := self._launching.get(key)) is not None:
                await under_way.wait()
            else:
                await self._make(key)
        self._actors.move_to_end(key)
        return actor

    def close(self) -> None:
        """Stop and drop all actors."""
        for actor in self._actors.values():
            actor.kill()
        self._actors.clear()

    def _running(self, key: str) -> A | None:
        actor = self._actors.get(key)
        return None if actor is None or actor.actor_stopped.is_set() else actor

    async def _make(self, key: str) -> None:
        launched = self._launching[key] = asyncio.Event()
        try:
            actor = await self._launch(key)
            self._evict()
            self._actors[key] = actor
        finally:
            del self._launching[key]
            launched.set()

    def _evict(self) -> None:
        for key, actor in list(self._actors.items()):
            if len(self._actors) < self._kept_max:
                return
            if not actor.is_working:
                del self._actors[key]
                actor.kill()
