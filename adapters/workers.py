"""The threads beside the loop, for work that would block it."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

WORKERS = min(8, (os.cpu_count() or 1) + 4)


class Workers(ThreadPoolExecutor):
    """A pool that starts all of its threads at the beginning: later the system may have none.

    Raises RuntimeError if the first cannot be started; the first then starts the others.
    """

    def __init__(self, count: int = WORKERS) -> None:
        super().__init__(count, thread_name_prefix="threadhost-worker")
        self.complete = self.submit(self._start_others, count)
        """Done once all threads run; RuntimeError if one of them cannot be started."""

    def _start_others(self, count: int) -> None:
        together = Barrier(count)

        def begin() -> None:
            with suppress(BrokenBarrierError):
                together.wait()  # so that no thread takes the work of another

        try:
            for _ in range(1, count):
                self.submit(begin)
        except RuntimeError:
            together.abort()
            raise
        begin()
