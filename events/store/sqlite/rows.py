"""Rows of the log as they are stored, and reading them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from sqlite3 import Cursor
from typing import Any, NamedTuple

from threadhost.events.base import StreamState
from threadhost.events.store.chain import genesis
from threadhost.events.store.rules import AT_MS_MAX
from threadhost.events.store.seal import End
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import ReadableDatabase, fetched

POSITIONS_A_QUERY_MAX = 500
STREAMS_A_QUERY_MAX = 500


LINKED_COLUMNS = 10
"""The columns of a row, from `position` to `key_id`, that its link covers as they are."""

Row = tuple[list[object], bytes, str | None, bytes]
"""A row on its way into the log: (linked columns, payload, blob, digest), not placed yet.

Position and decision are still 0. It is a bare tuple, like `codec.Draft`, because one is made for
each event that is written.
"""


class LogRow(NamedTuple):
    """A row in its place in the log.

    `decision` is the first position of the append that it belongs to. `payload` is None once an
    event is purged, and empty where a blob holds it.
    """

    position: int
    decision: int
    stream: str
    version: int
    kind: str
    recorded_at_ms: int
    principal: str
    correlation_id: str
    causation_id: str
    key_id: int | None
    payload: bytes | None
    blob: str | None
    digest: bytes
    chain: bytes


PAYLOAD_COLUMN = LogRow._fields.index("payload")

BodyRow = tuple[int, str, int, str, int | None, bytes | None, str | None, bytes]
"""What it takes to open a body: position, stream, version, type, key id, payload, blob, digest.

More columns may follow, which are those of whoever asked. Bare, like `Row`: a long history has
thousands, read as they come from the database.
"""


STATES = frozenset(StreamState)


@dataclass(slots=True)
class StreamHead:
    """Where a stream stands: its last version, fencing token, state and key."""

    version: int = 0
    incarnation: int = 0
    state: StreamState = StreamState.OPEN
    key_id: int | None = None

    @classmethod
    def of(cls, row: Sequence[Any]) -> "StreamHead":
        """The head in a row of `schema.GET_STREAM`; in a state that nobody writes it is fenced."""
        state = StreamState(row[2]) if row[2] in STATES else StreamState.FENCED
        return cls(row[0], row[1], state, row[3])


class LogRows:
    """What is committed to the log of a database; may be read by any thread."""

    def __init__(self, database: ReadableDatabase) -> None:
        self._database = database

    def of_log(
        self,
        after: int | None = None,
        limit: int | None = None,
        stop: int | None = None,
        kinds: Sequence[str] = (),
        bytes_max: int | None = None,
    ) -> list[LogRow]:
        """Rows of the whole log after a position, up to and including `stop`.

        With `bytes_max` none after that many bytes of payloads; what lies in blobs does not count.
        """
        where, values = _of_kinds(kinds)
        return self._between(where, values, "position", after, stop, limit, bytes_max)

    def of_stream(
        self,
        stream: str,
        after: int | None = None,
        limit: int | None = None,
        stop: int | None = None,
        *,
        newest_first: bool = False,
        kinds: Sequence[str] = (),
    ) -> list[LogRow]:
        """Rows of a stream after a version, up to and including `stop`."""
        by = "version DESC" if newest_first else "version"
        where, values = _of_kinds(kinds)
        where, values = ["stream = ?", *where], [stream, *values]
        return self._between(where, values, by, after, stop, limit)

    def at(self, positions: Sequence[int]) -> list[LogRow]:
        """The rows at these positions, in log order."""
        return list(map(LogRow._make, self._at(schema.SELECT_EVENTS, positions)))

    def bodies_at(self, positions: Sequence[int]) -> list[BodyRow]:
        """What is needed to open the bodies at these positions, in log order."""
        return self._at(schema.SELECT_BODIES, positions)  # type: ignore[return-value]

    def _at(self, select: str, positions: Sequence[int]) -> list[Sequence[Any]]:
        wanted, found = sorted({at for at in positions if at > 0}), list[Sequence[Any]]()
        for start in range(0, len(wanted), POSITIONS_A_QUERY_MAX):
            some = wanted[start : start + POSITIONS_A_QUERY_MAX]
            among = f"{select} WHERE position IN ({_marks(len(some))}) ORDER BY position"
            found += self.all(among, some)
        return found

    def head(self, stream: str) -> StreamHead | None:
        """Where a stream stands, or None if it was never written."""
        rows = self.all(schema.GET_STREAM, (stream,))
        return StreamHead.of(rows[0]) if rows else None

    def heads(self, streams: Sequence[str]) -> dict[str, StreamHead]:
        """Where streams stand; those that were never written are left out."""
        found: dict[str, StreamHead] = {}
        for start in range(0, len(streams), STREAMS_A_QUERY_MAX):
            some = streams[start : start + STREAMS_A_QUERY_MAX]
            rows = self.all(f"{schema.GET_STREAMS} ({_marks(len(some))})", some)
            found |= {row[0]: StreamHead.of(row[1:]) for row in rows}
        return found

    def newest(self, kinds: Sequence[str] = ()) -> int | None:
        """The highest position there is, of an event of these types if any are named, or None."""
        if not kinds:
            return self.all(schema.NEWEST)[0][0]  # type: ignore[no-any-return]
        where, values = _of_kinds(kinds)
        found = self.all(
            f"{schema.POSITIONS} AND {where[0]} ORDER BY position DESC LIMIT 1", values
        )
        return found[0][0] if found else None

    def end(self, log_id: str) -> tuple[int, bytes]:
        """The highest position ever given out, and the link that the next event follows."""
        used = self.all("SELECT max(seq) FROM sqlite_sequence WHERE name = 'events'")[0][0]
        last = self.all(schema.LAST_LINK)
        return used or 0, last[0][0] if last else genesis(log_id)

    def last_time(self) -> int:
        """When the newest event was recorded; 0 where there is none, or it does not say."""
        found = self.all(schema.LAST_TIME)
        at_ms = found[0][0] if found else 0
        return at_ms if type(at_ms) is int and 0 < at_ms < AT_MS_MAX else 0

    def link_at(self, position: int) -> bytes | None:
        """The link of the event at a position, if there is one."""
        found = self.all(schema.LINK_AT, (position,))
        return found[0][0] if found else None

    def sealed_end(self) -> tuple[End, bytes] | None:
        """Where the log ended at its last commit as it is stored, and the seal on it."""
        found = self.all(schema.SEALED_END)
        return (End(found[0][0], found[0][1]), found[0][2]) if found else None

    def identity(self) -> dict[str, str]:
        """The log's `format` and `log_id`."""
        found: dict[str, str] = dict(self.all("SELECT name, value FROM store"))  # type: ignore[arg-type]
        return found

    def all(
        self, sql: str, values: Sequence[Any] = (), bytes_max: int | None = None
    ) -> Sequence[Sequence[Any]]:
        """All rows of a query; of a query of events, those before so many bytes of payloads."""
        with self._database.reading() as connection:
            return fetched(connection, sql, values, partial(_rows_of, bytes_max=bytes_max))

    def _between(
        self,
        where: list[str],
        values: list[Any],
        by: str,
        after: int | None,
        stop: int | None,
        limit: int | None,
        bytes_max: int | None = None,
    ) -> list[LogRow]:
        column = by.split(maxsplit=1)[0]
        where.append(f"+{schema.IN_THE_LOG}")  # the plus keeps it from choosing the index
        for comparison, value in ((f"{column} > ?", after), (f"{column} <= ?", stop)):
            if value is not None:
                where.append(comparison)
                values.append(value)
        sql = f"{schema.SELECT_EVENTS} WHERE {' AND '.join(where)} ORDER BY {by}"
        if limit is not None:
            sql, values = f"{sql} LIMIT ?", [*values, limit]
        return list(map(LogRow._make, self.all(sql, values, bytes_max)))


def _of_kinds(kinds: Sequence[str]) -> tuple[list[str], list[Any]]:
    return ([f"type IN ({_marks(len(kinds))})"] if kinds else []), [*kinds]


def _rows_of(found: Cursor, bytes_max: int | None) -> list[Sequence[Any]]:
    if bytes_max is None:
        return found.fetchall()
    rows: list[Sequence[Any]] = []
    try:
        for row in found:
            rows.append(row)
            bytes_max -= len(row[PAYLOAD_COLUMN] or b"")
            if bytes_max < 0:
                break
    finally:
        found.close()  # half read, it would hold up every checkpoint
    return rows


def _marks(count: int) -> str:
    return ",".join("?" * count)
