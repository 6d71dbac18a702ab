"""How fast a server is listened to: what it says beyond that waits in its own pipe."""

import asyncio
import time

MESSAGES_PER_S = 1_000
BYTES_PER_S = 16 * 1024 * 1024
REQUEST_COUNTS = 20
"""A request of the server's own counts as so many messages: each has to be answered."""
LISTENING_COUNTS = 200
"""So does a request of ours to be told more, over HTTP: it may end at once, over and over."""
BURST_S = 1.0


class RateLimiter:
    """So many messages and bytes a second, and those of one second at once."""

    __slots__ = ("_free_at_s",)

    def __init__(self) -> None:
        self._free_at_s = 0.0

    async def take(self, bytes_: int, messages: int = 1) -> None:
        """Count what came; waits while it was too much."""
        now = time.monotonic()
        costs_s = max(messages / MESSAGES_PER_S, bytes_ / BYTES_PER_S)
        self._free_at_s = max(self._free_at_s, now - BURST_S) + costs_s
        if self._free_at_s > now:
            await asyncio.sleep(self._free_at_s - now)
