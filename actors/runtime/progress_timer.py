"""The time limits of a model call, with one timer however often the model makes progress."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from threadhost.actors.models import CallLimits

MILLISECONDS = 1000


class ProgressTimer:
    """Watches one call; 0 in `limits` means no limit. It belongs to the loop that it is made on."""

    __slots__ = (
        "_is_held",
        "_limits",
        "_loop",
        "_on_over",
        "_on_slow",
        "_progressed_at",
        "_started_at",
        "_timer",
        "_warned",
    )

    def __init__(
        self, limits: CallLimits, on_slow: Callable[[], None], on_over: Callable[[str], None]
    ) -> None:
        self._limits = limits
        self._on_slow = on_slow
        self._on_over = on_over
        self._loop = asyncio.get_running_loop()
        self._started_at = self._progressed_at = self._loop.time()
        self._is_held = self._warned = False
        self._timer: asyncio.TimerHandle | None = None
        waits = (limits.response_timeout_ms, limits.idle_timeout_ms, limits.slow_after_ms)
        shortest_ms = min(filter(None, waits), default=0)
        if shortest_ms:
            due = self._started_at + shortest_ms / MILLISECONDS
            self._timer = self._loop.call_at(due, self._look)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Stop the model's clock while the host processes an event."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            self.progressed()

    def progressed(self) -> None:
        """Note that an event was processed."""
        self._progressed_at = self._loop.time()
        self._warned = False

    def close(self) -> None:
        """Stop watching."""
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        due = [at for at, _ in self._deadlines()]
        if due:
            self._timer = self._loop.call_at(min(due), self._look)

    def _look(self) -> None:
        now = self._loop.time()
        if self._is_held:
            self._progressed_at = now
        for at, reached in self._deadlines():
            if at <= now and not reached():
                return
        self._wait()

    def _deadlines(self) -> list[tuple[float, Callable[[], bool]]]:
        """The next deadlines with their actions; an action returns whether to continue watching."""
        limits = self._limits
        deadlines: list[tuple[float, Callable[[], bool]]] = []
        if limits.response_timeout_ms:
            at = self._started_at + limits.response_timeout_ms / MILLISECONDS
            deadlines.append((at, self._took_too_long))
        if limits.idle_timeout_ms:
            at = self._progressed_at + limits.idle_timeout_ms / MILLISECONDS
            deadlines.append((at, self._was_idle))
        if limits.slow_after_ms and not self._warned:
            at = self._progressed_at + limits.slow_after_ms / MILLISECONDS
            deadlines.append((at, self._was_slow))
        return deadlines

    def _took_too_long(self) -> bool:
        limit = self._limits.response_timeout_ms
        self._on_over(f"the model's answer did not end within {limit} ms (response_timeout_ms)")
        return False

    def _was_idle(self) -> bool:
        limit = self._limits.idle_timeout_ms
        self._on_over(f"the model made no progress for {limit} ms (stream_idle_timeout_ms)")
        return False

    def _was_slow(self) -> bool:
        self._warned = True
        self._on_slow()
        return True
