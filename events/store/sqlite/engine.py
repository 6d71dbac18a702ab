"""The embedded engine: one log with its views in a file of SQLite, or in memory."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from threadhost.events.store.files import fingerprint
from threadhost.events.store.port import Erasure, KeptSnapshot, Values, Verifying
from threadhost.events.store.rows import Purged, StreamSize
from threadhost.events.store.seal import Sealer
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import (
    Database,
    ReadableDatabase,
    SharedReader,
    Transaction,
)
from threadhost.events.store.sqlite.faults import classify, translate_unreadable
from threadhost.events.store.sqlite.rows import LogRows
from threadhost.events.store.sqlite.scrub import Scrubber
from threadhost.events.store.sqlite.tx import SqliteTx

if TYPE_CHECKING:
    from threadhost.events.store.sqlite.purge import Purger

P = ParamSpec("P")
T = TypeVar("T")


def run_sync(work: Coroutine[Any, Any, T]) -> T:
    """Run work that awaits only reads of SQLite, which never suspend, and return its result."""
    try:
        work.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    work.close()
    raise RuntimeError("it awaits something else than SQLite")


def _awaited(
    read: Callable[Concatenate[LogRows, P], T],
) -> Callable[Concatenate["SqliteReads", P], Coroutine[Any, Any, T]]:
    """Make a read of the log's rows awaitable, and translate errors of unreadable data."""

    @wraps(read)
    async def awaited(reads: "SqliteReads", /, *args: P.args, **kwargs: P.kwargs) -> T:
        with translate_unreadable():
            return read(reads.log, *args, **kwargs)

    return awaited


class SqliteReads:
    """Awaited reads that never suspend: the file is local, and a read takes some microseconds."""

    def __init__(self, database: ReadableDatabase) -> None:
        self.database = database
        self.log = LogRows(database)
        """The same reads without awaiting, for other threads and for code that opens or checks a
        log."""

    @property
    def in_memory(self) -> bool:
        """Whether it has no file."""
        return self.database.in_memory

    @property
    def place(self) -> Path | ReadableDatabase:
        """The path of its file, or itself."""
        return self.database.path or self.database

    of_log = _awaited(LogRows.of_log)
    of_stream = _awaited(LogRows.of_stream)
    at = _awaited(LogRows.at)
    bodies_at = _awaited(LogRows.bodies_at)
    bodies_of_stream = _awaited(LogRows.bodies_of_stream)
    bodies_of = _awaited(LogRows.bodies_of)
    heads = _awaited(LogRows.heads)
    link_at = _awaited(LogRows.link_at)

    async def has_blobs(self, stream: str) -> bool:
        """Whether a payload of the stream is in a blob."""
        with translate_unreadable():
            return bool(self.log.all(schema.HAS_BLOBS, (stream,)))

    async def stream_sizes(self, streams: Sequence[str] | None = None) -> Mapping[str, StreamSize]:
        """Return the size of these streams, or of all, in the log."""
        with translate_unreadable():
            by_stream = " GROUP BY stream"
            if streams is None:
                rows = self.log.all(schema.SIZES + by_stream)
            else:
                query = f"{schema.SIZES} WHERE stream = ? {by_stream}"
                rows = [row for stream in streams for row in self.log.all(query, (stream,))]
            return {row[0]: StreamSize(*row[1:]) for row in rows}

    async def extent(self, stream: str, after: int, stop: int) -> tuple[int, int]:
        """Count a stream's whole versions after one, up to `stop`; returns the last, too."""
        with translate_unreadable():
            ((count, last),) = self.log.all(schema.EXTENT, (stream, after, stop))
            return count, last

    async def snapshot(self, stream: str) -> KeptSnapshot | None:
        """Return the newest snapshot of a stream."""
        with translate_unreadable():
            rows = self.log.all(schema.GET_SNAPSHOT, (stream,))
            return KeptSnapshot._make(rows[0]) if rows else None

    async def rows(
        self, query: str, values: Sequence[object] | Values = ()
    ) -> Sequence[Sequence[Any]]:
        """Return all rows of a query of views."""
        with translate_unreadable():
            return self.database.rows(query, values)

    async def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""
        with translate_unreadable():
            return bool(self.database.rows(schema.HAS_TABLE, (name,)))

    async def apart(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run work that awaits only these reads on a thread."""
        return await asyncio.to_thread(lambda: run_sync(work()))


class SqliteEngine(SqliteReads):
    """One database: one connection writes, each thread that reads has its own."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._database = database
        self._scrubber = Scrubber(database)
        self._transaction = Transaction(database, SqliteTx(database.writer, database.names))

    @cached_property
    def _purger(self) -> "Purger":
        from threadhost.events.store.sqlite.purge import Purger

        return Purger(self._database)

    @property
    def is_erasure_due(self) -> bool:
        """Whether rows of deleted threads may have left bytes behind."""
        return self._scrubber.is_due

    def prepare(self, work: Callable[[SqliteTx], object]) -> None:
        """Create tables; in memory at the first use."""
        names = self._database.names
        self._database.prepare(lambda connection: work(SqliteTx(connection, names)))

    def transaction(self) -> Transaction[SqliteTx]:
        """Write, all or nothing."""
        return self._transaction

    def meaning(self, error: Exception) -> Exception:
        """Return what to raise."""
        return classify(error, path=self.database.path)

    def erase(self, private: Sequence[str]) -> Erasure:
        """Rewrite private tables if that is due, and truncate the write-ahead log.

        It takes about 5 ms for each 1,000 threads that exist. It is put off if the last time was
        too recent, or while something is reading.
        """
        rows = self._scrubber.scrub(private)
        return Erasure(rows, rows and self._database.checkpoint())

    def purge(self, is_destroyed: Callable[[int], bool]) -> Purged:
        """Remove some payloads of closed streams whose keys are destroyed."""
        return self._purger.step(is_destroyed)

    def compact_rows(self) -> bool:
        """Rewrite some rows whose payloads were purged."""
        return self._purger.compact_rows()

    def release_pages(self) -> int:
        """Give some free pages back to the file system."""
        return self._purger.release_pages()

    def used_bytes(self) -> int:
        """Return the size of the used pages, as the writing connection sees it."""
        return self._database.used_bytes

    @property
    def can_delete(self) -> bool:
        """Always true here."""
        return True

    def scratch(self) -> "SqliteEngine":
        """Return an empty engine in memory."""
        return SqliteEngine(Database(None))

    @contextmanager
    def moment(self) -> Iterator[SqliteTx]:
        """Return the committed state of one moment, read through a connection of its own."""
        if self.database.path is None:
            raise LookupError("a log in memory has one connection")
        shared = SharedReader(self.database.path)
        with (
            translate_unreadable(),
            closing(shared) as database,
            database.reading() as connection,
        ):
            connection.execute("BEGIN")
            yield SqliteTx(connection)

    @contextmanager
    def verifying(self, blobs: Path | None, sealer: Sealer | None) -> Iterator[Verifying]:
        """Return a check of the log as it is, to be run step by step on any thread."""
        from threadhost.events.store.sqlite import verify

        if self.database.path is None:
            raise LookupError("a log in memory is not checked")
        with closing(SharedReader(self.database.path)) as database:
            yield verify.Verifying(database, blobs, sealer=sealer)

    def files_fingerprint(self) -> str:
        """Return size and time of the files."""
        return fingerprint(self.database.path) if self.database.path else ""

    def close(self) -> None:
        """Close all connections; the last one checkpoints. Idempotent."""
        self._database.close()
