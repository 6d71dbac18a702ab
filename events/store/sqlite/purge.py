"""Gives space back, step by step: payloads of closed streams, then free pages of the file."""

from collections import Counter
from collections.abc import Callable, Sequence
from sqlite3 import Connection
from typing import Any

from threadhost.events.store.rows import Purged
from threadhost.events.store.rules import tombstones
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database

SCANNED_ROWS = 5_000
PURGED_ROWS, PURGED_BYTES = 128, 1_000_000
"""Limits of one step: some milliseconds, because all other writes wait for it."""
WINDOW_ROWS = 256
LOOSE_BYTES_MIN = 4_096
COMPACTED_BYTES_MAX = 4_000_000
"""If neighbouring rows still hold this much, most of it is in pages of its own."""
PAGES = 128
SMALL_BYTES = 300
"""The assumed size of a payload that another process purged; the pages of large ones are free."""
DIGITS_MAX = 19
FREE_PART, FREE_PAGES_MIN = 50, 64
"""One page in `FREE_PART` may stay free, and always `FREE_PAGES_MIN`: they are reused."""


class Purger:
    """Follows the tombstones of a log.

    The position up to which all rows are purged and compacted is stored in the table `store`, so
    the next host continues where one that died had come to.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loosened: Counter[int] = Counter()
        """How many bytes were purged of neighbouring rows, by window."""
        self._began: int | None = None
        """The end of the log when this process began."""
        self._reached = 0
        self._is_to_note = False
        self._looked_at = ""

    def step(self, is_destroyed: Callable[[int], bool]) -> Purged:
        """Purge some payloads of the next closed streams, and pass streams that have none.

        It stops at a stream whose key is not destroyed yet, and continues there the next time.
        """
        with self._database.transaction() as connection:
            end = _newest(connection)
            if self._began is None:
                self._began, self._reached = end, _place(connection, end)
            until = min(self._reached + SCANNED_ROWS, end)
            batch: list[tuple[int, int]] = []
            for position, stream in _tombstones_between(connection, self._reached, until):
                key_id = _key_of(connection, stream)
                if key_id is not None and not is_destroyed(key_id):
                    until = end = position - 1
                    break
                if key_id is not None:
                    self._look_back(connection, position, stream)
                    batch += _payloads(connection, stream)
                if len(batch) >= PURGED_ROWS or sum(size for _, size in batch) >= PURGED_BYTES:
                    until = position - 1  # the stream may have more
                    break
            purged = self._purge(connection, batch, is_done=until == end and not batch)
        self._is_to_note |= bool(self._loosened) or self._reached < until < end
        self._reached = max(until, self._reached)
        return purged

    def _look_back(self, connection: Connection, position: int, stream: str) -> None:
        """Count what an earlier process purged and did not compact."""
        if stream != self._looked_at and position <= (self._began or 0):
            self._looked_at = stream
            for (at,) in connection.execute(schema.PURGED_OF, (stream,)):
                self._loosened[at // WINDOW_ROWS] += SMALL_BYTES

    def _purge(
        self, connection: Connection, batch: Sequence[tuple[int, int]], *, is_done: bool
    ) -> Purged:
        connection.executemany(schema.PURGE, [(position,) for position, _ in batch])
        for position, size in batch:
            self._loosened[position // WINDOW_ROWS] += size
        return Purged(len(batch), sum(size for _, size in batch), is_done)

    def compact_rows(self) -> bool:
        """Rewrite some neighbouring rows, so that pages with gaps become free.

        Returns whether there may be more to do; if not, the position reached is stored.
        """
        while self._loosened:
            window, size = self._loosened.popitem()
            if size < LOOSE_BYTES_MIN:
                continue
            place = (window * WINDOW_ROWS, (window + 1) * WINDOW_ROWS)
            with self._database.transaction() as connection:
                (bytes_left,) = connection.execute(schema.BYTES_BETWEEN, place).fetchone()
                if (bytes_left or 0) <= COMPACTED_BYTES_MAX:
                    for statement in schema.COMPACT:
                        connection.execute(statement, place if "?" in statement else ())
            return True
        if self._is_to_note:
            with self._database.transaction() as connection:
                _note(connection, self._reached)
            self._is_to_note = False
        return False

    def release_pages(self) -> int:
        """Give free pages beyond the limit back, some at a time; returns how many.

        The file shrinks once the write-ahead log is truncated.
        """
        with self._database.transaction() as connection:
            total, free = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count")
            )
            spare = free - max(total // FREE_PART, FREE_PAGES_MIN)
            if spare <= 0:
                return 0
            for _ in range(min(spare, PAGES)):  # the driver executes one step of a pragma
                connection.execute("PRAGMA incremental_vacuum(1)")
            remaining: int = connection.execute("PRAGMA freelist_count").fetchone()[0]
            return int(free) - remaining


def _place(connection: Connection, end: int) -> int:
    """Return the position up to which closed streams are purged; 0 if the note does not fit."""
    row = connection.execute(schema.PURGED_TO).fetchone()
    text = str(row[0]) if row is not None else ""
    place = int(text) if text.isdecimal() and len(text) <= DIGITS_MAX else 0
    return place if place <= end else 0


def _note(connection: Connection, position: int) -> None:
    connection.execute(schema.NOTE_PURGED_TO, (str(position),))


def _newest(connection: Connection) -> int:
    return connection.execute(schema.NEWEST).fetchone()[0] or 0


def _tombstones_between(connection: Connection, after: int, until: int) -> Sequence[Any]:
    kinds = tombstones()
    marks = ",".join("?" * len(kinds))
    query = f"{schema.TOMBSTONES_BETWEEN} ({marks}) ORDER BY position"
    return connection.execute(query, (after, until, *kinds)).fetchall()


def _key_of(connection: Connection, stream: str) -> int | None:
    """The number of the key of a closed stream."""
    row = connection.execute(schema.KEY_OF_CLOSED, (stream,)).fetchone()
    return row[0] if row is not None else None


def _payloads(connection: Connection, stream: str) -> list[tuple[int, int]]:
    """Return positions and sizes of the next sealed payloads of a stream."""
    batch: list[tuple[int, int]] = []
    total = 0
    for position, size in connection.execute(schema.PAYLOADS_OF, (stream, PURGED_ROWS)):
        batch.append((position, size))
        total += size
        if total >= PURGED_BYTES:
            break
    return batch
