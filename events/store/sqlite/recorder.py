"""The rows of the log on their way in: explicit positions, the chain, the heads of streams."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection

from threadhost.events.store.chain import link
from threadhost.events.store.errors import LogDamaged, StoreMismatch
from threadhost.events.store.home import verify_command
from threadhost.events.store.seal import End, Sealer
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database, insert_many
from threadhost.events.store.sqlite.rows import LogRow, LogRows, Row, StreamHead

STREAM_CACHE_MAX = 65_536


class SqlRecorder:
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
        self.last_at_ms = self.rows.last_time()
        """When the newest event was recorded: time does not go back in a log."""
        self.sealer: Sealer | None = None
        """Seals the end of the log with each commit, if there is one."""

    @property
    def end(self) -> End:
        """Where the log ends as this writer knows it."""
        return End(self.position, self.chain)

    def _create(self, log_id: str) -> None:
        if self.rows.all(schema.IS_A_LOG):
            require_format(self.rows.identity())
            require_no_programs(self.rows, self.database.path)
        with self.database.transaction() as connection:
            for statement in schema.STATEMENTS:
                connection.execute(statement)
            connection.execute(
                "INSERT OR IGNORE INTO store VALUES ('format', ?), ('log_id', ?)",
                (str(schema.FORMAT), log_id),
            )

    # -- on the writer's thread, inside its transaction --

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

    def insert(self, connection: Connection, rows: Sequence[Row]) -> list[tuple[int, bytes]]:
        """Insert the rows of one append at the next positions and extend the chain.

        The position and the chain of each, bare, as one is made for each event. The caller owns
        the transaction. Raises sqlite3.IntegrityError if a version is taken.
        """
        first, chain = self.position + 1, self.chain
        values: list[object] = []
        places: list[tuple[int, bytes]] = []
        for position, (columns, payload, blob, digest) in enumerate(rows, first):
            columns[0], columns[1] = position, first
            chain = link(chain, columns, digest)
            values += columns
            values += (payload, blob, digest, chain)
            places.append((position, chain))
        if values:
            insert_many(connection, schema.INSERT_EVENT, len(LogRow._fields), values)
        self.position, self.chain = first + len(rows) - 1, chain
        return places

    def seal_end(self, connection: Connection) -> None:
        """Seal where the log ends now; for the last moment of the caller's transaction."""
        if self.sealer is not None:
            seal = self.sealer.seal(self.end)
            connection.execute(schema.SEAL_END, (self.position, self.chain, seal))

    def put_right_heads(self, heads: Mapping[str, StreamHead]) -> None:
        """Make the heads of all streams anew, in a transaction of its own."""
        with self.database.transaction() as connection:
            connection.execute(schema.FORGET_HEADS)
            self._heads.clear()
            self.put_heads(connection, dict(heads))
            self._heads.clear()

    def written(self, connection: Connection, first: int, last: int) -> list[LogRow]:
        """The rows from one position to another, as this transaction sees them."""
        rows = connection.execute(schema.SELECT_RANGE, (first, last)).fetchall()
        return [LogRow._make(row) for row in rows]

    def rewind(self, position: int, chain: bytes) -> None:
        """Take back positions whose transaction or savepoint was rolled back."""
        self.position, self.chain = position, chain


def require_no_programs(rows: LogRows, database: Path | None) -> None:
    """Raise StoreMismatch if the database has triggers or views: they would act for others."""
    home = database.parent if database else Path()
    for kind, name in rows.all(schema.PROGRAMS):
        raise StoreMismatch(
            f"the log's database has a {kind} {name!r}, which no version of this program makes:"
            f" drop it, and look with {verify_command(home)} at what it did"
        )


def require_format(identity: dict[str, str]) -> str:
    """The log's id. Raises StoreMismatch for a log of another format."""
    if identity.get("format") != str(schema.FORMAT):
        raise StoreMismatch(
            f"the log has format {identity.get('format')}, this version reads {schema.FORMAT}"
        )
    if not isinstance(identity.get("log_id"), str):
        raise LogDamaged("the log does not say which one it is")
    return identity["log_id"]
