"""The library's recorder port on SQLite: explicit positions, the chain, one transaction."""

import sqlite3
from collections.abc import Iterable, Sequence
from sqlite3 import Connection
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    StoredEvent,
    Subscription,
)

from threadhost.events.store import schema
from threadhost.events.store.chain import digest_of, link
from threadhost.events.store.database import Database, insert_many
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.rows import LogRow, LogRows, Row, StreamHead

STREAM_CACHE_MAX = 65_536


class SqlRecorder(ApplicationRecorder):
    """Stored events in one table; written by one thread, read by any.

    Positions are given out here, grow by one and are never used twice. Rows are never deleted.
    """

    def __init__(self, database: Database, log_id: str) -> None:
        self.database = database
        self.rows = LogRows(database)
        self._heads: dict[str, StreamHead] = {}
        self._create(log_id)
        self.log_id = require_format(self.rows.identity())
        """The identity of this log, made when it was created."""
        self.position, self.chain = self.rows.end(self.log_id)

    def _create(self, log_id: str) -> None:
        with self.database.transaction() as connection:
            for statement in schema.STATEMENTS:
                connection.execute(statement)
            connection.execute(
                "INSERT OR IGNORE INTO store VALUES ('format', ?), ('log_id', ?)",
                (str(schema.FORMAT), log_id),
            )

    # -- writing, on the writer's thread, inside its transaction --

    def head(self, connection: Connection, stream: str) -> StreamHead:
        """The stream's head as this transaction sees it.

        Whoever changes it calls `put_heads`, or `forget_heads` once that is rolled back.
        """
        found = self._heads.get(stream)
        if found is None:
            row = connection.execute(schema.GET_STREAM, (stream,)).fetchone()
            found = StreamHead.of(row) if row else StreamHead()
            if len(self._heads) >= STREAM_CACHE_MAX:
                self._heads.pop(next(iter(self._heads)))
            self._heads[stream] = found
        return found

    def forget_heads(self, streams: Iterable[str]) -> None:
        """Drop what was cached of streams whose changes were rolled back."""
        for stream in streams:
            self._heads.pop(stream, None)

    def put_heads(self, connection: Connection, heads: dict[str, StreamHead]) -> None:
        """Store the new heads of streams; nothing of those that hold no event."""
        rows = [
            (stream, head.version, head.incarnation, head.state.value, head.key_id)
            for stream, head in heads.items()
            if head.version
        ]
        if rows:
            connection.executemany(schema.PUT_STREAM, rows)
            self._heads.update(heads)

    def insert(self, connection: Connection, rows: Sequence[Row]) -> range:
        """Insert rows at the next positions and extend the chain; the caller owns the transaction.

        Raises the library's IntegrityError if a version is taken.
        """
        first, chain = self.position + 1, self.chain
        values: list[object] = []
        for position, (columns, payload, blob, digest) in enumerate(rows, first):
            columns[0] = position
            chain = link(chain, columns, digest)
            values += columns
            values += (payload, blob, digest, chain)
        if values:
            try:
                insert_many(connection, schema.INSERT_EVENT, len(LogRow._fields), values)
            except sqlite3.IntegrityError as error:
                raise IntegrityError(str(error)) from None
        self.position, self.chain = first + len(rows) - 1, chain
        return range(first, first + len(rows))

    def written(self, connection: Connection, first: int, last: int) -> list[LogRow]:
        """The rows from one position to another, as this transaction sees them."""
        rows = connection.execute(schema.SELECT_RANGE, (first, last)).fetchall()
        return [LogRow._make(row) for row in rows]

    def rewind(self, position: int, chain: bytes) -> None:
        """Take back positions whose transaction or savepoint was rolled back."""
        self.position, self.chain = position, chain

    # -- the library's port --

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_options: object
    ) -> Sequence[int] | None:
        """Insert stored events in their own transaction. Raises the library's IntegrityError."""
        with self.database.lock:
            before = self.position, self.chain
            try:
                with self.database.transaction() as connection:
                    return list(self.insert(connection, list(map(_bare, stored_events))))
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
        rows = self.rows.of_stream(str(originator_id), gt, limit, lte, newest_first=desc)
        return [StoredEvent(originator_id, r.version, r.kind, r.payload or b"") for r in rows]

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
            Notification(r.stream, r.version, r.kind, r.payload or b"", r.position)
            for r in self.rows.of_log(after, limit, stop, topics)
        ]

    def max_notification_id(self) -> int | None:
        """The newest position, or None for an empty log."""
        return self.rows.newest()

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Not offered: following the log is the feed's business."""
        raise NotImplementedError("follow the log through its feed")


def require_format(identity: dict[str, str]) -> str:
    """The log's id. Raises StoreMismatch for a log of another format."""
    if identity.get("format") != str(schema.FORMAT):
        raise StoreMismatch(
            f"the log has format {identity.get('format')}, this version reads {schema.FORMAT}"
        )
    return identity["log_id"]


def _bare(event: StoredEvent) -> Row:
    digest = digest_of(event.state)
    stream, version, kind = str(event.originator_id), event.originator_version, event.topic
    return [0, stream, version, kind, 0, "", "", "", None], event.state, None, digest
