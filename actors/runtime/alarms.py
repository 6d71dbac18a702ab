"""The timers of a turn: when its next call is due, and when it has taken too long."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from threadhost.actors.runtime.tasks import begin
from threadhost.events.named_tuple import NamedTuple

MILLISECONDS = 1000


class Due(NamedTuple):
    """A timer ran out: that of the next call, or the deadline of the turn."""

    alarms: "Alarms"
    is_deadline: bool
    urgent: bool = True


Tell = Callable[[Due], Coroutine[Any, Any, None]]


class Alarms:
    """At most one timer of each kind at a time."""

    __slots__ = ("_tell", "_timers")

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._timers: dict[bool, asyncio.TimerHandle] = {}

    def set(self, after_ms: int, *, is_deadline: bool) -> None:
        """Send `Due` after this time, unless a timer of that kind runs already."""
        if is_deadline not in self._timers:
            loop, due = asyncio.get_running_loop(), Due(self, is_deadline)
            delay_s = max(0, after_ms) / MILLISECONDS
            self._timers[is_deadline] = loop.call_later(delay_s, lambda: begin(self._tell(due)))

    def over(self, due: Due) -> None:
        """Remove a timer whose `Due` was handled."""
        self._timers.pop(due.is_deadline, None)

    def cancel(self) -> None:
        """Cancel all timers; a `Due` may still be on its way."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
