"""Reads the rows of a log from SQLite, whatever damage they have."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from sqlite3 import Cursor
from typing import Any

from threadhost.events.bounds import batches
from threadhost.events.store.chain import genesis
from threadhost.events.store.rows import PAYLOAD_COLUMN, BodyRow, LogRow, StreamHead
from threadhost.events.store.rules import AT_MS_MAX
from threadhost.events.store.seal import End
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import ReadableDatabase, fetched

VALUES_A_QUERY_MAX = 500


class LogRows:
    """The committed rows of a log's database; any thread may read them."""

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
        """Return rows of the whole log after a position, up to and including `stop`.

        With `bytes_max` none after that many bytes of payloads; blobs do not count.
        """
        clauses, values = _of_kinds(kinds)
        return self._between(clauses, values, "position", after, stop, limit, bytes_max)

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
        """Return rows of a stream after a version, up to and including `stop`."""
        by = "version DESC" if newest_first else "version"
        clauses, values = _of_kinds(kinds)
        clauses, values = ["stream = ?", *clauses], [stream, *values]
        return self._between(clauses, values, by, after, stop, limit)

    def at(self, positions: Sequence[int]) -> list[LogRow]:
        """Return the rows at these positions, in log order."""
        return list(map(LogRow._make, self._at(schema.SELECT_EVENTS, positions)))

    def bodies_at(self, positions: Sequence[int]) -> list[BodyRow]:
        """Return what opening the bodies at these positions needs, in log order."""
        return self._at(schema.SELECT_BODIES, positions)  # type: ignore[return-value]

    def bodies_of_stream(self, stream: str, after: int, limit: int, stop: int) -> Sequence[BodyRow]:
        """The same for a stream's events after a version, up to and including `stop`, in order."""
        return self.all(schema.BODIES_OF_STREAM, (stream, after, stop, limit))  # type: ignore[return-value]

    def bodies_of(self, places: str, values: Mapping[str, object]) -> Sequence[BodyRow]:
        """Return the bodies at positions that a view gives, each followed by the view's tag."""
        return self.all(schema.BODIES_OF.format(places), values)  # type: ignore[return-value]

    def _at(self, select: str, positions: Sequence[int]) -> list[Sequence[Any]]:
        ordered = sorted({at for at in positions if at > 0})
        return among(self.all, f"{select} WHERE position IN", ordered, " ORDER BY position")

    def heads(self, streams: Sequence[str]) -> dict[str, StreamHead]:
        """Return the heads of streams, without streams that were never written."""
        rows = among(self.all, schema.GET_STREAMS, streams)
        return {row[0]: StreamHead.of(row[1:]) for row in rows}

    def is_leaving(self, stream: str) -> bool:
        """Whether a stream is deleted or about to be."""
        return any(head.is_leaving for head in self.heads((stream,)).values())

    def newest(self, kinds: Sequence[str] = ()) -> int | None:
        """Return the highest position, only of events of these types if any are given, or None."""
        if not kinds:
            return self.all(schema.NEWEST)[0][0]  # type: ignore[no-any-return]
        clauses, values = _of_kinds(kinds)
        rows = self.all(
            f"{schema.POSITIONS} AND {clauses[0]} ORDER BY position DESC LIMIT 1", values
        )
        return rows[0][0] if rows else None

    def end(self, log_id: str) -> tuple[int, bytes]:
        """Return the highest position ever assigned, and the link that the next event follows."""
        used, last = self.all(schema.NEWEST_SEALED)[0][0] or 0, self.all(schema.LAST_LINK)
        position, chain = last[0] if last else (0, genesis(log_id))
        return max(position, used), chain

    def last_time(self) -> int:
        """Return the time of the newest event; 0 if there is none or its time is damaged."""
        rows = self.all(schema.LAST_TIME)
        at_ms = rows[0][0] if rows else 0
        return at_ms if type(at_ms) is int and 0 < at_ms < AT_MS_MAX else 0

    def link_at(self, position: int) -> bytes | None:
        """Return the link of the event at a position, if there is one."""
        rows = self.all(schema.LINK_AT, (position,))
        return rows[0][0] if rows else None

    def sealed_end(self) -> tuple[End, bytes] | None:
        """Return the stored end of the log at its last commit, and its seal."""
        rows = self.all(schema.SEALED_END)
        return (End(rows[0][0], rows[0][1]), rows[0][2]) if rows else None

    def identity(self) -> dict[str, str]:
        """Return the log's `format` and `log_id`."""
        names: dict[str, str] = dict(self.all("SELECT name, value FROM store"))  # type: ignore[arg-type]
        return names

    def stream_of_key(self, key_id: int) -> str | None:
        """Return the stream whose events are sealed under a key."""
        rows = self.all(schema.STREAM_OF_KEY, (key_id,))
        return str(rows[0][0]) if rows else None

    def all(
        self,
        sql: str,
        values: Sequence[Any] | Mapping[str, object] = (),
        bytes_max: int | None = None,
    ) -> Sequence[Sequence[Any]]:
        """Return all rows of a query; of a query of events, up to `bytes_max` bytes of payloads."""
        with self._database.reading() as connection:
            return fetched(connection, sql, values, rows_within(bytes_max))

    def _between(
        self,
        clauses: list[str],
        values: list[Any],
        by: str,
        after: int | None,
        stop: int | None,
        limit: int | None,
        bytes_max: int | None = None,
    ) -> list[LogRow]:
        column = by.split(maxsplit=1)[0]
        clauses.append(f"+{schema.IN_THE_LOG}")  # the plus keeps SQLite from its index
        for comparison, value in ((f"{column} > ?", after), (f"{column} <= ?", stop)):
            if value is not None:
                clauses.append(comparison)
                values.append(value)
        sql = f"{schema.SELECT_EVENTS} WHERE {' AND '.join(clauses)} ORDER BY {by}"
        if limit is not None:
            sql, values = f"{sql} LIMIT ?", [*values, limit]
        return list(map(LogRow._make, self.all(sql, values, bytes_max)))


def _of_kinds(kinds: Sequence[str]) -> tuple[list[str], list[Any]]:
    return ([f"type IN ({_marks(len(kinds))})"] if kinds else []), [*kinds]


def rows_within(bytes_max: int | None) -> Callable[[Cursor], Sequence[Sequence[Any]]]:
    """Return what fetches a query's rows; of events, up to `bytes_max` bytes of payloads."""
    return Cursor.fetchall if bytes_max is None else partial(_rows_of, bytes_max=bytes_max)


def _rows_of(cursor: Cursor, bytes_max: int) -> list[Sequence[Any]]:
    rows: list[Sequence[Any]] = []
    try:
        for row in cursor:
            rows.append(row)
            bytes_max -= len(row[PAYLOAD_COLUMN] or b"")
            if bytes_max < 0:
                break
    finally:
        cursor.close()  # half read, it would delay every checkpoint
    return rows


def among(
    ask: Callable[[str, Sequence[object]], Sequence[Sequence[Any]]],
    select: str,
    values: Sequence[object],
    order: str = "",
) -> list[Sequence[Any]]:
    """Return the rows of a statement that ends in `IN`, for any number of values, even none."""
    rows = list[Sequence[Any]]()
    for batch in batches(values, VALUES_A_QUERY_MAX):
        rows += ask(f"{select} ({_marks(len(batch))}){order}", batch)
    return rows


def _marks(count: int) -> str:
    return ",".join("?" * count)
