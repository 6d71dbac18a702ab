"""Finds live threads to unload: without work or followers for long enough."""

from collections.abc import Callable

from threadhost.actors.ports import Clock
from threadhost.actors.runtime.threads import LiveThreads

IDLE = "idle"
"""The reason that such a thread's shutdown is recorded with."""


class Passivation:
    """Checks the live threads at intervals, and finds those that were idle throughout.

    A new event of a thread, or a follower, starts its time anew.
    """

    def __init__(
        self,
        threads: LiveThreads,
        is_followed: Callable[[str], bool],
        clock: Clock,
        idle_after_ms: int,
    ) -> None:
        self._threads = threads
        self._is_followed = is_followed
        self._clock = clock
        self.idle_after_ms = idle_after_ms
        self._resting_since: dict[str, tuple[int, float]] = {}

    @property
    def interval_s(self) -> float:
        """The interval between checks: a thread is unloaded a quarter of its time late at most."""
        return min(60.0, max(0.02, self.idle_after_ms / 4000))

    def due(self) -> list[str]:
        """The threads to unload now."""
        now, resting_since, idle = self._clock.monotonic(), {}, []
        for actor in self._threads.actors():
            thread_id = actor.state.id
            if not actor.rests or self._is_followed(thread_id):
                continue
            version, since = self._resting_since.get(thread_id, (-1, now))
            if version != actor.state.version:
                since = now
            elif (now - since) * 1000 >= self.idle_after_ms:
                idle.append(thread_id)
            resting_since[thread_id] = (actor.state.version, since)
        self._resting_since = resting_since
        return idle
