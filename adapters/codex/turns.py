"""Finds the beginnings and ends of a rollout's turns, even where no line marks them."""

from uuid import NAMESPACE_OID, uuid5

from threadhost.adapters.codex.recording import Recording, Reverted, Turn
from threadhost.events.turn import TurnCompleted, TurnOutcome
from threadhost.events.words import is_identifier

END_LOST = "its end cannot be read"


class Turns:
    """Adds the beginnings and ends of turns to a thread's history."""

    def __init__(self, thread_id: str, recording: Recording) -> None:
        self.running: Turn | None = None
        self._thread_id = thread_id
        self._recording = recording
        self._turns: list[Turn] = []
        self._ids: set[str] = set()

    @property
    def newest(self) -> Turn | None:
        """The turn that began last, except reverted ones."""
        return self._turns[-1] if self._turns else None

    def begin(self, told_id: object, root_id: object, at_ms: int, line: int) -> None:
        """Begin a turn, in the line of this number."""
        is_root = isinstance(root_id, str) and root_id != told_id and is_identifier(root_id)
        turn = Turn(self._own_id(told_id, line), at_ms, str(root_id) if is_root else None)
        turn.told_id = told_id
        self._begin(turn)

    def named(self, turn_id: object) -> Turn | None:
        """The running turn, if an end with this id is its own; another turn has ended before."""
        turn = self.running
        if turn is None or (turn.is_told and turn_id not in (None, turn.told_id)):
            return None
        return turn

    def end(self, outcome: TurnOutcome, at_ms: int, reason: str | None = None) -> None:
        """End the running turn."""
        turn = self.running
        if turn is None:
            return
        if turn.compacts and not turn.asks:
            turn.purpose = "compact"
        self._recording.turn_over()
        self._recording.add(
            TurnCompleted(
                turn_id=turn.id,
                outcome=outcome,
                started_at_ms=turn.started_at_ms,
                completed_at_ms=max(at_ms, turn.started_at_ms),
                reason=reason,
                root_turn_id=turn.root_turn_id,
            )
        )
        self.running = None

    def cut_off(self, at_ms: int) -> None:
        """End a running turn without an end of its own, before the next record."""
        if self.running is not None and self.running.is_told:
            self.end("interrupted", at_ms, END_LOST)
        else:
            self.end("completed", at_ms)

    def of_item(self, at_ms: int, line: int, *, asks: bool) -> Turn:
        """The turn of a record: older rollouts do not mark where one begins."""
        turn = self.running
        if turn is not None and asks and not turn.is_told and turn.asks:
            self.cut_off(at_ms)
            turn = None
        if turn is None:
            turn = Turn(self._own_id(None, line), at_ms, None)
            turn.is_told = False
            self._begin(turn)
        turn.asks = turn.asks or asks
        return turn

    def take_back(self, count: object, at_ms: int) -> None:
        """Revert this number of the newest turns."""
        self.cut_off(at_ms)
        if type(count) is int and count > 0 and self._turns:
            first = max(0, len(self._turns) - count)
            self._recording.add(Reverted(self._turns[first], first))
            del self._turns[first:]

    def _begin(self, turn: Turn) -> None:
        self.running = turn
        self._turns.append(turn)
        self._recording.add(turn)

    def _own_id(self, told_id: object, line: int) -> str:
        """The id of a turn: its own, or a derived one if that is invalid or already used."""
        is_id = isinstance(told_id, str) and told_id and is_identifier(told_id)
        turn_id = str(told_id) if is_id and told_id not in self._ids else ""
        turn_id = turn_id or str(uuid5(NAMESPACE_OID, f"{self._thread_id}:{line}"))
        self._ids.add(turn_id)
        return turn_id
