"""The running calls of one client, which is closed when the last of them is over."""

import asyncio
from collections.abc import Awaitable, Callable


class RunningCalls:
    """A context around each call; `close` releases the client's connections."""

    def __init__(self, close: Callable[[], Awaitable[None]]) -> None:
        self._close = close
        self._count = 0
        self._is_retired = False
        self._closing: asyncio.Future[None] | None = None

    def __enter__(self) -> None:
        self._count += 1

    def __exit__(self, *_: object) -> None:
        self._count -= 1
        if self._is_retired and not self._count:
            self._closing = asyncio.ensure_future(self._close())

    async def retire(self) -> None:
        """Close the client when no call runs; no call follows."""
        self._is_retired = True
        if not self._count:
            await self._close()
