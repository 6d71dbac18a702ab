"""An event loop whose order is drawn from a seed, and whose time passes only when it steps."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, TypeVar

STEP_S = 0.000_05
STEPS_MAX = 300_000
T = TypeVar("T")


class Stuck(AssertionError):
    """V1: nothing is ready and nothing will be, or it never ends."""


class SeededLoop(asyncio.SelectorEventLoop):
    """Runs one ready task at a time, any of them; plain callbacks keep their order.

    Timers fire when their time has come in steps, or when nothing else is left to do; work for
    other threads is done at a later step. No input or output: nothing real is waited for.
    """

    def __init__(self, random: Random) -> None:
        self._now_s = 0.0
        super().__init__()
        self.random = random
        self.steps = 0

    def time(self) -> float:
        """Seconds that have passed here."""
        return self._now_s

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        """Do it here, a little later."""
        future: asyncio.Future[T] = self.create_future()

        def work() -> None:
            if future.done():
                return
            try:
                future.set_result(func(*args))
            except Exception as error:  # noqa: BLE001  (handed to whoever waits)
                future.set_exception(error)

        self.call_later(self.random.random() * 20 * STEP_S, work)
        return future

    def _write_to_self(self) -> None:
        """Nobody sleeps."""

    def _run_once(self) -> None:
        ready: Any = self._ready  # type: ignore[attr-defined]
        timers: list[Any] = self._scheduled  # type: ignore[attr-defined]
        self.steps += 1
        self._now_s += STEP_S
        if self.steps > STEPS_MAX:
            raise Stuck(f"V1: no end after {STEPS_MAX} steps")
        while timers and timers[0].cancelled():
            heapq.heappop(timers)._scheduled = False
        if not ready and timers:
            self._now_s = max(self._now_s, timers[0].when())
        while timers and timers[0].when() <= self._now_s:
            timer = heapq.heappop(timers)
            timer._scheduled = False
            ready.append(timer)
        if not ready:
            raise Stuck("V1: nothing is left to run, but somebody waits")
        at = self.random.randrange(len(ready))
        if not _is_step(ready[at]):
            at = next(n for n, handle in enumerate(ready) if not _is_step(handle))
        handle = ready[at]
        del ready[at]
        if not handle.cancelled():
            handle._run()


def _is_step(handle: Any) -> bool:
    return isinstance(getattr(handle._callback, "__self__", None), asyncio.Task)


def run_seeded(work: Callable[[], Awaitable[T]], random: Random) -> T:
    """Run to the end in the order that the source of chance gives."""

    async def main() -> T:
        return await work()

    with asyncio.Runner(loop_factory=lambda: SeededLoop(random)) as runner:
        return runner.run(main())
