"""A transaction of a log's writer in SQLite."""

from collections.abc import Callable, Mapping, Sequence
from sqlite3 import Connection, IntegrityError
from typing import Any, TypeVar

from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.store.port import KeptSnapshot, Known, Values
from threadhost.events.store.rows import LogRow, StreamHead
from threadhost.events.store.seal import End
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import fetched
from threadhost.events.store.sqlite.faults import hits_the_whole_store
from threadhost.events.store.sqlite.inserting import insert_many
from threadhost.events.store.sqlite.names import COLUMNS, STREAM, VERSION, Names, numbered
from threadhost.events.store.sqlite.rows import among, rows_within
from threadhost.events.store.sqlite.statements import prepared

BYTES = tuple(map(LogRow._fields.index, ("payload", "digest", "chain")))
"""The driver looks for an adapter for each `bytes`, but for no bytearray."""
HEAD_COLUMNS = 5
T = TypeVar("T")


class SqliteTx:
    """Writes through the writing connection; the caller has begun a transaction.

    Whoever adds events gives the names that the database keeps for its writer.
    """

    __slots__ = ("_names", "connection")

    def __init__(self, connection: Connection, names: Names | None = None) -> None:
        self.connection = connection
        self._names = names or Names()

    def heads(self, streams: Sequence[str]) -> Mapping[str, StreamHead]:
        """Return the heads of streams, read at once."""
        if len(streams) == 1:
            row = self.connection.execute(schema.GET_STREAM, streams).fetchone()
            return {streams[0]: StreamHead.of(row)} if row else {}
        rows = among(self._all, schema.GET_STREAMS, streams)
        return {row[0]: StreamHead.of(row[1:]) for row in rows}

    def known(self, keys: Sequence[str], since_ms: int) -> Mapping[str, Known]:
        """Return which of these requests were carried out since `since_ms`."""
        rows = among(self._all, schema.KNOWN_REQUESTS, keys)
        return {row[0]: Known(*row[1:4]) for row in rows if row[4] >= since_ms}

    def attempt(self, work: Callable[[], T]) -> T | Exception:
        """Do work that may fail alone, under a savepoint."""
        execute = self.connection.execute
        execute("SAVEPOINT attempt")
        try:
            result: T | Exception = work()
        except Exception as error:
            if hits_the_whole_store(error):
                raise
            execute("ROLLBACK TO attempt")
            result = error
        execute("RELEASE attempt")
        return result

    def add_events(self, values: Sequence[object]) -> None:
        """Add rows to the log."""
        try:
            _insert_events(self.connection, numbered(self.connection, self._names, values))
        except IntegrityError:
            stream, version = str(values[STREAM]), values[VERSION]
            before = version - 1 if isinstance(version, int) else -1
            raise WrongExpectedVersion(stream, before, -1) from None

    def put_heads(self, heads: Mapping[str, StreamHead], *, anew: bool = False) -> None:
        """Store the heads of streams."""
        if anew:
            self.connection.execute(schema.FORGET_HEADS)
        values: list[object] = []
        for stream, head in heads.items():
            if head.version:
                values += (stream, head.version, head.incarnation, str(head.state), head.key_id)
        grown = insert_many(self.connection, schema.GROW_STREAM, HEAD_COLUMNS, values)
        if grown * HEAD_COLUMNS < len(values):
            insert_many(self.connection, schema.PUT_STREAM, HEAD_COLUMNS, values)

    def keep_snapshot(self, stream: str, kept: KeptSnapshot) -> None:
        """Store a snapshot in place of the one before."""
        self.connection.execute(schema.KEEP_SNAPSHOT, (stream, *kept))

    def drop_snapshots(self, streams: Sequence[str]) -> None:
        """Drop the snapshots of these streams."""
        among(self._all, schema.DROP_SNAPSHOTS, streams)

    def know(self, key: str, known: Known, at_ms: int) -> None:
        """Record that a request was carried out."""
        self.connection.execute(schema.KNOW_REQUEST, (key, *known, at_ms))

    def forget_known(self, before_ms: int) -> None:
        """Drop the records of older requests."""
        self.connection.execute(schema.FORGET_REQUESTS, (before_ms,))

    def seal_end(self, end: End, seal: bytes) -> None:
        """Store the end of the log."""
        self.connection.execute(schema.SEAL_END, (*end, seal))

    def must_erase(self) -> None:
        """Note that an erasure is due, also after a crash."""
        self.connection.execute(schema.MUST_SCRUB)

    def forget_stream(self, stream: str) -> None:
        """Drop a whole stream."""
        for statement in schema.FORGET_STREAM:
            self.connection.execute(statement, (stream,))
        self._names.forget()

    def rows(self, after: int, limit: int, bytes_max: int | None = None) -> list[LogRow]:
        """Return rows of the log after a position."""
        take = rows_within(bytes_max)
        rows_read = fetched(self.connection, schema.SELECT_PAGE, (after, limit), take)
        return list(map(LogRow._make, rows_read))

    def write(self, statement: str, values: Sequence[Values]) -> int:
        """Execute a view's statement; returns how many rows were deleted."""
        return prepared(statement).execute(self.connection, values)

    def run(self, statement: str, values: Sequence[object] = ()) -> Sequence[Sequence[Any]]:
        """Create, inspect or empty tables of views."""
        return self._all(statement, values)

    def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""
        return bool(self._all(schema.HAS_TABLE, (name,)))

    def made_of(self) -> Mapping[tuple[str, str], str | None]:
        """Return the statements of all tables and indices, by kind and name."""
        return {(kind, name): sql for kind, name, sql in self._all(schema.MADE_OF, ())}

    def _all(self, statement: str, values: Sequence[object]) -> Sequence[Sequence[Any]]:
        return fetched(self.connection, statement, values)


def _insert_events(connection: Connection, values: list[Any]) -> None:
    """Insert rows of the table of events, given as their values one after the other."""
    for column in BYTES:
        values[column::COLUMNS] = map(bytearray, values[column::COLUMNS])
    insert_many(connection, schema.INSERT_EVENT, COLUMNS, values)
