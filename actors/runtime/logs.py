"""The two logs of a host: what lasts, and what lives only as long as its thread."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from threadhost.actors.errors import ThreadNotFound
from threadhost.events.base import Event, StreamState
from threadhost.events.fold import Thread, fold_thread, foresee
from threadhost.events.history import LANDMARKS, TYPES, History, begins_after
from threadhost.events.ids import thread_stream
from threadhost.events.snapshot import decode, encode
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadDeleted

T = TypeVar("T")
INLINE_EVENTS_MAX = 200
"""More events than this are read on a thread of their own, off the event loop."""


SNAPSHOT_EVENTS = 200
"""After so many events a thread's state is kept, so that taking it up reads hardly more."""


class Stored(NamedTuple):
    """A thread as its stream tells, and up to which version its state was kept."""

    state: Thread
    kept_version: int = 0

    def snapshot(self, events: Sequence[Event]) -> bytes | None:
        """The state to keep with these events, if it is time for that."""
        if self.state.version + len(events) - self.kept_version < SNAPSHOT_EVENTS:
            return None
        return encode(foresee(self.state, events))


class Logs:
    """Threads are durable unless they were started as ephemeral."""

    def __init__(self, durable: Log, ephemeral: Log) -> None:
        self.durable = durable
        self.ephemeral = ephemeral
        self._ephemeral_ids: set[str] = set()
        self._fenced_in_memory: set[str] = set()

    def of(self, thread_id: str) -> Log:
        """The log that holds the thread's stream."""
        return self.ephemeral if thread_id in self._ephemeral_ids else self.durable

    def is_ephemeral(self, thread_id: str) -> bool:
        """Whether the thread is live and lives only in memory."""
        return thread_id in self._ephemeral_ids

    def keep_in_memory(self, thread_id: str) -> None:
        """From now on the thread's stream is in the log in memory."""
        self._ephemeral_ids.add(thread_id)

    def fence_in_memory(self, thread_ids: Iterable[str]) -> None:
        """A deletion fenced these threads, which no event of the durable log can do for them."""
        self._fenced_in_memory.update(thread_ids)

    def is_fenced(self, thread_id: str) -> bool:
        """Whether a deletion has fenced the thread."""
        head = self.of(thread_id).stream_head(thread_stream(thread_id))
        in_memory = thread_id in self._fenced_in_memory
        return in_memory or (head is not None and head.state is StreamState.FENCED)

    async def forget(self, thread_id: str) -> None:
        """Drop what is left of a thread that lived only in memory; others are not touched."""
        if thread_id in self._ephemeral_ids:
            self._ephemeral_ids.discard(thread_id)
            self._fenced_in_memory.discard(thread_id)
            gone = ThreadDeleted(thread_id=thread_id, deletion_id="", root_id=thread_id)
            await self.ephemeral.forget(thread_stream(thread_id), gone)

    async def stored(self, thread_id: str) -> Stored:
        """The thread as the log has it. Raises ThreadNotFound."""
        log, stream = self.of(thread_id), thread_stream(thread_id)
        head = log.stream_head(stream)
        if head is None:
            raise ThreadNotFound(thread_id)
        found = await _read(log, head.version, lambda: _fold(log, stream))
        if not found.state.exists:
            raise ThreadNotFound(thread_id)
        return found


async def history_of(log: Log, thread_id: str) -> History:
    """What a model sees of the thread, as the log has it; nothing before a compaction is read."""
    stream = thread_stream(thread_id)
    head = log.stream_head(stream)

    def read() -> History:
        after = begins_after(log.read_stream(stream, types=LANDMARKS))
        return History(log.read_stream(stream, after, types=TYPES))

    return await _read(log, head.version if head else 0, read)


async def _read(log: Log, events: int, read: Callable[[], T]) -> T:
    """Read so many events, off the loop if they are many."""
    if log.database.in_memory or events <= INLINE_EVENTS_MAX:
        return read()
    return await asyncio.to_thread(read)


def _fold(log: Log, stream: str) -> Stored:
    kept = log.snapshot(stream)
    state = decode(kept.body) if kept else None
    if kept is None or state is None or state.version != kept.version:
        return Stored(fold_thread(log.read_stream(stream)))
    return Stored(fold_thread(log.read_stream(stream, kept.version), state), kept.version)
