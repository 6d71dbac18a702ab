"""Which live threads nobody has use for: no work, no followers, for long enough."""

from collections.abc import Callable

from threadhost.actors.ports import Clock
from threadhost.actors.runtime.threads import LiveThreads

IDLE = "idle"
"""The reason that such a thread's shutdown is recorded with."""


class Passivation:
    """Looks at the live threads now and then, and names those that have been idle throughout.

    Anything that a thread recorded since the last look, and any follower, starts its time anew.
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
        """How often to look, so that a thread is let go at most a quarter of its time late."""
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
