"""The log: the only access to the store for the layers above it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from threadhost.events import bounds
from threadhost.events.base import Event, Meta, Recorded
from threadhost.events.operator_log import NOT_RECORDED
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
from threadhost.events.store.errors import KeyMissing, MemoryFull, StoreFailed
from threadhost.events.store.feed import Feed
from threadhost.events.store.files import Watch
from threadhost.events.store.home import BLOBS, DATABASE, KEYS, LOCK
from threadhost.events.store.log_reader import LogReader
from threadhost.events.store.port import Engine, Erasure, Keys, Rewrapped, Tx, Verifying
from threadhost.events.store.recorder import Opened
from threadhost.events.store.rows import Purged, StreamHead
from threadhost.events.store.seal import End
from threadhost.events.store.sqlite.faults import translate_errors
from threadhost.events.store.sqlite.opening import LostKeys, open_home, open_in_memory
from threadhost.events.store.wakes import wake
from threadhost.events.store.writer import Writer

if TYPE_CHECKING:
    from threadhost.events.store.copies import Lifted, Place
    from threadhost.events.store.stats import LogStats

MEMORY_BYTES_MAX = 2**40
QUEUE_BYTES_MAX = 64 * 1024 * 1024
UNTRUSTED_FILES = "not as it should be"
"""Stands for the state of files that have to be checked at the next start: no files have it."""
WATCHED = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", KEYS, LOCK)
"""Files whose replacement while a host runs is a fault."""
T = TypeVar("T")


def _ignored(_failure: StoreFailed) -> None:
    """Do nothing: the caller learns of a failure from its next request."""


class Log(LogReader):
    """An append-only log of events in streams, with the views that change along with it.

    It is created on the running event loop, on which all answers and events are delivered.
    """

    def __init__(
        self,
        opened: Opened[Engine, Keys],
        home: Path | None,
        views: InlineViews,
        on_failure: Callable[[StoreFailed], None] = _ignored,
        queue_bytes_max: int = QUEUE_BYTES_MAX,
        memory_bytes_max: int = MEMORY_BYTES_MAX,
    ) -> None:
        engine, recorder, self._keys, self.shutdown_state = opened
        self._blobs = Blobs(home / BLOBS if home else None)
        codec = EventCodec(self._keys, self._blobs, recorder.is_leaving)
        super().__init__(engine, codec)
        self._engine = engine
        self.files = BlobFiles(self._blobs.root)
        self._memory_bytes_max = memory_bytes_max
        self._recorder = recorder
        self._views = views
        engine.prepare(views.create)
        self.feed = Feed(self.read, recorder.end)
        self.feed.listen(lambda _: wake(engine.place))
        self._watch = Watch(home, WATCHED)
        committer = Committer(recorder, codec, self._keys, views)
        self._writer = Writer(
            engine,
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
        on_failure: Callable[[StoreFailed], None] = _ignored,
        *,
        lost_keys: LostKeys = False,
    ) -> "Log":
        """Open the log of a home folder, created if it is new; the caller holds the home's lock.

        What a crash left behind is cleared away. With `lost_keys`, missing keys of living threads
        are accepted, and named in the operator log unless `lost_keys` names them.

        Raises StoreMismatch if files of the home are missing, are not the ones that a host left, or
        do not belong together; StoreUnavailable or StoreFailed if the disk fails.
        """
        with translate_errors(home):
            opened = open_home(home, key_file, lost_keys=lost_keys)
            try:
                if opened.engine.is_erasure_due:
                    opened.engine.erase(views.private)
                return cls(opened, home, views, on_failure)
            except BaseException:
                opened.close()
                raise

    @classmethod
    def in_memory(cls, views: InlineViews, bytes_max: int = MEMORY_BYTES_MAX) -> "Log":
        """Create a log that writes nothing to disk; above `bytes_max` no new stream is begun."""
        return cls(open_in_memory(), None, views, memory_bytes_max=bytes_max)

    @property
    def log_id(self) -> str:
        """The identity of this log."""
        return self._recorder.log_id

    @property
    def epoch(self) -> int:
        """The epoch of its starts and cursors; it grows with each restore of a backup."""
        return self._recorder.epoch

    @property
    def position(self) -> int:
        """The newest published position; 0 for an empty log."""
        return self.feed.position

    @property
    def end(self) -> End:
        """The newest published position, and the chain there."""
        return self.feed.end

    @property
    def is_blank(self) -> bool:
        """Whether nothing was ever appended."""
        return not self._recorder.position

    @property
    def newest_at_ms(self) -> int:
        """The time of the newest event; 0 for an empty log."""
        return self._recorder.last_at_ms

    def stats(self) -> "LogStats":
        """Return the log's statistics."""
        from threadhost.events.store.stats import LogStats

        return LogStats(
            self.position,
            self._writer.queued_bytes,
            self.feed.followers,
            self._keys.cached,
            0 if self._is_closed or self.is_durable else self._engine.used_bytes(),
        )

    async def append(
        self,
        *appends: StreamAppend,
        meta: Meta,
        idempotency: Idempotency | None = None,
        is_large: bool | None = None,
        asker: str = "",
    ) -> Appended:
        """Append to one or more streams, all or nothing; durable when this returns.

        An append with an `asker` (a client, by any name) goes ahead of background appends.
        `is_large` says whether the events are large together, if the caller knows.

        Raises WrongExpectedVersion, StreamFenced, IdempotencyKeyReused, StoreOverloaded (MemoryFull
        if it begins a stream), StoreUnavailable or StoreFailed. Then nothing was appended, except
        that after StoreFailed the outcome is open until the next start.
        """
        encode = partial(AppendRequest.encode, appends, meta, idempotency)
        if is_large is None:
            is_large = bounds.is_large([event for append in appends for event in append.events])
        request = await asyncio.to_thread(encode) if is_large else encode()
        if any(append.expected_version == 0 for append in appends):
            self.require_room(request.size_bytes)
        return await self._writer.append(request, asker)

    def copies(
        self, to: "Place", lifted: "Sequence[Lifted]", cause: str, meta: Meta
    ) -> AppendRequest:
        """Return the request that appends copies of events, each caused by its original.

        Slow: may run on any thread. Raises LookupError if the key of the stream is destroyed, or
        StoreError if there is no space for a large payload.
        """
        from threadhost.events.store.copies import sealed_copies

        try:
            copies = sealed_copies(self._codec, to, lifted, cause, meta)
        except OSError as error:
            raise self._engine.meaning(error) from error
        return AppendRequest.of_copies(copies, meta)

    async def append_copies(self, request: AppendRequest) -> Appended:
        """Append copies; returns only the last of their events.

        Raises as `append`, and WrongExpectedVersion if anything else came into the stream.
        """
        self.require_room(request.size_bytes)
        return await self._writer.append(request)

    @property
    def shown_kinds(self) -> frozenset[str]:
        """The types of events that change views."""
        return frozenset(self._views.kinds)

    def require_room(self, size_bytes: int = 0) -> None:
        """Raise MemoryFull if a log in memory has no room for this many bytes."""
        if self.is_durable:
            return
        used, limit = self._engine.used_bytes(), self._memory_bytes_max
        if used + size_bytes > limit:
            raise MemoryFull(
                f"threads in memory: {used} of {limit} bytes are in use, and this request needs"
                f" {size_bytes} more; unsubscribe from ephemeral threads that are no longer needed"
            )

    async def destroy_keys(self, streams: Sequence[str]) -> int:
        """Destroy the keys of streams, durably; returns how many existed."""
        heads = (await self.stream_heads(streams)).values()
        key_ids = [head.key_id for head in heads if head.key_id is not None]
        if not key_ids:
            return 0
        return await self._writer.run(lambda: self._keys.destroy(key_ids, self._recorder.end))

    @property
    def unrecorded_rotation(self) -> Rewrapped | None:
        """The newest rotation of the host key that is not recorded in the log yet."""
        return self._keys.unrecorded_rotation

    async def note_rotation_recorded(self) -> None:
        """Note that the rotation is recorded in the log."""
        await self._writer.run(self._keys.note_rotation_recorded)

    async def transact(self, work: Callable[[Tx], T]) -> T:
        """Run work in a transaction of the writer, between appends."""

        def transaction() -> T:
            with self._engine.transaction() as tx:
                return work(tx)

        return await self._writer.run(transaction)

    async def checkpoint(self) -> Erasure:
        """Erase every byte of deleted rows from all files; returns how far that was possible."""
        return await self._writer.run(lambda: self._engine.erase(self._views.private))

    @property
    def shortage(self) -> str:
        """Why the last attempt to write failed; empty if it succeeded."""
        return self._writer.shortage

    async def purge(self) -> Purged:
        """Do one step of removing the payloads of deleted threads from the log."""
        return await self._writer.run(lambda: self._engine.purge(self._is_destroyed))

    async def compact_rows(self) -> bool:
        """Do one step of shrinking rows to their content; returns whether more steps may follow."""
        return await self._writer.run(self._engine.compact_rows)

    async def release_pages(self) -> int:
        """Do one step of shrinking the file; returns how many pages were given back."""
        return await self._writer.run(self._engine.release_pages)

    def _is_destroyed(self, key_id: int) -> bool:
        """Whether a key is destroyed or cannot be found."""
        try:
            return self._keys.cipher(key_id) is None
        except KeyMissing:
            return True

    async def check_files(self) -> None:
        """Fail for good, before anything else is answered, if files of the home were replaced.

        If nothing could be written, test whether it can be now. Raises StoreError.
        """
        await self._writer.run(self._require_files)
        if self.shortage:
            await self.transact(self._recorder.seal_end)
            self._writer.note_success()

    @property
    def can_delete(self) -> bool:
        """Whether deletion in this store erases the data for good."""
        return self._engine.can_delete

    def scratch(self) -> Engine:
        """Return an empty engine of the same kind, for temporary tables of views."""
        return self._engine.scratch()

    def moment(self) -> AbstractContextManager[Tx]:
        """Return the committed state of one moment, readable on any thread.

        Raises LookupError for a log in memory.
        """
        return self._engine.moment()

    def verifying(self) -> AbstractContextManager[Verifying]:
        """Return a check of the log as it is, to be run step by step on any thread."""
        return self._engine.verifying(self._blobs.root, self._keys.sealer)

    def check_at_next_start(self) -> None:
        """Have the next start check the log before it serves anyone."""
        self._is_trusted = False

    async def record_end(self) -> None:
        """Store the log's end with the keys, so that an older copy of the log is recognised."""
        await self._writer.run(lambda: self._keys.record_end(self._recorder.end))

    async def repair_heads(self, heads: Mapping[str, StreamHead]) -> None:
        """Replace the heads of all streams by these, which the events give."""
        await self.transact(lambda tx: self._recorder.repair_heads(tx, heads))

    async def forget(self, stream: str, last: Event | None = None) -> None:
        """Drop a stream's events; only in a log in memory, which need not last.

        The views are shown `last`, which is not stored, so that they drop the stream's rows.
        """
        if self.is_durable:
            raise LookupError("events of a durable log are never dropped")
        await self.destroy_keys([stream])
        await self.transact(lambda tx: self._drop(tx, stream, last))

    def _drop(self, tx: Tx, stream: str, last: Event | None) -> None:
        tx.forget_stream(stream)
        self._recorder.forget_heads([stream])
        if last is not None:
            self._views.apply(tx, [Recorded(0, stream, 0, last, Meta("", "", "", 0))])

    async def close(self) -> None:
        """Write what is queued, checkpoint and close; idempotent.

        The state of the files is stored with the keys, unless the files are not the opened ones any
        more.
        """
        await self._writer.close()
        if self._is_closed:
            return
        self._is_closed = True
        fault = self._watch.any_fault()
        self._engine.close()
        if fault is None:
            self._record_end()
        self._keys.close()

    def _require_files(self) -> None:
        if fault := self._watch.any_fault():
            raise StoreFailed(fault)

    def _record_end(self) -> None:
        if not self.is_durable or self._writer.has_failed:
            return
        try:
            files = self._engine.files_fingerprint() if self._is_trusted else UNTRUSTED_FILES
            self._keys.record_end(self._recorder.end, files)
        except Exception as error:  # noqa: BLE001  (the next start treats it like a crash)
            NOT_RECORDED.emit(what="the state of the log at its end", fault=error)
