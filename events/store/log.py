"""The log: the one door to the store for everything above it."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING, TypeVar

from threadhost.events import bounds
from threadhost.events.base import Event, Meta, Recorded
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
from threadhost.events.store.errors import MemoryFull, StoreFailed
from threadhost.events.store.feed import Feed
from threadhost.events.store.files import Watch
from threadhost.events.store.home import BLOBS, DATABASE, KEYS, LOCK
from threadhost.events.store.reading import LogReader
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import SharedReader
from threadhost.events.store.sqlite.faults import in_our_words
from threadhost.events.store.sqlite.keys import Rewrapped
from threadhost.events.store.sqlite.opening import Opened, fingerprint, open_home, open_in_memory
from threadhost.events.store.sqlite.read_only import ReadOnlyLog
from threadhost.events.store.sqlite.rows import StreamHead
from threadhost.events.store.sqlite.scrub import Scrubber
from threadhost.events.store.wakes import wake
from threadhost.events.store.writer import Writer

if TYPE_CHECKING:
    from threadhost.events.store.sqlite.verify import Verifying

MEMORY_BYTES_MAX = 2**40
QUEUE_BYTES_MAX = 64 * 1024 * 1024
WATCHED = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", KEYS, LOCK)
"""Files of which another must not come to stand at their paths while a host runs."""
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
        opened: Opened,
        home: Path | None,
        views: InlineViews,
        on_failure: Callable[[StoreFailed], None] = _log_failure,
        queue_bytes_max: int = QUEUE_BYTES_MAX,
        memory_bytes_max: int = MEMORY_BYTES_MAX,
    ) -> None:
        database, recorder, self._keys, self.left = opened
        self._blobs = Blobs(home / BLOBS if home else None)
        codec = EventCodec(self._keys, self._blobs)
        super().__init__(recorder.rows, codec)
        self.database = database
        self.files = BlobFiles(self._blobs.root)
        self._memory_bytes_max = memory_bytes_max
        self._recorder = recorder
        self._views = views
        self._scrubber = Scrubber(database, views)
        with database.transaction() as connection:
            views.create(connection)
        self.feed = Feed(self.read, recorder.position)
        self.feed.listen(lambda _: wake(database.path or database))
        self._watch = Watch(home, WATCHED)
        committer = Committer(recorder, codec, self._keys, views)
        self._writer = Writer(
            database,
            recorder,
            committer,
            self.feed.publish,
            queue_bytes_max,
            on_failure,
            self._watch.fault,
        )
        self._is_closed = False
        self._is_trusted = True

    @classmethod
    def open(
        cls,
        home: Path,
        views: InlineViews,
        key_file: Path | None = None,
        on_failure: Callable[[StoreFailed], None] = _log_failure,
        *,
        lost_keys: bool = False,
    ) -> "Log":
        """The log of a home folder, created if it is new; the caller holds the home's lock.

        What a crash left is cleared away. `lost_keys` goes on without those of living threads.
        Raises StoreMismatch if files of the home are missing, are not the ones that a host left, or
        do not belong together, StoreUnavailable or StoreFailed if the disk lets it down.
        """
        with in_our_words(home):
            opened = open_home(home, key_file, lost_keys=lost_keys)
            try:
                if opened.recorder.rows.all(schema.IS_SCRUB_DUE):
                    Scrubber(opened.database, views).erase()
                return cls(opened, home, views, on_failure)
            except BaseException:
                opened.close()
                raise

    @classmethod
    def open_read_only(cls, home: Path, key_file: Path | None = None) -> ReadOnlyLog:
        """The log of a home for reading alone, whoever holds the home. Raises StoreMismatch."""
        return ReadOnlyLog.open(home, key_file)

    @classmethod
    def in_memory(cls, views: InlineViews, bytes_max: int = MEMORY_BYTES_MAX) -> "Log":
        """A log that leaves nothing on disk; once it holds so much, no new stream is begun."""
        return cls(open_in_memory(), None, views, memory_bytes_max=bytes_max)

    @property
    def log_id(self) -> str:
        """The identity of this log."""
        return self._recorder.log_id

    @property
    def position(self) -> int:
        """The newest position that was published; 0 for an empty log."""
        return self.feed.position

    @property
    def newest_at_ms(self) -> int:
        """When the newest event was recorded; 0 for an empty log."""
        return self._recorder.last_at_ms

    async def append(
        self,
        *appends: StreamAppend,
        meta: Meta,
        idempotency: Idempotency | None = None,
        is_large: bool | None = None,
    ) -> Appended:
        """Append to one or more streams, all or nothing; durable when this returns.

        `is_large` says whether the events are large together, if whoever appends knows.
        Raises WrongExpectedVersion, StreamFenced, IdempotencyKeyReused, StoreOverloaded (MemoryFull
        where a stream begins), StoreUnavailable or StoreFailed; nothing was appended then, save
        that after StoreFailed the outcome is open until the next start.
        """
        encode = partial(AppendRequest.encode, appends, meta, idempotency)
        if is_large is None:
            is_large = bounds.is_large([one for append in appends for one in append.events])
        request = await asyncio.to_thread(encode) if is_large else encode()
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
        return await self._writer.run(lambda: self._keys.destroy(key_ids, self._recorder.end))

    @property
    def untold_rotation(self) -> Rewrapped | None:
        """The newest rotation of the host key, if the log was not told of it."""
        return self._keys.untold

    async def note_rotation_told(self) -> None:
        """The log was told of it."""
        await self._writer.run(self._keys.note_told)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Run work in a transaction of the writer, between appends."""

        def transaction() -> T:
            with self.database.transaction() as connection:
                return work(connection)

        return await self._writer.run(transaction)

    async def checkpoint(self) -> bool:
        """Leave no byte of deleted rows in any file; whether that was possible just now."""
        return await self._writer.run(self._scrubber.erase)

    async def look_after_files(self) -> None:
        """Fail for good, before anybody is told more, if files of the home were replaced."""
        await self._writer.run(self._require_files)

    @contextmanager
    def verifying(self) -> Iterator["Verifying"]:
        """The checking of the log as it is, to be done step by step, by any thread."""
        from threadhost.events.store.sqlite.verify import Verifying

        if self.database.path is None:
            raise LookupError("a log in memory is not checked")
        with closing(SharedReader(self.database.path)) as database:
            yield Verifying(database, self._blobs.root, sealer=self._keys.sealer)

    def distrust(self) -> None:
        """Have the log checked at the next start before anybody is served."""
        self._is_trusted = False

    async def keep_end(self) -> None:
        """Let the keys know how far the log is, which they will miss in an older one."""
        await self._writer.run(lambda: self._keys.see(self._recorder.end))

    async def put_right_heads(self, heads: Mapping[str, StreamHead]) -> None:
        """Take these for where all streams stand, as the events say."""
        await self._writer.run(lambda: self._recorder.put_right_heads(heads))

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
        """Write what is queued, checkpoint and close; idempotent.

        The keys keep how the log was left, unless its files are not there any more.
        """
        await self._writer.close()
        if self._is_closed:
            return
        self._is_closed = True
        fault = self._watch.any_fault()
        self.database.close()
        if fault is None:
            self._keep_end()
        self._keys.close()

    def _require_files(self) -> None:
        if fault := self._watch.any_fault():
            raise StoreFailed(fault)

    def _keep_end(self) -> None:
        path = self.database.path
        if path is not None and not self._writer.has_failed:
            with suppress(sqlite3.Error, OSError):
                left = fingerprint(path) if self._is_trusted else "not as it should be"
                self._keys.see(self._recorder.end, left)
