"""Detects steps of the wall clock: somebody may set it, and machines sleep."""

from threadhost.actors.ports import Clock
from threadhost.actors.runtime.tasks import Closable
from threadhost.adapters.host_record import HostRecord
from threadhost.events.causes import by_timer
from threadhost.events.host import ClockStepped
from threadhost.events.operator_log import CLOCK_STEPPED

LOOK_EVERY_S = 5.0
STEP_MS = 1_000
"""The drift between two looks that is no step; a clock that is slewed drifts by 3 ms at most."""


class ClockWatch(Closable):
    """Compares the wall clock with the monotonic clock regularly, and records its steps."""

    def __init__(self, clock: Clock, record: HostRecord) -> None:
        super().__init__()
        self._clock = clock
        self._record = record
        self._ahead_ms = self._now_ahead_ms()
        """How far the wall clock is ahead of the monotonic clock."""

    def compare(self, newest_ms: int) -> None:
        """Record a step if the newest event of the log is dated in the future."""
        now_ms = self._clock.now_ms()
        if newest_ms > now_ms:
            step = ClockStepped(before_ms=newest_ms, after_ms=now_ms)
            self._tell(step, self._record.start)

    async def run(self) -> None:
        """Look at intervals until closed."""
        while not await self.closes_within(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Record a step since the last look, if there was one."""
        before_ms, self._ahead_ms = self._ahead_ms, self._now_ahead_ms()
        if abs(self._ahead_ms - before_ms) >= STEP_MS:
            now_ms = self._clock.now_ms()
            expected_ms = now_ms - (self._ahead_ms - before_ms)
            step = ClockStepped(before_ms=expected_ms, after_ms=now_ms)
            self._tell(step, by_timer("clock", now_ms))

    def _tell(self, step: ClockStepped, cause: str) -> None:
        CLOCK_STEPPED.emit(before_ms=step.before_ms, after_ms=step.after_ms)
        self._record.note(step, cause)

    def _now_ahead_ms(self) -> int:
        return self._clock.now_ms() - int(self._clock.monotonic() * 1000)
