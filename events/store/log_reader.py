"""Reads events, from a log that is being written as from one opened for reading only."""

from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from threadhost.events.base import Event, Gap, Recorded, StreamState, names_of
from threadhost.events.store.codec import EventCodec
from threadhost.events.store.port import Reads, Values
from threadhost.events.store.rows import BodyRow, LogRow, StreamHead
from threadhost.events.store.snapshots import Snapshot

if TYPE_CHECKING:
    from threadhost.events.store.copies import Lifted, Reader

E = TypeVar("E", bound=Event)
KEY_OF_BODY = 4
PAGE_EVENTS = 256
"""Rows of a stream that one step reads."""


class LogReader:
    """Events by position or by stream; a damaged one is returned as `Damaged`, in its place."""

    def __init__(self, reads: Reads, codec: EventCodec) -> None:
        self.reads = reads
        """The stored rows, and the views."""
        self._codec = codec

    @property
    def is_durable(self) -> bool:
        """Whether it is on disk."""
        return not self.reads.in_memory

    async def read(self, after: int, limit: int, bytes_max: int | None = None) -> list[Recorded]:
        """Return events of the whole log after a position; at least one, if there is any.

        Together they have at most `bytes_max` stored bytes, unless a single one is larger.
        """
        return self.opened(await self.stored(after, limit, bytes_max))

    async def stored(self, after: int, limit: int, bytes_max: int | None = None) -> list[LogRow]:
        """Return the rows that `read` opens, for callers that open them elsewhere."""
        rows = await self._with_keys(self.reads.of_log(after, limit, bytes_max=bytes_max))
        return rows if bytes_max is None else list(self.fitting(rows, bytes_max))

    def stored_bytes(self, rows: Iterable[LogRow]) -> int:
        """Return the size of these rows with their blobs."""
        return sum(map(self._codec.stored_bytes, rows))

    def opened(self, rows: Iterable[LogRow]) -> list[Recorded]:
        """Return the events in these rows."""
        return [self._codec.open(row) for row in rows]

    async def read_at(self, positions: Sequence[int]) -> list[Recorded]:
        """Return the events at these positions, in log order."""
        return self.opened(await self.stored_at(positions))

    async def stored_at(self, positions: Sequence[int]) -> list[LogRow]:
        """Return the rows that `read_at` opens, for callers that open them elsewhere."""
        return await self._with_keys(self.reads.at(positions))

    async def bodies_at(self, positions: Sequence[int]) -> list[BodyRow]:
        """Return what opening the bodies at these positions needs, in log order."""
        return await self._with_keys_of_bodies(await self.reads.bodies_at(positions))

    async def bodies_of(self, places: str, values: Values) -> list[BodyRow]:
        """The same for positions that a view gives; see `Reads.bodies_of`."""
        return await self._with_keys_of_bodies(await self.reads.bodies_of(places, values))

    def json_of(self, rows: Iterable[BodyRow]) -> Iterator[bytes | Gap]:
        """Yield the JSON of the event in each of these rows.

        A row is opened only when its event is asked for, so a caller can stop early.
        """
        return self._codec.json_of(rows)

    async def read_stream(
        self,
        stream: str,
        after_version: int = 0,
        limit: int | None = None,
        types: Sequence[type[Event]] = (),
    ) -> list[Recorded]:
        """Return events of one stream after a version; only of `types`, if any are given."""
        kinds = names_of(types)
        rows = self.reads.of_stream(stream, after_version, limit, kinds=kinds)
        return self.opened(await self._with_keys(rows))

    async def fact_at(self, stream: str, version: int) -> Recorded | None:
        """Return the event at this version of a stream, or None."""
        facts = await self.read_stream(stream, version - 1, 1)
        return facts[0] if facts and facts[0].version == version else None

    async def events_of(self, stream: str, type_: type[E]) -> list[E]:
        """Return the readable events of one type in a stream."""
        facts = await self.read_stream(stream, types=(type_,))
        return [fact.event for fact in facts if isinstance(fact.event, type_)]

    async def walk_stream(
        self,
        stream: str,
        after_version: int,
        last_version: int,
        types: Sequence[type[Event]] = (),
    ) -> AsyncIterator[list[Recorded]]:
        """Yield events of one stream in pages, after `after_version` and up to `last_version`.

        Only of `types`, if any are given.
        """
        kinds = names_of(types)
        while after_version < last_version:
            page = self.reads.of_stream(
                stream, after_version, PAGE_EVENTS, last_version, kinds=kinds
            )
            rows = await self._with_keys(page)
            if not rows:
                return
            yield self.opened(rows)
            after_version = rows[-1].version

    async def bodies_of_stream(
        self, stream: str, after_version: int, last_version: int, events_max: int
    ) -> Sequence[BodyRow]:
        """Return what opening the first bodies between two versions needs, the last included."""
        rows = await self.reads.bodies_of_stream(stream, after_version, events_max, last_version)
        return await self._with_keys_of_bodies(rows)

    def lift(
        self, rows: Sequence[BodyRow], readers: "Mapping[str, Reader]", bytes_max: int
    ) -> "list[Lifted | Recorded]":
        """Return the events in the first of these rows for copying; `readers` read some of them.

        At most about `bytes_max` bytes, at least one event. An event that cannot be copied is a
        gap.
        """
        from threadhost.events.store.copies import lift

        return lift(self._codec, rows, readers, bytes_max)

    async def is_closed(self, stream: str) -> bool:
        """Whether a stream admits nothing any more."""
        head = await self.stream_head(stream)
        return head is not None and head.state is StreamState.CLOSED

    async def require_key(self, stream: str) -> None:
        """Raise KeyMissing if the key of a stream is lost."""
        head = await self.stream_head(stream)
        if head is not None and head.key_id is not None:
            await self._codec.fetch_keys((head.key_id,))
            self._codec.require_key(head.key_id)

    async def snapshot(self, stream: str) -> Snapshot | None:
        """Return the newest readable snapshot of a stream."""
        stored = await self.reads.snapshot(stream)
        if stored is None:
            return None
        await self._codec.fetch_keys((stored.key_id,))
        return self._codec.snapshot(stream, *stored)

    async def stream_head(self, stream: str) -> StreamHead | None:
        """Return the head of a stream, or None if nothing was ever appended to it."""
        return (await self.reads.heads((stream,))).get(stream)

    async def stream_heads(self, streams: Sequence[str]) -> dict[str, StreamHead]:
        """Return the heads of streams, without streams to which nothing was ever appended."""
        return await self.reads.heads(streams)

    async def _with_keys(self, read: Awaitable[list[LogRow]]) -> list[LogRow]:
        rows = await read
        await self._codec.fetch_keys(row.key_id for row in rows)
        return rows

    async def _with_keys_of_bodies(self, rows: Sequence[BodyRow]) -> list[BodyRow]:
        await self._codec.fetch_keys(row[KEY_OF_BODY] for row in rows)
        return list(rows)

    def fitting(self, rows: Sequence[LogRow], bytes_max: int) -> Iterator[LogRow]:
        """Yield the first of these rows up to `bytes_max` bytes with their blobs; at least one."""
        room = bytes_max
        for row in rows:
            room -= self._codec.stored_bytes(row)
            if room < 0 and row is not rows[0]:
                return
            yield row
