"""Whether several want the same at a time: then none of them takes much of it in one go."""

from collections.abc import Callable
from time import monotonic
from typing import Final

LATELY_S: Final = 10.0


class Contention:
    """Who asked last, and until when that counts as more than one."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._newest: object = None
        self._until_s = 0.0

    def note(self, asker: object) -> None:
        """Somebody asks."""
        if asker != self._newest:
            if self._newest is not None:
                self._until_s = self._clock() + LATELY_S
            self._newest = asker

    @property
    def is_contended(self) -> bool:
        """Whether more than one has asked lately."""
        return self._clock() < self._until_s
