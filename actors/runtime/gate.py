"""The gate of a host: open while the host takes requests, and counting those in progress."""

import asyncio

from threadhost.actors.errors import ShuttingDown


class Gate:
    """A context that any number of requests may be in; raises ShuttingDown once it is closed."""

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
        """Raise ShuttingDown once it is closed; for long requests inside, on any OS thread."""
        if self._is_closed:
            raise ShuttingDown

    def close(self) -> None:
        """Admit no further requests."""
        self._is_closed = True

    async def empty(self) -> None:
        """Wait until no request is inside."""
        await self._is_empty.wait()
