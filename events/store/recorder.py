"""The library's recorder port on SQLite: explicit positions, fences, the chain, one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    StoredEvent,
    Subscription,
)
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError as SqlIntegrityError

from threadhost.events.base import Meta, StreamState
from threadhost.events.store import schema
from threadhost.events.store.chain import digest_of, genesis, link
from threadhost.events.store.codec import StoredRow
from threadhost.events.store.database import Database
from threadhost.events.store.errors import StoreMismatch

STREAM_CACHE_MAX = 65_536


@dataclass(slots=True)
class StreamHead:
    """Where a stream stands: its last version, fencing token, state and key."""

    version: int = 0
    incarnation: int = 0
    state: StreamState = StreamState.OPEN
    key_id: int | None = None


class SqlRecorder(ApplicationRecorder):
    """Stored events in one table; written by one thread, read by any.

    Positions are given out here, grow by one and are never used twice. Rows are never deleted.
    """

    def __init__(self, database: Database, log_id: str) -> None:
        self.database = database
        self._log_id = log_id
        self._heads: dict[str, StreamHead] = {}
        self.create(log_id)
        self.position, self.chain = self._end()

    def create(self, log_id: str) -> None:
        """Make the tables if they are missing. Raises StoreMismatch for another format."""
        with self.database.transaction() as connection:
            for statement in schema.STATEMENTS:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(
                "INSERT OR IGNORE INTO store VALUES ('format', ?), ('log_id', ?)",
                (str(schema.FORMAT), log_id),
            )
        found = dict(self._read("SELECT name, value FROM store").all())
        if found["format"] != str(schema.FORMAT):
            raise StoreMismatch(
                f"the log has format {found['format']}, this version reads {schema.FORMAT}"
            )
        self._log_id = found["log_id"]

    @property
    def log_id(self) -> str:
        """The identity of this log, made when it was created."""
        return self._log_id

    # -- writing, on the writer's thread, inside its transaction --

    def head(self, connection: Connection, stream: str) -> StreamHead:
        """The stream's head as this transaction sees it; change it through `put_heads` only."""
        found = self._heads.get(stream)
        if found is None:
            row = connection.exec_driver_sql(schema.GET_STREAM, (stream,)).first()
            found = StreamHead(row[0], row[1], StreamState(row[2]), row[3]) if row else StreamHead()
            if len(self._heads) >= STREAM_CACHE_MAX:
                self._heads.pop(next(iter(self._heads)))
            self._heads[stream] = found
        return found

    def forget_heads(self, streams: Iterable[str]) -> None:
        """Drop what was cached of streams whose changes were rolled back."""
        for stream in streams:
            self._heads.pop(stream, None)

    def put_heads(self, connection: Connection, heads: dict[str, StreamHead]) -> None:
        """Store the new heads of streams."""
        rows = [(s, h.version, h.incarnation, h.state.value, h.key_id) for s, h in heads.items()]
        connection.exec_driver_sql(schema.PUT_STREAM, rows)
        self._heads.update(heads)

    def insert(self, connection: Connection, rows: Sequence[StoredEvent]) -> Sequence[int]:
        """Insert rows at the next positions and extend the chain; the caller owns the transaction."""
        position, chain, values = self.position, self.chain, []
        for row in rows:
            position += 1
            full = row if isinstance(row, StoredRow) else _bare(row)
            stream, meta = str(full.originator_id), _columns(full.meta)
            chain = link(
                chain,
                position,
                stream,
                full.originator_version,
                full.topic,
                meta,
                full.key_id,
                full.digest,
            )
            values.append(
                (position, stream, full.originator_version, full.topic, *meta)
                + (full.key_id, full.state, full.blob, full.digest, chain)
            )
        if values:
            _execute(connection, schema.INSERT_EVENT, values)
        first, self.position, self.chain = self.position + 1, position, chain
        return range(first, position + 1)

    def rewind(self, position: int, chain: bytes) -> None:
        """Take back positions whose transaction or savepoint was rolled back."""
        self.position, self.chain = position, chain

    # -- the library's port --

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_options: Any
    ) -> Sequence[int] | None:
        """Insert stored events in a transaction of their own. Raises the library's IntegrityError."""
        with self.database.lock:
            before = self.position, self.chain
            try:
                with self.database.transaction() as connection:
                    return self.insert(connection, stored_events)
            except BaseException:
                self.rewind(*before)
                raise

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of a stream by version."""
        where: list[str] = ["stream = ?"]
        values: list[Any] = [str(originator_id)]
        sql = self._select(where, values, "version", gt, lte) + (" DESC" if desc else "")
        rows = self._page(sql, values, limit)
        return [_stored(row, originator_id) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The events of the whole log by position."""
        after = None if start is None else start - inclusive_of_start
        return [
            Notification(s.originator_id, s.originator_version, s.topic, s.state, s.id)
            for s in self.select_rows(after, limit, stop, topics)
        ]

    def max_notification_id(self) -> int | None:
        """The newest position, or None for an empty log."""
        found = self._read("SELECT max(position) FROM events").scalar()
        return None if found is None else int(found)

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Not offered: following the log is the feed's business."""
        raise NotImplementedError("follow the log through its feed")

    # -- reading with all columns --

    def select_rows(
        self,
        after: int | None = None,
        limit: int | None = None,
        stop: int | None = None,
        topics: Sequence[str] = (),
    ) -> list[StoredRow]:
        """Rows of the whole log after a position, up to and including `stop`."""
        where: list[str] = ["1"]
        values: list[Any] = []
        if topics:
            where.append(f"type IN ({','.join('?' * len(topics))})")
            values.extend(topics)
        sql = self._select(where, values, "position", after, stop)
        return [_stored(row, row[1]) for row in self._page(sql, values, limit)]

    def rows_at(self, positions: Sequence[int]) -> list[StoredRow]:
        """The rows at these positions, in log order."""
        rows: list[StoredRow] = []
        for at in range(0, len(positions), 500):
            some = tuple(positions[at : at + 500])
            marks = ",".join("?" * len(some))
            sql = (
                f"SELECT {schema.COLUMNS} FROM events WHERE position IN ({marks}) ORDER BY position"
            )
            rows.extend(_stored(row, row[1]) for row in self._read(sql, some).all())
        return rows

    def stream_head(self, stream: str) -> StreamHead | None:
        """Where a stream stands in what is committed, or None if it was never written."""
        row = self._read(schema.GET_STREAM, (stream,)).first()
        return StreamHead(row[0], row[1], StreamState(row[2]), row[3]) if row else None

    def _select(
        self, where: list[str], values: list[Any], by: str, after: int | None, stop: int | None
    ) -> str:
        for comparison, value in ((f"{by} > ?", after), (f"{by} <= ?", stop)):
            if value is not None:
                where.append(comparison)
                values.append(value)
        return f"SELECT {schema.COLUMNS} FROM events WHERE {' AND '.join(where)} ORDER BY {by}"

    def _page(self, sql: str, values: list[Any], limit: int | None) -> Sequence[Any]:
        if limit is not None:
            sql, values = sql + " LIMIT ?", [*values, limit]
        rows: Sequence[Any] = self._read(sql, tuple(values)).all()
        return rows

    def _read(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        if not self.database.in_memory:
            return self.database.reader.exec_driver_sql(sql, values)
        with self.database.lock:
            return self.database.reader.exec_driver_sql(sql, values).freeze()()

    def _end(self) -> tuple[int, bytes]:
        used = self._read("SELECT max(seq) FROM sqlite_sequence WHERE name='events'").scalar()
        row = self._read("SELECT chain FROM events ORDER BY position DESC LIMIT 1").first()
        return int(used or 0), bytes(row[0]) if row else genesis(self._log_id)


def _columns(meta: Meta) -> tuple[int, str, str, str]:
    return meta.recorded_at_ms, meta.principal, meta.correlation_id, meta.causation_id


def _bare(event: StoredEvent) -> StoredRow:
    return StoredRow(
        event.originator_id,
        event.originator_version,
        event.topic,
        event.state,
        digest=digest_of(event.state),
    )


def _stored(row: Any, stream: UUID | str) -> StoredRow:
    meta = Meta(row[5], row[6], row[7], row[4])
    return StoredRow(stream, row[2], row[3], row[9], meta, row[8], row[10], row[11], row[0])


def _execute(connection: Connection, sql: str, rows: list[tuple[Any, ...]]) -> None:
    try:
        connection.exec_driver_sql(sql, rows)
    except SqlIntegrityError as error:
        _refuse(error)


def _refuse(error: SqlIntegrityError) -> NoReturn:
    raise IntegrityError(str(error.orig)) from None
