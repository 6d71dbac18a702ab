"""Actors that are made from the log when they are needed, and let go when they are not."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from threadhost.actors.runtime.actor import LoopActor

A = TypeVar("A", bound=LoopActor)


class ActorCache(Generic[A]):
    """At most one actor a key; those that nothing is asked of are let go, oldest first."""

    def __init__(self, launch: Callable[[str], A], kept_max: int) -> None:
        self._launch = launch
        self._kept_max = kept_max
        self._actors: OrderedDict[str, A] = OrderedDict()

    def __len__(self) -> int:
        return len(self._actors)

    def get(self, key: str) -> A:
        """The actor of this key, made anew if it is not there or has failed."""
        actor = self._actors.get(key)
        if actor is None or actor.actor_stopped.is_set():
            self._let_go()
            actor = self._actors[key] = self._launch(key)
        self._actors.move_to_end(key)
        return actor

    def close(self) -> None:
        """Let go of all of them."""
        for actor in self._actors.values():
            actor.kill()
        self._actors.clear()

    def _let_go(self) -> None:
        for key, actor in list(self._actors.items()):
            if len(self._actors) < self._kept_max:
                return
            if not actor.is_working:
                del self._actors[key]
                actor.kill()
