"""Divides work on the loop into slices, however much an endpoint sends at once."""

import asyncio
import time

SLICE_S = 0.004
"""How long one answer blocks the loop: twenty bad ones together delay others by 0.1 s."""


class TimeSlices:
    """Lets the loop's other tasks run whenever a slice is used up.

    A new slice begins without a rest if the tasks ran meanwhile, while there was nothing to read.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._until = 0.0
        self._others_ran = True

    @property
    def is_over(self) -> bool:
        """Whether the slice is used up."""
        return time.monotonic() > self._until

    async def rest(self) -> None:
        """If the slice is used up, let the others run and begin another slice."""
        if not self._others_ran and self.is_over:
            await asyncio.sleep(0)
        if self._others_ran:
            self._others_ran = False
            self._until = time.monotonic() + SLICE_S
            self._loop.call_soon(self._note)

    def _note(self) -> None:
        self._others_ran = True
