"""The clock: the only module that reads the time of day."""

import time


class SystemClock:
    """Wall time for records, monotonic time for time-outs."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return time.monotonic()
