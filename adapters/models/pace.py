"""Work on the loop in slices, however much of it an endpoint sends at once."""

import asyncio
import time

SLICE_S = 0.004
"""How long one answer holds the loop: twenty bad ones together delay the others by 0.1 s."""


class Pace:
    """Lets the loop's other tasks run whenever a slice is used up."""

    def __init__(self) -> None:
        self._until = time.monotonic() + SLICE_S

    @property
    def is_over(self) -> bool:
        """Whether the slice is used up."""
        return time.monotonic() > self._until

    async def rest(self) -> None:
        """Begin another slice, after the others, if this one is used up."""
        if self.is_over:
            await asyncio.sleep(0)
            self._until = time.monotonic() + SLICE_S
