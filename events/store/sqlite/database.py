"""One SQLite database: how it is opened, written in transactions and read."""

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from threadhost.events.store.errors import StoreFailed, StoreMismatch, StoreUnavailable
from threadhost.events.store.files import Identity, create_private, require_same
from threadhost.events.store.sqlite.faults import classify, shortage
from threadhost.events.store.sqlite.lazy_connection import LazyConnection

BUSY_TIMEOUT_MS = 10_000
CHECKPOINT_WAIT_MS = 250
NOT_TEXT = "Could not decode to UTF-8"
"""How the driver says that a text column holds something else; it has no code for it."""
READ_AND_WRITE = "mode=rw"
READ_ONLY = "mode=ro"
GIVE_BACK = "PRAGMA auto_vacuum=FULL"
"""Only of a database in memory."""
GIVE_BACK_LATER = "PRAGMA auto_vacuum=INCREMENTAL"
"""On disk free pages are used again; those that are too many are given back step by step. It is
said of an empty file alone: another one would be written to."""
VIEWS = "SELECT name FROM sqlite_master WHERE type = 'view'"
TABLES = "SELECT count(*), total(name = 'store') FROM sqlite_master WHERE type = 'table'"
PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-4096",
)
T = TypeVar("T")


class _Reader:
    """A connection that one thread reads with, and whether it is reading just now."""

    __slots__ = ("connection", "lock", "source")

    def __init__(self, connection: Connection, source: object) -> None:
        self.connection = connection
        self.lock = threading.RLock()
        self.source = source

    def close(self) -> None:
        """Close once the read under way is over: to do it earlier would crash the process."""
        with self.lock:
            self.connection.close()


class _Reading:
    """One read as a context; bare, as a turn takes some of them."""

    __slots__ = ("_database", "_lock")

    def __init__(self, database: "ReadableDatabase") -> None:
        self._database = database

    def __enter__(self) -> Connection:
        database = self._database
        try:
            self._lock, connection = database.to_read()
        except Exception as error:
            _report_shortage(error)
            raise
        self._lock.acquire()
        if database.is_closed:
            self._lock.release()
            raise StoreUnavailable("the log is closed")
        return connection

    def __exit__(self, exc_type: object, error: BaseException | None, traceback: object) -> None:
        self._lock.release()
        if error is not None:
            _report_shortage(error)


def _report_shortage(error: BaseException) -> None:
    """Raise that something is scarce, if the error says no more than that."""
    if (scarce := shortage(error)) is not None and scarce is not error:
        raise scarce from error


class ReadableDatabase:
    """Connections for reading one database file, one for each thread that asks."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._local: Any = threading.local()
        self._readers: list[_Reader] = []
        self._closed = False

    @property
    def in_memory(self) -> bool:
        """Whether nothing of this database is on disk."""
        return self.path is None

    @property
    def reader(self) -> Connection:
        """The calling thread's connection; `reading` also keeps it from being closed meanwhile."""
        return self._reader().connection

    def reading(self) -> "_Reading":
        """The calling thread's connection for one read. Raises StoreUnavailable once closed."""
        return _Reading(self)

    def to_read(self) -> tuple[Any, Connection]:
        """The calling thread's connection, and the lock under which it is used."""
        reader = self._reader()
        return reader.lock, reader.connection

    @property
    def is_closed(self) -> bool:
        """Whether nothing is read any more."""
        return self._closed

    def rows(
        self, query: str, values: Sequence[object] | Mapping[str, object] = ()
    ) -> Sequence[Sequence[Any]]:
        """All rows of a query; bytes in the place of a text are made one as far as they can be."""
        with self.reading() as connection:
            return fetched(connection, query, values)

    def close(self) -> None:
        """Close all connections, each as soon as the read under way on it is over; idempotent."""
        self._closed = True
        while self._readers:
            self._readers.pop().close()

    def _source(self) -> tuple[object, str]:
        """What the file is read through now, and the SQLite URI parameters to open it with."""
        raise NotImplementedError

    def _connect(self, parameters: str) -> Connection:
        return connect(self.path, parameters)

    def _reader(self) -> _Reader:
        source, parameters = self._source()
        opened: _Reader | None = getattr(self._local, "reader", None)
        if opened is not None and opened.source == source:
            return opened
        if self._closed:
            raise StoreUnavailable("the log is closed")
        if opened is not None:
            self._local.reader = None
            self._readers.remove(opened)
            opened.close()
        reader = self._local.reader = _Reader(self._connect(parameters), source)
        self._readers.append(reader)
        return reader


class SharedReader(ReadableDatabase):
    """One connection for reading, which threads use in turn: for work that any goes on with."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._local = SimpleNamespace()

    def _source(self) -> tuple[object, str]:
        return None, READ_ONLY


class Database(ReadableDatabase):
    """One database file, or one in memory when `path` is None.

    One connection writes; each thread that reads has its own. In memory they are all the same
    one, which is used under `lock`. The last connection to be closed checkpoints.
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        self._identity = create_private(path) if path is not None else None
        self.writer = connect(path, READ_AND_WRITE)
        try:
            if path is not None:
                require_same(path, self._identity)
                if path.stat().st_size:
                    self._require_ours()
                else:
                    self.writer.execute(GIVE_BACK_LATER)
                self._require_wal()
        except BaseException:
            self.close()
            raise

    @property
    def reader(self) -> Connection:
        """The calling thread's connection; `reading` also keeps it from being closed meanwhile."""
        return self.writer if self.path is None else super().reader

    def to_read(self) -> tuple[Any, Connection]:
        """The calling thread's connection, and the lock under which it is used."""
        return (self.lock, self.writer) if self.path is None else super().to_read()

    @property
    def used_bytes(self) -> int:
        """What the pages in use take, as the connection that writes sees it."""
        if self.is_unused:
            return 0
        pragmas = ("page_count", "freelist_count", "page_size")
        with self.lock:
            sizes = [self.writer.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
        count, free, size = sizes
        return int((count - free) * size)

    def transaction(self) -> "Transaction[Connection]":
        """Write in one transaction: committed at the end, rolled back on any exception."""
        return Transaction(self, self.writer)

    @property
    def is_unused(self) -> bool:
        """Whether it is one in memory, of which nothing was asked yet."""
        return isinstance(self.writer, LazyConnection) and self.writer.is_unused

    def prepare(self, work: Callable[[Connection], object]) -> None:
        """Make in a transaction what has to be there; in memory that waits until it is used."""
        writer = self.writer
        if isinstance(writer, LazyConnection) and writer.is_unused:
            writer.before_use(lambda: work(writer))
        else:
            with self.transaction() as connection:
                work(connection)

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the database and cut it to nothing.

        Returns whether it went through; a reader in the middle of a read can prevent it.
        """
        if self.path is None:
            return True
        with self.lock:
            self.writer.execute(f"PRAGMA busy_timeout={CHECKPOINT_WAIT_MS}")
            try:
                row = self.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self.writer.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        return bool(row[0] == 0)

    def close(self) -> None:
        """Close all connections; the last one checkpoints. Idempotent."""
        super().close()
        with self.lock:
            self.writer.close()

    def _source(self) -> tuple[object, str]:
        return None, READ_AND_WRITE

    def _connect(self, parameters: str) -> Connection:
        if self.path is not None and Identity.of(self.path) != self._identity:
            raise StoreUnavailable(f"{self.path} was removed or replaced while the host ran")
        return super()._connect(parameters)

    def _require_ours(self) -> None:
        """Look before anything is changed: a write-ahead log alone makes it another file."""
        tables, ours = self.writer.execute(TABLES).fetchone()
        if tables and not ours:
            raise StoreMismatch(
                f"{self.path} is a database of something else; put the log back, or move that away"
            )

    def _require_wal(self) -> None:
        (mode,) = self.writer.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise StoreMismatch(f"{self.path} cannot be used with a write-ahead log (mode {mode})")


class Transaction(Generic[T]):
    """The transactions of the connection that writes, one after the other, each as a context.

    `value` is what they are carried out with. Raises what an error means for the store, as
    `classify` says. A commit that fails may be on disk, or partly: nobody can tell before the next
    start, which finds where the log ends.
    """

    __slots__ = ("_database", "_value")

    def __init__(self, database: Database, value: T) -> None:
        self._database = database
        self._value = value

    def __enter__(self) -> T:
        database = self._database
        database.lock.acquire()
        try:
            database.writer.execute("BEGIN IMMEDIATE")
        except BaseException as error:
            database.lock.release()
            self._report(error)
            raise
        return self._value

    def __exit__(self, exc_type: object, error: BaseException | None, traceback: object) -> None:
        try:
            if error is None:
                self._commit()
            else:
                self._roll_back()
                self._report(error)
        finally:
            self._database.lock.release()

    def _commit(self) -> None:
        try:
            self._database.writer.execute("COMMIT")
        except Exception as error:
            self._roll_back()
            self._report(error, in_doubt=True)
            raise

    def _roll_back(self) -> None:
        try:
            rollback(self._database.writer)
        except Exception as error:
            raise StoreFailed(f"a transaction could not be rolled back: {error}") from error

    def _report(self, error: BaseException, *, in_doubt: bool = False) -> None:
        """Raise what an error means, unless that is itself."""
        if isinstance(error, Exception):
            meaning = classify(error, in_doubt=in_doubt, path=self._database.path)
            if meaning is not error:
                raise meaning from error


def fetched(
    connection: Connection,
    query: str,
    values: Sequence[object] | Mapping[str, object],
    take: Callable[[sqlite3.Cursor], Sequence[Any]] = sqlite3.Cursor.fetchall,
) -> Sequence[Any]:
    """What is taken of the rows of a query, though some hold bytes that are no text.

    One bad row must not hide the others.
    """
    try:
        return take(connection.execute(query, values))
    except sqlite3.OperationalError as error:
        if NOT_TEXT not in str(error):
            raise
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    try:
        return take(connection.execute(query, values))
    finally:
        connection.text_factory = str


def through_no_view(connection: Connection) -> Connection:
    """Have it refuse to read views: no host makes one, and somebody may have made one without end.

    Raises sqlite3.Error where the file cannot be read.
    """
    views = {str(row[0]).lower() for row in fetched(connection, VIEWS, ())}
    if views:
        deny, ok = sqlite3.SQLITE_DENY, sqlite3.SQLITE_OK
        connection.set_authorizer(lambda *args: deny if str(args[-1]).lower() in views else ok)
    return connection


def rollback(connection: Connection) -> None:
    """Roll back if a transaction is open; SQLite may have done so by itself."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def connect(path: Path | None, parameters: str) -> Connection:
    """A connection to the file with these SQLite URI parameters; transactions are the caller's."""
    target = ":memory:" if path is None else f"file:{quote(str(path))}?{parameters}"
    connection = sqlite3.connect(
        target,
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
        factory=LazyConnection if path is None else Connection,
    )
    try:
        for pragma in (*((GIVE_BACK,) if path is None else ()), *PRAGMAS):
            Connection.execute(connection, pragma)  # which is no use of one in memory yet
    except BaseException:
        connection.close()
        raise
    return connection
