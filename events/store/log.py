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
from threadhost.events.store.sqlite.opening import open_home, open_in_memory
from threadhost.events.store.wakes import wake
from threadhost.events.store.writer import Writer

if TYPE_CHECKING:
    from threadhost.events.store.copies import Lifted, Place
    from threadhost.events.store.stats import LogStats

MEMORY_BYTES_MAX = 2**40
QUEUE_BYTES_MAX = 64 * 1024 * 1024
WATCHED = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", KEYS, LOCK)
"""Files of which another must not come to stand at their paths while a host runs."""
T = TypeVar("T")


def _ignored(_failure: StoreFailed) -> None:
    """Whoever reads this log is told by what it asks next."""


class Log(LogReader):
    """An append-only log of events in streams, with the views that change along with it.

    Made on the running event loop, which gets every answer and every published event.
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
        engine, recorder, self._keys, self.left = opened
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
        lost_keys: bool = False,
    ) -> "Log":
        """The log of a home folder, created if it is new; the caller holds the home's lock.

        What a crash left is cleared away. `lost_keys` goes on without those of living threads.
        Raises StoreMismatch if files of the home are missing, are not the ones that a host left, or
        do not belong together, StoreUnavailable or StoreFailed if the disk lets it down.
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
        """A log that leaves nothing on disk; once it holds so much, no new stream is begun."""
        return cls(open_in_memory(), None, views, memory_bytes_max=bytes_max)

    @property
    def log_id(self) -> str:
        """The identity of this log."""
        return self._recorder.log_id

    @property
    def epoch(self) -> int:
        """What its starts and cursors are numbered from: greater whenever a backup was put back."""
        return self._recorder.epoch

    @property
    def position(self) -> int:
        """The newest position that was published; 0 for an empty log."""
        return self.feed.position

    @property
    def end(self) -> End:
        """The newest position that was published, and the chain there."""
        return self.feed.end

    @property
    def is_blank(self) -> bool:
        """Whether nothing was ever appended."""
        return not self._recorder.position

    @property
    def newest_at_ms(self) -> int:
        """When the newest event was recorded; 0 for an empty log."""
        return self._recorder.last_at_ms

    def stats(self) -> "LogStats":
        """The log in numbers."""
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

        What an `asker` waits for, a client by any name, goes ahead of what nobody waits for.
        `is_large` says whether the events are large together, if whoever appends knows.
        Raises WrongExpectedVersion, StreamFenced, IdempotencyKeyReused, StoreOverloaded (MemoryFull
        where a stream begins), StoreUnavailable or StoreFailed; nothing was appended then, save
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
        """What appends events as they were written elsewhere, each caused by its original.

        Takes a while: for any thread. Raises LookupError where the key of the stream is destroyed,
        or StoreError where there is no place for a large one.
        """
        from threadhost.events.store.copies import sealed_copies

        try:
            copies = sealed_copies(self._codec, to, lifted, cause, meta)
        except OSError as error:
            raise self._engine.meaning(error) from error
        return AppendRequest.of_copies(copies, meta)

    async def append_copies(self, request: AppendRequest) -> Appended:
        """Append what was copied; of the events it names the last.

        Raises as `append`, and WrongExpectedVersion if anything else came into the stream.
        """
        self.require_room(request.size_bytes)
        return await self._writer.append(request)

    @property
    def shown_kinds(self) -> frozenset[str]:
        """The types of events that change views."""
        return frozenset(self._views.kinds)

    def require_room(self, size_bytes: int = 0) -> None:
        """Raises MemoryFull if a log in memory holds so much that this has no place in it."""
        if self.is_durable:
            return
        used, limit = self._engine.used_bytes(), self._memory_bytes_max
        if used + size_bytes > limit:
            raise MemoryFull(
                f"threads in memory: {used} of {limit} bytes are taken, {size_bytes} more were"
                " asked for; unsubscribe from ephemeral threads that are needed no more"
            )

    async def destroy_keys(self, streams: Sequence[str]) -> int:
        """Destroy the keys of streams, durably; returns how many there were."""
        heads = (await self.stream_heads(streams)).values()
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

    async def transact(self, work: Callable[[Tx], T]) -> T:
        """Run work in a transaction of the writer, between appends."""

        def transaction() -> T:
            with self._engine.transaction() as tx:
                return work(tx)

        return await self._writer.run(transaction)

    async def checkpoint(self) -> Erasure:
        """Leave no byte of deleted rows in any file; what was possible of that just now."""
        return await self._writer.run(lambda: self._engine.erase(self._views.private))

    @property
    def shortage(self) -> str:
        """Why nothing could be written when that was last tried; empty if it could."""
        return self._writer.shortage

    async def purge(self) -> Purged:
        """A step towards a log that holds nothing more of deleted threads than it has to."""
        return await self._writer.run(lambda: self._engine.purge(self._is_destroyed))

    async def pack(self) -> bool:
        """A step towards rows that take no more than they hold; whether there may be another."""
        return await self._writer.run(self._engine.pack)

    async def give_back(self) -> int:
        """A step towards a file that is no larger than it has to be; how many pages it gave."""
        return await self._writer.run(self._engine.give_back)

    def _is_destroyed(self, key_id: int) -> bool:
        """Whether a key is no more, or cannot be found."""
        try:
            return self._keys.cipher(key_id) is None
        except KeyMissing:
            return True

    async def check_files(self) -> None:
        """Fail for good, before anybody is told more, if files of the home were replaced.

        Where nothing could be written, see whether it can be now. Raises StoreError.
        """
        await self._writer.run(self._require_files)
        if self.shortage:
            await self.transact(self._recorder.seal_end)
            self._writer.note_success()

    @property
    def can_delete(self) -> bool:
        """Whether what is deleted in its store is gone for good."""
        return self._engine.can_delete

    def scratch(self) -> Engine:
        """An empty engine of the kind that it has, for tables of views that are thrown away."""
        return self._engine.scratch()

    def moment(self) -> AbstractContextManager[Tx]:
        """What is committed at one moment, to be read on any thread.

        Raises LookupError for a log in memory.
        """
        return self._engine.moment()

    def verifying(self) -> AbstractContextManager[Verifying]:
        """The checking of the log as it is, to be done step by step, by any thread."""
        return self._engine.verifying(self._blobs.root, self._keys.sealer)

    def distrust(self) -> None:
        """Have the log checked at the next start before anybody is served."""
        self._is_trusted = False

    async def keep_end(self) -> None:
        """Let the keys know how far the log is, which they will miss in an older one."""
        await self._writer.run(lambda: self._keys.see(self._recorder.end))

    async def put_right_heads(self, heads: Mapping[str, StreamHead]) -> None:
        """Take these for where all streams stand, as the events say."""
        await self.transact(lambda tx: self._recorder.put_right_heads(tx, heads))

    async def forget(self, stream: str, last: Event | None = None) -> None:
        """Drop a stream's events; only in a log in memory, where nothing has to last.

        The views are shown `last`, which is not kept, so that they drop what they have of it.
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

        The keys keep how the log was left, unless its files are not there any more.
        """
        await self._writer.close()
        if self._is_closed:
            return
        self._is_closed = True
        fault = self._watch.any_fault()
        self._engine.close()
        if fault is None:
            self._keep_end()
        self._keys.close()

    def _require_files(self) -> None:
        if fault := self._watch.any_fault():
            raise StoreFailed(fault)

    def _keep_end(self) -> None:
        if not self.is_durable or self._writer.has_failed:
            return
        try:
            fingerprint = self._engine.left() if self._is_trusted else "not as it should be"
            self._keys.see(self._recorder.end, fingerprint)
        except Exception as error:  # noqa: BLE001  (the next start finds it as after a crash)
            NOT_RECORDED.emit(what="how the log was left", fault=error)
