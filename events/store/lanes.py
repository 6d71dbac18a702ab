"""What waits for the writer: what clients wait for is ahead of work that goes on by itself."""

from collections import deque
from queue import SimpleQueue
from typing import Generic, NamedTuple, TypeVar

TAKEN_MAX = 32
"""So many are taken at once: whoever hears of a commit does its work on the loop in one go."""
TAKEN_BYTES_MAX = 2**20
AHEAD_MAX = 8
BESIDE_MAX = 8
"""So many of the others come along with what goes ahead: they wait longer, and not for ever."""
E = TypeVar("E")


class Waiting(NamedTuple, Generic[E]):
    """An entry, its size, and the client that waits for it; "" where none does."""

    entry: E
    size_bytes: int = 0
    asker: str = ""


class Lanes(Generic[E]):
    """A line for each client, served in turn, and one of all else; first come, first served.

    Put into by the loop, and taken from by one thread, which alone knows the lines.
    """

    def __init__(self) -> None:
        self._arrived: deque[Waiting[E]] = deque()
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._is_closed = False
        self._ahead: dict[str, deque[Waiting[E]]] = {}
        self._others: deque[Waiting[E]] = deque()

    def put(self, waiting: Waiting[E]) -> None:
        """Add an entry at the end of its line."""
        self._arrived.append(waiting)
        self._bell.put(None)

    def close(self) -> None:
        """Nothing more is put in."""
        self._is_closed = True
        self._bell.put(None)

    def take(self) -> list[E]:
        """Wait for entries, and take those that are next; none once it is closed and empty."""
        self._line_up()
        while not (self._ahead or self._others or self._is_closed):
            self._bell.get()
            self._line_up()
        taken: list[E] = []
        room = TAKEN_BYTES_MAX
        while self._ahead and len(taken) < AHEAD_MAX:
            asker, line = next(iter(self._ahead.items()))
            if taken and line[0].size_bytes > room:
                return taken
            room -= line[0].size_bytes
            taken.append(line.popleft().entry)
            del self._ahead[asker]
            if line:
                self._ahead[asker] = line
        most = len(taken) + BESIDE_MAX if taken else TAKEN_MAX
        while self._others and len(taken) < most:
            if taken and self._others[0].size_bytes > room:
                break
            room -= self._others[0].size_bytes
            taken.append(self._others.popleft().entry)
        return taken

    def _line_up(self) -> None:
        while not self._bell.empty():  # it rings after each arrival: none is overlooked
            self._bell.get()
        while self._arrived:
            waiting = self._arrived.popleft()
            line = self._others
            if waiting.asker:
                line = self._ahead.setdefault(waiting.asker, deque())
            line.append(waiting)
