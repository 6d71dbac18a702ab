"""One SQLite database: how it is opened, written in transactions and read."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, StaticPool

from threadhost.events.store.errors import StoreMismatch

BUSY_TIMEOUT_MS = 10_000
PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=OFF",
    "PRAGMA cache_size=-16384",
)


class Database:
    """Connections to one database file, or to one in memory when `path` is None.

    One connection writes; each thread that reads has its own. In memory they are all the same
    one, so there everything has to happen on one thread or under `lock`.
    """

    def __init__(self, path: Path | None, *, read_only: bool = False) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._readers = threading.local()
        self._open: list[Connection] = []
        self._engine = _engine(path, read_only=read_only)
        self.writer = self._connect()
        if path is not None and not read_only:
            self._require_wal()

    @property
    def in_memory(self) -> bool:
        """Whether nothing of this database is on disk."""
        return self.path is None

    @property
    def reader(self) -> Connection:
        """The calling thread's connection for reading."""
        if self.path is None:
            return self.writer
        connection: Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = self._readers.connection = self._connect()
        return connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write in one transaction: committed at the end, rolled back on any exception."""
        with self.lock:
            connection = self.writer
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.exec_driver_sql("COMMIT")
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
            row = self.writer.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        return bool(row[0] == 0)

    def close(self) -> None:
        """Close all connections; the last one checkpoints."""
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._engine.dispose()

    def _connect(self) -> Connection:
        connection = self._engine.connect()
        self._open.append(connection)
        return connection

    def _require_wal(self) -> None:
        mode = self.writer.exec_driver_sql("PRAGMA journal_mode=WAL").scalar_one()
        if mode != "wal":
            raise StoreMismatch(f"{self.path} cannot be used with a write-ahead log (mode {mode})")


def rollback(connection: Connection) -> None:
    """Roll back if a transaction is open; SQLite may have done so by itself."""
    raw = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection) and raw.in_transaction:
        connection.exec_driver_sql("ROLLBACK")


def _engine(path: Path | None, *, read_only: bool) -> Engine:
    url = "sqlite://"
    if path is not None:
        if not read_only:
            _create_private(path)
        mode = "ro" if read_only else "rw"
        url = f"sqlite:///file:{path}?mode={mode}&uri=true"
    engine = create_engine(
        url,
        poolclass=StaticPool if path is None else NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "cached_statements": 256},
    )
    event.listen(engine, "connect", _configure)
    return engine


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _create_private(path: Path) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
