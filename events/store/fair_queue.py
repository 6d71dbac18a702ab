"""What waits for the writer: what clients wait for is ahead of work that goes on by itself."""

from collections import deque
from collections.abc import Callable
from operator import call
from queue import SimpleQueue
from typing import Final, Generic, TypeVar

from threadhost.events.contention import Contention
from threadhost.events.named_tuple import NamedTuple

TAKEN_MAX: Final = 32
"""So many are written at once: whoever hears of a commit does its work on the loop in one go."""
AHEAD_MAX: Final = 8
"""So many that clients wait for, where more than one does."""
ALONE_MAX: Final = 64
"""So many where a single client asks: it keeps nobody waiting but itself."""
BESIDE_MAX: Final = 4
"""So many of the others come along with these: they wait longer, and not for ever."""
TAKEN_BYTES_MAX: Final = 2**20
"""Of each of the two, unless a single one is larger."""
SYNC_S: Final = 0.016
"""About how long the loop works on what so many lead to: a slower disk gets more at once."""
TIMES_MAX: Final = 16
E = TypeVar("E")
Ring = Callable[[], None]


class QueueEntry(NamedTuple, Generic[E]):
    """An entry, its size, and the client that waits for it; "" where none does."""

    entry: E
    size_bytes: int = 0
    asker: str = ""


class FairQueue(Generic[E]):
    """Fair queueing: a line for each client, which are served in turn, and one of all else.

    A client beside which none has asked lately gets more at once: large commits cost less for each.

    Put into by the loop, and taken from by one thread, which alone knows the lines. `later` does
    something once the loop has done what it is at. Where that lately put in more than one entry,
    what it puts in until then is taken together, save where several clients ask: none of them
    waits for all that another one has asked.
    """

    def __init__(
        self, contention: Contention | None = None, later: Callable[[Ring], object] = call
    ) -> None:
        self._contention = contention or Contention()
        self._call_later = later
        self._put_in = self._put_in_before = 0
        """How many entries the loop put in since it began what it is at, and before that."""
        self._arrived: deque[QueueEntry[E]] = deque()
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._is_closed = False
        self._client_lines: dict[str, deque[QueueEntry[E]]] = {}
        self._background: deque[QueueEntry[E]] = deque()

    def put(self, waiting: QueueEntry[E]) -> None:
        """Add an entry at the end of its line."""
        self._arrived.append(waiting)
        if not self._put_in:
            self._call_later(self._on_loop_done)
        self._put_in += 1
        if not self._is_wave:
            self._bell.put(None)

    @property
    def _is_wave(self) -> bool:
        return self._put_in_before > 1 and not self._contention.is_contended

    def _on_loop_done(self) -> None:
        if self._arrived:
            self._bell.put(None)
        self._put_in, self._put_in_before = 0, self._put_in

    def close(self) -> None:
        """Nothing more is put in."""
        self._is_closed = True
        self._bell.put(None)

    def take(self, sync_s: float = 0) -> list[E]:
        """Wait for entries, and take those that are next; none once it is closed and empty.

        `sync_s` is how long the disk took for those before: so long the loop has work from these.
        """
        self._line_up()
        while not (self._client_lines or self._background or self._is_closed):
            self._bell.get()
            self._line_up()
        times = 1 + min(int(sync_s / SYNC_S), TIMES_MAX - 1)
        is_shared = self._contention.is_contended
        entries = self._take_of_clients((AHEAD_MAX if is_shared else ALONE_MAX) * times)
        if not entries:
            return self._take_of_background(TAKEN_MAX * times)
        is_many = len(entries) > AHEAD_MAX and not is_shared
        return entries + self._take_of_background(len(entries) if is_many else BESIDE_MAX * times)

    def _line_up(self) -> None:
        while not self._bell.empty():  # it rings after each arrival: none is overlooked
            self._bell.get()
        while self._arrived:
            waiting = self._arrived.popleft()
            if waiting.asker:
                self._contention.note(waiting.asker)
                self._client_lines.setdefault(waiting.asker, deque()).append(waiting)
            else:
                self._background.append(waiting)

    def _take_of_clients(self, entries_max: int) -> list[E]:
        entries: list[E] = []
        room = TAKEN_BYTES_MAX
        while self._client_lines and len(entries) < entries_max:
            asker, line = next(iter(self._client_lines.items()))
            if entries and line[0].size_bytes > room:
                break
            room -= line[0].size_bytes
            entries.append(line.popleft().entry)
            del self._client_lines[asker]
            if line:
                self._client_lines[asker] = line  # behind those of all others
        return entries

    def _take_of_background(self, entries_max: int) -> list[E]:
        entries: list[E] = []
        room = TAKEN_BYTES_MAX
        while self._background and len(entries) < entries_max:
            if entries and self._background[0].size_bytes > room:
                break
            room -= self._background[0].size_bytes
            entries.append(self._background.popleft().entry)
        return entries
