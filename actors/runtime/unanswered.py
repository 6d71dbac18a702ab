"""Responses in a row that only call tools which nobody answers; then the turn is ended."""

from threadhost.actors.turn import Failure
from threadhost.events.thread import ActiveTurn

UNANSWERED_MAX = 64


class Unanswered:
    """Counts them for one turn; a host without clients would ask its model for ever."""

    __slots__ = ("_in_a_row", "_reached")

    def __init__(self) -> None:
        self._in_a_row = 0
        self._reached = False

    def forgive(self) -> None:
        """Somebody is there."""
        self._in_a_row = 0

    def responded(self, turn: ActiveTurn | None, *, called_tools: bool) -> None:
        """A response is over."""
        self._reached = not called_tools
        self._count(turn)

    def answered(self, turn: ActiveTurn | None, *, reached: bool) -> None:
        """A call is over; `reached` if anybody took it on."""
        self._reached = self._reached or reached
        self._count(turn)

    def too_many(self, turn: ActiveTurn | None, *, called_tools: bool) -> Failure | None:
        """Why the turn is ended with this response, if it is."""
        is_steered = turn is not None and turn.steered
        if not called_tools or is_steered or self._in_a_row < UNANSWERED_MAX:
            return None
        called = f"{UNANSWERED_MAX} responses in a row called tools that nobody answered"
        return Failure(f"the turn was ended: {called}", "other")

    def _count(self, turn: ActiveTurn | None) -> None:
        if turn is not None and not turn.calls:
            self._in_a_row = 0 if self._reached else self._in_a_row + 1
