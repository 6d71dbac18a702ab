"""The log: the one door to the store for everything above it."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from threadhost.events.base import Meta, Recorded
from threadhost.events.ids import TimeOrderedIds
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
from threadhost.events.store.errors import StoreFailed, StoreMismatch
from threadhost.events.store.feed import Feed
from threadhost.events.store.keys import KeyRing, load_host_key
from threadhost.events.store.recorder import SqlRecorder, StreamHead
from threadhost.events.store.writer import Writer

DATABASE = "threadhost.db"
KEYS = "keys.db"
HOST_KEY = "host.key"
BLOBS = "blobs"
QUEUE_BYTES_MAX = 64 * 1024 * 1024
T = TypeVar("T")
logger = logging.getLogger("threadhost.store")


def _log_failure(failure: StoreFailed) -> None:
    logger.critical("the store failed: %s", failure)


class Log:
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
    ) -> None:
        self.database = database
        self.files = BlobFiles(blob_root)
        self._recorder = recorder
        self._keys = keys
        self._codec = EventCodec(keys, Blobs(blob_root))
        with database.transaction() as connection:
            views.create(connection)
        self.feed = Feed(self.read, recorder.position)
        committer = Committer(recorder, self._codec, keys, views)
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

        Raises StoreMismatch if files of the home are missing or do not belong together.
        """
        database = Database(home / DATABASE)
        recorder = SqlRecorder(database, TimeOrderedIds().new())
        newest = _newest_key(database)
        keys = _open_keys(home, key_file or home / HOST_KEY, recorder.log_id, newest)
        keys.release_unused(newest)
        log = cls(database, recorder, keys, home / BLOBS, views, on_failure)
        log.sweep_keys()
        return log

    @classmethod
    def in_memory(cls, views: InlineViews) -> "Log":
        """A log that leaves nothing on disk."""
        database = Database(None)
        recorder = SqlRecorder(database, TimeOrderedIds().new())
        keys = KeyRing(None, bytes(32), recorder.log_id)
        return cls(database, recorder, keys, None, views)

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

        Raises WrongExpectedVersion, StreamFenced, IdempotencyKeyReused, StoreOverloaded,
        StoreUnavailable or StoreFailed; nothing was appended then, save that after StoreFailed
        the outcome is open until the next start.
        """
        return await self._writer.append(AppendRequest.encode(appends, meta, idempotency))

    def read(self, after: int, limit: int) -> list[Recorded]:
        """Events of the whole log after a position."""
        return [self._decode(row) for row in self._recorder.select_rows(after, limit)]

    def read_at(self, positions: Sequence[int]) -> list[Recorded]:
        """The events at these positions, in log order."""
        return [self._decode(row) for row in self._recorder.rows_at(positions)]

    def read_stream(
        self, stream: str, after_version: int = 0, limit: int | None = None
    ) -> list[Recorded]:
        """Events of one stream after a version."""
        rows = self._recorder.select_events(stream, gt=after_version, limit=limit)
        return [self._decode(row) for row in rows]

    def stream_head(self, stream: str) -> StreamHead | None:
        """Where a stream stands, or None if nothing was ever appended to it."""
        return self._recorder.stream_head(stream)

    async def destroy_keys(self, streams: Sequence[str]) -> int:
        """Destroy the keys of streams, durably; returns how many there were."""
        heads = [self.stream_head(stream) for stream in streams]
        key_ids = [head.key_id for head in heads if head and head.key_id is not None]
        if not key_ids:
            return 0
        return await self._writer.run(lambda: self._keys.destroy(key_ids))

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Run work in a transaction of the writer, between appends."""

        def transaction() -> T:
            with self.database.transaction() as connection:
                return work(connection)

        return await self._writer.run(transaction)

    async def checkpoint(self) -> bool:
        """Move everything out of the write-ahead log; whether that was possible just now."""
        return await self._writer.run(self.database.checkpoint)

    def sweep_keys(self) -> int:
        """Destroy keys of closed streams that a crash left; returns how many."""
        rows = self.database.reader.exec_driver_sql(
            "SELECT key_id FROM stream_state WHERE state = 'closed' AND key_id IS NOT NULL"
        ).all()
        left = self._keys.existing([row[0] for row in rows]) if rows else []
        return self._keys.destroy(left) if left else 0

    async def forget(self, stream: str) -> None:
        """Drop a stream's events; only in a log in memory, where nothing has to last."""
        if not self.database.in_memory:
            raise LookupError("events of a durable log are never dropped")
        await self.destroy_keys([stream])
        for table in ("events", "stream_state"):
            self.database.writer.exec_driver_sql(f"DELETE FROM {table} WHERE stream = ?", (stream,))
        self._recorder.forget_heads([stream])

    async def close(self) -> None:
        """Write what is queued, checkpoint and close; idempotent."""
        await self._writer.close()
        self._keys.close()
        self.database.close()

    def _decode(self, row: object) -> Recorded:
        recorded: Recorded = self._codec.to_domain_event(row)  # type: ignore[arg-type]
        return recorded


def _newest_key(database: Database) -> int:
    found = database.reader.exec_driver_sql("SELECT max(key_id) FROM stream_state").scalar()
    return int(found or 0)


def _open_keys(home: Path, key_file: Path, log_id: str, newest: int) -> KeyRing:
    for path in (home / KEYS, key_file):
        if newest and not path.exists():
            raise StoreMismatch(f"{path} is missing: the log in {home} cannot be read without it")
    return KeyRing(home / KEYS, load_host_key(key_file), log_id)
