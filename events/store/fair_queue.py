"""The queue of the writer: entries that clients wait for go ahead of background work."""

from collections import deque
from collections.abc import Callable
from operator import call
from queue import SimpleQueue
from typing import Final, Generic, TypeVar

from threadhost.events.contention import Contention
from threadhost.events.named_tuple import NamedTuple

TAKEN_MAX: Final = 32
"""Background entries in one commit: the loop handles the effects of a commit in one go."""
AHEAD_MAX: Final = 8
"""Client entries in one commit while several clients ask."""
ALONE_MAX: Final = 64
"""Client entries in one commit while a single client asks: it delays nobody else."""
BESIDE_MAX: Final = 4
"""Background entries that join client entries: they wait longer, but not for ever."""
TAKEN_BYTES_MAX: Final = 2**20
"""Of client entries, and again of background entries, unless a single entry is larger."""
SYNC_S: Final = 0.016
"""About how long the loop works on one commit's effects; a slower disk gets larger commits."""
TIMES_MAX: Final = 16
E = TypeVar("E")
Ring = Callable[[], None]


class QueueEntry(NamedTuple, Generic[E]):
    """An entry, its size, and the client that waits for it; "" if none does."""

    entry: E
    size_bytes: int = 0
    asker: str = ""


class FairQueue(Generic[E]):
    """Fair queueing: a line for each client, served in turn, and one line for background work.

    A client that recently was the only one to ask gets larger commits, which cost less per entry.

    The loop puts entries in; one thread takes them out and alone reads the lines. `later` calls a
    function once the loop has finished its current step. If the step before put in more than one
    entry, the entries of the current step are taken together, except while several clients ask:
    then no client waits for all that another one asked.
    """

    def __init__(
        self, contention: Contention | None = None, later: Callable[[Ring], object] = call
    ) -> None:
        self._contention = contention or Contention()
        self._call_later = later
        self._put_in = self._put_in_before = 0
        """How many entries the loop put in during its current step, and during the one before."""
        self._arrived: deque[QueueEntry[E]] = deque()
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._is_closed = False
        self._client_lines: dict[str, deque[QueueEntry[E]]] = {}
        self._background: deque[QueueEntry[E]] = deque()

    def put(self, waiting: QueueEntry[E]) -> None:
        """Add an entry to the end of its line."""
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
        """Close the queue to further entries."""
        self._is_closed = True
        self._bell.put(None)

    def take(self, sync_s: float = 0) -> list[E]:
        """Wait for entries and take the next ones; returns none once the queue is closed and empty.

        `sync_s` is the time that the disk took for the last commit; the longer, the more are taken.
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
        while not self._bell.empty():  # the bell rings after each arrival, so no entry is missed
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
                self._client_lines[asker] = line  # behind those of all other clients
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
