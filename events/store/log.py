"""The log: the one door to the store for everything above it."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from threadhost.events.base import Event, Meta, Recorded
from threadhost.events.ids import TimeOrderedIds
from threadhost.events.store import schema
from threadhost.events.store.blobs import BlobFiles, Blobs
from threadhost.events.store.codec import EventCodec
from threadhost.events.store.committer import (
    Appended,
    AppendRequest,
    Committer,
    Idempotency,
    InlineViews,
    StreamAppend,
)
from threadhost.events.store.database import Database
from threadhost.events.store.errors import MemoryFull, StoreFailed, StoreMismatch
from threadhost.events.store.faults import in_our_words
from threadhost.events.store.feed import Feed
from threadhost.events.store.home import BLOBS, DATABASE, HOST_KEY, KEYS
from threadhost.events.store.host_key import load_host_key
from threadhost.events.store.keys import KeyRing
from threadhost.events.store.read_only import ReadOnlyLog
from threadhost.events.store.reading import LogReader
from threadhost.events.store.recorder import SqlRecorder
from threadhost.events.store.scrub import Scrubber
from threadhost.events.store.writer import Writer

MEMORY_BYTES_MAX = 2**40
QUEUE_BYTES_MAX = 64 * 1024 * 1024
T = TypeVar("T")
logger = logging.getLogger("threadhost.store")


def _log_failure(failure: StoreFailed) -> None:
    logger.critical("the store failed: %s", failure)


class Log(LogReader):
    """An append-only log of events in streams, with the views that change along with it.

    Made on the running event loop, which gets every answer and every published event.
    """

    def __init__(
        self,
        database: Database,
        recorder: SqlRecorder,
        keys: KeyRing,
        blob_root: Path | None,
        views: InlineViews,
        on_failure: Callable[[StoreFailed], None] = _log_failure,
        queue_bytes_max: int = QUEUE_BYTES_MAX,
        memory_bytes_max: int = MEMORY_BYTES_MAX,
    ) -> None:
        codec = EventCodec(keys, Blobs(blob_root))
        super().__init__(recorder.rows, codec)
        self.database = database
        self.files = BlobFiles(blob_root)
        self._memory_bytes_max = memory_bytes_max
        self._recorder = recorder
        self._keys = keys
        self._views = views
        self._scrubber = Scrubber(database, views)
        with database.transaction() as connection:
            views.create(connection)
        self.feed = Feed(self.read, recorder.position)
        committer = Committer(recorder, codec, keys, views)
        self._writer = Writer(
            database, recorder, committer, self.feed.publish, queue_bytes_max, on_failure
        )

    @classmethod
    def open(
        cls,
        home: Path,
        views: InlineViews,
        key_file: Path | None = None,
        on_failure: Callable[[StoreFailed], None] = _log_failure,
    ) -> "Log":
        """The log of a home folder, created if it is new; the caller holds the home's lock.

        What a crash left is cleared away. Raises StoreMismatch if files of the home are missing
        or do not belong together, StoreUnavailable or StoreFailed if the disk lets it down.
        """
        with in_our_words():
            return cls._open(home, views, key_file or home / HOST_KEY, on_failure)

    @classmethod
    def _open(
        cls,
        home: Path,
        views: InlineViews,
        key_file: Path,
        on_failure: Callable[[StoreFailed], None],
    ) -> "Log":
        database = Database(home / DATABASE)
        keys = None
        try:
            recorder = SqlRecorder(database, TimeOrderedIds().new())
            keys = _open_keys(home, key_file, recorder)
            _sweep_keys(database, recorder, keys)
            _sweep_blobs(home / BLOBS, recorder)
            if recorder.rows.all(schema.IS_SCRUB_DUE):
                Scrubber(database, views).erase()
            log = cls(database, recorder, keys, home / BLOBS, views, on_failure)
        except BaseException:
            if keys is not None:
                keys.close()
            database.close()
            raise
        return log

    @classmethod
    def open_read_only(cls, home: Path, key_file: Path | None = None) -> ReadOnlyLog:
        """The log of a home for reading alone, whoever holds the home. Raises StoreMismatch."""
        return ReadOnlyLog.open(home, key_file)

    @classmethod
    def in_memory(cls, views: InlineViews, bytes_max: int = MEMORY_BYTES_MAX) -> "Log":
        """A log that leaves nothing on disk; once it holds so much, no new stream is begun."""
        database = Database(None)
        recorder = SqlRecorder(database, TimeOrderedIds().new())
        keys = KeyRing(None, bytes(32), recorder.log_id)
        return cls(database, recorder, keys, None, views, memory_bytes_max=bytes_max)

    @property
    def log_id(self) -> str:
        """The identity of this log."""
        return self._recorder.log_id

    @property
    def position(self) -> int:
        """The newest position that was published; 0 for an empty log."""
        return self.feed.position

    async def append(
        self, *appends: StreamAppend, meta: Meta, idempotency: Idempotency | None = None
    ) -> Appended:
        """Append to one or more streams, all or nothing; durable when this returns.

        Raises WrongExpectedVersion, StreamFenced, IdempotencyKeyReused, StoreOverloaded (MemoryFull
        where a stream begins), StoreUnavailable or StoreFailed; nothing was appended then, save
        that after StoreFailed the outcome is open until the next start.
        """
        request = AppendRequest.encode(appends, meta, idempotency)
        if any(append.expected_version == 0 for append in appends):
            self.require_room(request.size_bytes)
        return await self._writer.append(request)

    def require_room(self, size_bytes: int = 0) -> None:
        """Raises MemoryFull if a log in memory holds so much that this has no place in it."""
        if not self.database.in_memory:
            return
        used, most = self.database.used_bytes, self._memory_bytes_max
        if used + size_bytes > most:
            raise MemoryFull(
                f"threads in memory: {used} of {most} bytes are taken, {size_bytes} more were asked"
                " for; unsubscribe from ephemeral threads that are needed no more"
            )

    async def destroy_keys(self, streams: Sequence[str]) -> int:
        """Destroy the keys of streams, durably; returns how many there were."""
        heads = self.stream_heads(streams).values()
        key_ids = [head.key_id for head in heads if head.key_id is not None]
        if not key_ids:
            return 0
        return await self._writer.run(lambda: _destroy(self.database, self._keys, key_ids))

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Run work in a transaction of the writer, between appends."""

        def transaction() -> T:
            with self.database.transaction() as connection:
                return work(connection)

        return await self._writer.run(transaction)

    async def checkpoint(self) -> bool:
        """Leave no byte of deleted rows in any file; whether that was possible just now."""
        return await self._writer.run(self._scrubber.erase)

    def sweep_keys(self) -> int:
        """Destroy keys of closed streams that a crash left; returns how many."""
        return _sweep_keys(self.database, self._recorder, self._keys)

    async def forget(self, stream: str, last: Event | None = None) -> None:
        """Drop a stream's events; only in a log in memory, where nothing has to last.

        The views are shown `last`, which is not kept, so that they drop what they have of it.
        """
        if not self.database.in_memory:
            raise LookupError("events of a durable log are never dropped")
        await self.destroy_keys([stream])
        for statement in schema.FORGET_STREAM:
            self.database.writer.execute(statement, (stream,))
        self._recorder.forget_heads([stream])
        if last is not None:
            shown = Recorded(0, stream, 0, last, Meta("", "", "", 0))
            self._views.apply(self.database.writer, [shown])

    async def close(self) -> None:
        """Write what is queued, checkpoint and close; idempotent."""
        await self._writer.close()
        self._keys.close()
        self.database.close()


def _destroy(database: Database, keys: KeyRing, key_ids: Sequence[int]) -> int:
    gone = keys.destroy(key_ids)
    with database.transaction() as connection:
        connection.executemany(schema.KEY_DESTROYED, [(key_id,) for key_id in key_ids])
    return gone


def _sweep_keys(database: Database, recorder: SqlRecorder, keys: KeyRing) -> int:
    left = [row[0] for row in recorder.rows.all(schema.KEYS_LEFT)]
    return _destroy(database, keys, left) if left else 0


def _open_keys(home: Path, key_file: Path, recorder: SqlRecorder) -> KeyRing:
    newest = recorder.rows.all(schema.NEWEST_KEY)[0][0] or 0
    keys = home / KEYS
    if (newest and not keys.exists()) or (keys.exists() and not key_file.exists()):
        missing = key_file if keys.exists() else keys
        raise StoreMismatch(f"{missing} is missing: the log in {home} cannot be read without it")
    ring = KeyRing(keys, load_host_key(key_file), recorder.log_id)
    try:
        ring.release_unused(newest)
    except StoreMismatch:
        ring.close()
        raise
    return ring


def _sweep_blobs(root: Path, recorder: SqlRecorder) -> None:
    if root.is_dir():
        named = {row[0] for row in recorder.rows.all(schema.BLOB_NAMES)}
        if removed := Blobs(root).sweep(named):
            logger.warning("removed %d blobs that no event names", removed)
