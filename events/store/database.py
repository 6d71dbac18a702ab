"""One SQLite database: how it is opened, written in transactions and read."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool, StaticPool

from threadhost.events.store.errors import StoreMismatch

BUSY_TIMEOUT_MS = 10_000
CHECKPOINT_WAIT_MS = 250
ROWS_A_STATEMENT = 50
PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=OFF",
    "PRAGMA cache_size=-16384",
)


class ReadableDatabase:
    """Connections for reading one database file, one for each thread that asks."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._readers = threading.local()
        self._open: list[Connection] = []

    @property
    def in_memory(self) -> bool:
        """Whether nothing of this database is on disk."""
        return self.path is None

    @property
    def reader(self) -> Connection:
        """The calling thread's connection for reading."""
        raise NotImplementedError

    def close(self) -> None:
        """Close all connections."""
        for connection in self._open:
            connection.close()
        self._open.clear()

    def _connect(self, engine: Engine) -> Connection:
        connection = engine.connect()
        self._open.append(connection)
        return connection


class Database(ReadableDatabase):
    """One database file, or one in memory when `path` is None.

    One connection writes; each thread that reads has its own. In memory they are all the same
    one, so there everything has to happen on one thread or under `lock`. The last connection to
    be closed checkpoints.
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        if path is not None:
            create_private(path)
        self._engine = engine_for(path, "mode=rw")
        self.writer = self._connect(self._engine)
        if path is not None:
            self._require_wal()

    @property
    def reader(self) -> Connection:
        """The calling thread's connection for reading."""
        if self.path is None:
            return self.writer
        connection: Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._readers.connection = self._connect(self._engine)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write in one transaction: committed at the end, rolled back on any exception."""
        with self.lock:
            connection = self.writer
            execute(connection, "BEGIN IMMEDIATE")
            try:
                yield connection
                execute(connection, "COMMIT")
            except BaseException:
                rollback(connection)
                raise

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the database and cut it to nothing.

        Returns whether it went through; a reader in the middle of a read can prevent it.
        """
        if self.path is None:
            return True
        with self.lock:
            execute(self.writer, f"PRAGMA busy_timeout={CHECKPOINT_WAIT_MS}")
            try:
                row = execute(self.writer, "PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                execute(self.writer, f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        return bool(row[0] == 0)

    def close(self) -> None:
        """Close all connections; the last one checkpoints."""
        super().close()
        self._engine.dispose()

    def _require_wal(self) -> None:
        (mode,) = execute(self.writer, "PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            self.close()
            raise StoreMismatch(f"{self.path} cannot be used with a write-ahead log (mode {mode})")


def execute(connection: Connection, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
    """Run a statement on the driver's own cursor, past SQLAlchemy's 10 to 30 µs for each."""
    cursor: sqlite3.Cursor = connection.connection.cursor()  # type: ignore[assignment]
    return cursor.execute(sql, values)


def execute_many(connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> sqlite3.Cursor:
    """Run a statement with each of these rows on the driver's own cursor."""
    cursor: sqlite3.Cursor = connection.connection.cursor()  # type: ignore[assignment]
    return cursor.executemany(sql, rows)


def insert_many(connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, many in one statement: a third cheaper than a statement for each.

    `sql` inserts one row and ends with its places.
    """
    whole = len(rows) // ROWS_A_STATEMENT * ROWS_A_STATEMENT
    for start in range(0, whole, ROWS_A_STATEMENT):
        some = rows[start : start + ROWS_A_STATEMENT]
        execute(connection, _for_many(sql), list(chain.from_iterable(some)))
    if whole < len(rows):
        execute_many(connection, sql, rows[whole:])


@cache
def _for_many(sql: str) -> str:
    places = sql.rpartition("VALUES")[2]
    return sql + f", {places}" * (ROWS_A_STATEMENT - 1)


def rollback(connection: Connection) -> None:
    """Roll back if a transaction is open; SQLite may have done so by itself."""
    raw = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection) and raw.in_transaction:
        raw.execute("ROLLBACK")


def engine_for(path: Path | None, parameters: str) -> Engine:
    """An engine whose connections open the file with these SQLite URI parameters."""
    target = ":memory:" if path is None else f"file:{quote(str(path))}?{parameters}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            target, uri=True, check_same_thread=False, cached_statements=256
        )
        try:
            for pragma in PRAGMAS:
                connection.execute(pragma)
        except BaseException:
            connection.close()
            raise
        return connection

    return create_engine(
        "sqlite://",
        creator=connect,
        poolclass=StaticPool if path is None else NullPool,
        isolation_level="AUTOCOMMIT",
    )


def create_private(path: Path) -> None:
    """Make the file if it is missing; in any case nobody but its owner may open it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
