"""Counting what is under way, to be able to wait for it."""

import asyncio
from types import TracebackType


class InFlight:
    """A context that many may be in; `over` waits until nobody is."""

    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    def __enter__(self) -> None:
        self._count += 1
        self._none.clear()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._count -= 1
        if not self._count:
            self._none.set()

    async def over(self) -> None:
        """Wait until nobody is in it."""
        await self._none.wait()
