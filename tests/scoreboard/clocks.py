"""A wall clock that jumps and stops, and a host that lives by it."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch
from uuid import UUID

from threadhost.adapters.clock import SystemClock

DAY_MS = 24 * 3600 * 1000


class Wall:
    """What the wall clock shows: real time, moved, or standing still."""

    def __init__(self) -> None:
        self.moved_ms = 0
        self.stands_at_ms: int | None = None

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, as far as anybody can tell."""
        if self.stands_at_ms is not None:
            return self.stands_at_ms
        return time.time_ns() // 1_000_000 + self.moved_ms

    def jump(self, how: str) -> None:
        """Set the clock."""
        JUMPS[how](self)

    def move(self, by_ms: int) -> None:
        self.moved_ms += by_ms
        self.stands_at_ms = None

    def stop(self) -> None:
        self.stands_at_ms = self.now_ms()

    def summer_time(self) -> None:
        os.environ["TZ"] = "CEST-2" if os.environ.get("TZ") != "CEST-2" else "CET-1"
        time.tzset()
        self.move(3600 * 1000 if self.moved_ms <= 0 else -3600 * 1000)


JUMPS: dict[str, Callable[[Wall], None]] = {
    "-1 day": lambda wall: wall.move(-DAY_MS),
    "+1 year": lambda wall: wall.move(365 * DAY_MS),
    "stop": Wall.stop,
    "summer time": Wall.summer_time,
}


class WallIds:
    """Identifiers (UUID version 7) whose time is that of the wall clock."""

    def __init__(self, wall: Wall) -> None:
        self._wall = wall
        self.given: list[str] = []

    def new(self) -> str:
        """A fresh identifier; a later one may sort before an earlier one."""
        chance = int.from_bytes(os.urandom(10))
        number = self._wall.now_ms() << 80 | chance & ~(0xF << 76) & ~(0x3 << 62)
        self.given.append(str(UUID(int=number | 0x7 << 76 | 0x2 << 62)))
        return self.given[-1]


@contextmanager
def living_by(wall: Wall, ids: WallIds) -> Iterator[None]:
    """Hosts that are opened meanwhile take their time and their ids from this wall clock."""
    zone = os.environ.get("TZ")
    with ExitStack() as stack:
        stack.enter_context(patch.object(SystemClock, "now_ms", lambda _self: wall.now_ms()))
        stack.enter_context(
            patch("threadhost.adapters.jsonrpc.context.TimeOrderedIds", lambda: ids)
        )
        yield
    os.environ.pop("TZ", None)
    if zone is not None:
        os.environ["TZ"] = zone
    time.tzset()
