"""Checks that the rows of a log form whole appends, in order of time."""

from threadhost.events.store.rules import AT_MS_MAX

UNKNOWN = 0
"""The current decision is unknown: the row before cannot be read, or is wrong."""


class Decisions:
    """Takes the decision and the time of each row of a log, in order."""

    def __init__(self) -> None:
        self._first = UNKNOWN
        """The current decision: the position of its first row."""
        self._at_ms = 0
        """The time of the current decision: an append has one time."""

    def forget(self) -> None:
        """Forget the current decision: it may have ended in the rows that cannot be read."""
        self._first = UNKNOWN

    def fault(self, position: int, decision: int, at_ms: int) -> str | None:
        """Return what is wrong with a row's decision or time, or None; a fault is told once."""
        if decision == self._first != UNKNOWN and at_ms == self._at_ms:
            return None
        fault = self._time_fault(at_ms) or self._place_fault(position, decision, at_ms)
        self._first = UNKNOWN if fault else decision
        self._at_ms = at_ms
        return fault

    def _time_fault(self, at_ms: int) -> str | None:
        if not 0 <= at_ms < AT_MS_MAX:
            return f"it was recorded at {at_ms}, which is not a valid time"
        if at_ms < self._at_ms:
            return f"it was recorded at {at_ms}, before the event that it follows, at {self._at_ms}"
        return None

    def _place_fault(self, position: int, decision: int, at_ms: int) -> str | None:
        if decision == self._first != UNKNOWN:
            return f"it is of decision {decision}, and was recorded at another time, {at_ms}"
        begins = decision == position
        if begins or (self._first == UNKNOWN and 0 < decision < position):
            return None
        under_way = f"decision {self._first}" if self._first else "none"
        return f"it has decision {decision}: it begins one here, or continues {under_way}"
