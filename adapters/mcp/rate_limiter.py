"""Limits the rate at which a server is read: the excess waits in the server's own pipe."""

import asyncio
import time

MESSAGES_PER_S = 1_000
BYTES_PER_S = 16 * 1024 * 1024
REQUEST_COUNTS = 20
"""A server's request counts as this many messages: each must be answered."""
LISTENING_COUNTS = 200
"""A listening request over HTTP counts as this many: the server may end each at once."""
BURST_S = 1.0


class RateLimiter:
    """A limit on messages and bytes a second, with a burst of one second."""

    __slots__ = ("_free_at_s",)

    def __init__(self) -> None:
        self._free_at_s = 0.0

    async def take(self, bytes_: int, messages: int = 1) -> None:
        """Count received data; waits while the rate is exceeded."""
        now = time.monotonic()
        costs_s = max(messages / MESSAGES_PER_S, bytes_ / BYTES_PER_S)
        self._free_at_s = max(self._free_at_s, now - BURST_S) + costs_s
        if self._free_at_s > now:
            await asyncio.sleep(self._free_at_s - now)
