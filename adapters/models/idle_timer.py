"""A limit on the duration of waits, kept by one timer for all of them."""

import asyncio


class IdleTimer:
    """Fails the waits of one loop that reach the limit."""

    def __init__(self, limit_ms: int) -> None:
        self._limit_s = limit_ms / 1000
        self._since: dict[asyncio.Future[None], float] = {}
        """Oldest first: with one limit for all, waits reach it in the order in which they began."""
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, wait: asyncio.Future[None]) -> None:
        """Fail this wait with TimeoutError when it reaches the limit."""
        loop = wait.get_loop()
        self._since[wait] = now = loop.time()
        if self._timer is None:
            self._timer = loop.call_at(now + self._limit_s, self._look)

    def end(self, wait: asyncio.Future[None]) -> None:
        """The wait is over."""
        del self._since[wait]

    def close(self) -> None:
        """Fail no more waits; idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        for wait, since in self._since.items():
            due, loop = since + self._limit_s, wait.get_loop()
            if due > loop.time():
                self._timer = loop.call_at(due, self._look)
                return
            if not wait.done():
                wait.set_exception(TimeoutError())
