"""The way in: open while the host takes requests, and counting those that are under way."""

import asyncio

from threadhost.actors.errors import ShuttingDown


class Gate:
    """A context that many may be in at once; raises ShuttingDown once it is closed."""

    def __init__(self) -> None:
        self._count = 0
        self._is_closed = False
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def __enter__(self) -> None:
        self.require_open()
        self._count += 1
        self._is_empty.clear()

    def __exit__(self, *_: object) -> None:
        self._count -= 1
        if not self._count:
            self._is_empty.set()

    def require_open(self) -> None:
        """Raises ShuttingDown once it is closed, to whoever is in it for long; on any thread."""
        if self._is_closed:
            raise ShuttingDown

    def close(self) -> None:
        """Let nobody in any more."""
        self._is_closed = True

    async def empty(self) -> None:
        """Wait until nobody is in it."""
        await self._is_empty.wait()
