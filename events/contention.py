"""Detects whether several askers want the same resource, so that none takes much of it at once."""

from collections.abc import Callable
from time import monotonic
from typing import Final

LATELY_S: Final = 10.0


class Contention:
    """Remembers the last caller, and until when the resource counts as contended."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._newest: object = None
        self._until_s = 0.0

    def note(self, asker: object) -> None:
        """Record that `asker` asks."""
        if asker != self._newest:
            if self._newest is not None:
                self._until_s = self._clock() + LATELY_S
            self._newest = asker

    @property
    def is_contended(self) -> bool:
        """Whether more than one asker came within the last `LATELY_S` seconds."""
        return self._clock() < self._until_s
