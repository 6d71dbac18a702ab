"""One SQLite database: opening it, writing in transactions, and reading."""

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
from threadhost.events.store.sqlite.names import Names
from threadhost.events.store.sqlite.schema import EVENTS_VIEW

BUSY_TIMEOUT_MS = 10_000
CHECKPOINT_WAIT_MS = 250
NOT_TEXT = "Could not decode to UTF-8"
"""The driver's message if a text column holds something else; there is no error code for it."""
READ_AND_WRITE = "mode=rw"
READ_ONLY = "mode=ro"
GIVE_BACK = "PRAGMA auto_vacuum=FULL"
"""Only for a database in memory."""
GIVE_BACK_LATER = "PRAGMA auto_vacuum=INCREMENTAL"
"""On disk free pages are reused, and those beyond a limit are given back step by step. The pragma
is set only for an empty file: it would write to any other."""
VIEWS = "SELECT name FROM sqlite_master WHERE type = 'view' AND lower(name) <> 'events'"
"""A file's views that a query could read: `events` is always the connection's own, or a table."""
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
    """One thread's connection for reading, with the lock that is held during a read."""

    __slots__ = ("connection", "lock", "source")

    def __init__(self, connection: Connection, source: object) -> None:
        self.connection = connection
        self.lock = threading.RLock()
        self.source = source

    def close(self) -> None:
        """Close once the running read is over: closing earlier would crash the process."""
        with self.lock:
            self.connection.close()


class _Reading:
    """One read as a context manager; a plain class, because every turn needs several."""

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
    """Raise OutOfResources if the error means only a temporary shortage."""
    if (scarce := shortage(error)) is not None and scarce is not error:
        raise scarce from error


class ReadableDatabase:
    """Connections for reading one database file, one for each thread."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._local: Any = threading.local()
        self._readers: list[_Reader] = []
        self._closed = False

    @property
    def in_memory(self) -> bool:
        """Whether this database has no file."""
        return self.path is None

    @property
    def reader(self) -> Connection:
        """The calling thread's connection; `reading` also prevents closing it during the read."""
        return self._reader().connection

    def reading(self) -> "_Reading":
        """Return the thread's connection for one read. Raises StoreUnavailable once closed."""
        return _Reading(self)

    def to_read(self) -> tuple[Any, Connection]:
        """Return the calling thread's lock and connection."""
        reader = self._reader()
        return reader.lock, reader.connection

    @property
    def is_closed(self) -> bool:
        """Whether reads are refused."""
        return self._closed

    def rows(
        self, query: str, values: Sequence[object] | Mapping[str, object] = ()
    ) -> Sequence[Sequence[Any]]:
        """Return all rows of a query; bytes in place of a text are decoded as far as possible."""
        with self.reading() as connection:
            return fetched(connection, query, values)

    def close(self) -> None:
        """Close all connections, each once its running read is over; idempotent."""
        self._closed = True
        while self._readers:
            self._readers.pop().close()

    def _source(self) -> tuple[object, str]:
        """Return the current source of reads, and the SQLite URI parameters to open it with."""
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
    """One connection for reading that threads use in turn: for work that changes threads."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._local = SimpleNamespace()

    def _source(self) -> tuple[object, str]:
        return None, READ_ONLY


class Database(ReadableDatabase):
    """One database file, or one in memory if `path` is None.

    One connection writes; each thread that reads has its own. In memory all share the one that
    writes, under `lock`. The last connection to be closed checkpoints.
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        self._identity = create_private(path) if path is not None else None
        self.writer = connect(path, READ_AND_WRITE)
        self.names = Names()
        """The numbers of names that the writing connection knows."""
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
        """The calling thread's connection; `reading` also prevents closing it during the read."""
        return self.writer if self.path is None else super().reader

    def to_read(self) -> tuple[Any, Connection]:
        """Return the calling thread's lock and connection."""
        return (self.lock, self.writer) if self.path is None else super().to_read()

    @property
    def used_bytes(self) -> int:
        """The size of the used pages, as the writing connection sees it."""
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
        """Whether it is in memory and has not been used yet."""
        return isinstance(self.writer, LazyConnection) and self.writer.is_unused

    def prepare(self, work: Callable[[Connection], object]) -> None:
        """Create what has to exist, in a transaction; in memory this waits until the first use."""
        writer = self.writer
        if isinstance(writer, LazyConnection) and writer.is_unused:
            writer.before_use(lambda: work(writer))
        else:
            with self.transaction() as connection:
                work(connection)

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the database and truncate it.

        Returns whether that succeeded; a running read can prevent it.
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
        """Check before any change: a switch to a write-ahead log already changes the file."""
        tables, ours = self.writer.execute(TABLES).fetchone()
        if tables and not ours:
            raise StoreMismatch(
                f"{self.path} is the database of another program; restore the log, or move this"
                " file away"
            )

    def _require_wal(self) -> None:
        (mode,) = self.writer.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise StoreMismatch(f"{self.path} cannot be used with a write-ahead log (mode {mode})")


class Transaction(Generic[T]):
    """The transactions of the writing connection, one after the other, each as a context manager.

    `value` is what the block gets. Raises what an error means for the store, see `classify`. A
    commit that fails may be on disk, completely or partly: only the next start finds out where the
    log ends.
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
        """Raise the meaning of an error, unless that is the error itself."""
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
    """Return what `take` takes of a query's rows, even if some hold bytes that are not text.

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
    """Have the connection refuse to read views: no host creates any, and one may be endless.

    Raises sqlite3.Error if the file cannot be read.
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
    """Open the file with these SQLite URI parameters; the caller manages transactions.

    `events` means the rows of the log with their names, as `EVENTS_VIEW` shows them.
    """
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
        for statement in (*((GIVE_BACK,) if path is None else ()), *PRAGMAS, EVENTS_VIEW):
            Connection.execute(connection, statement)  # bypasses the lazy preparation
    except BaseException:
        connection.close()
        raise
    return connection
