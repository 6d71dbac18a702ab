"""Reading events back, the same from a log that is written and from one that is only looked at."""

from collections.abc import Iterable, Iterator, Sequence

from threadhost.events.base import Event, Gap, Recorded, StreamState, names_of
from threadhost.events.store.codec import EventCodec
from threadhost.events.store.snapshots import Snapshot
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.rows import BodyRow, LogRow, LogRows, StreamHead

PAGE_EVENTS = 256
"""Rows of a stream that are read in one step."""


class LogReader:
    """Events by position or by stream; what is damaged is `Damaged`, in its place."""

    def __init__(self, rows: LogRows, codec: EventCodec) -> None:
        self._rows = rows
        self._codec = codec

    def read(self, after: int, limit: int, bytes_max: int | None = None) -> list[Recorded]:
        """Events of the whole log after a position; at least one, if there is any.

        No more than come to `bytes_max` bytes as they are stored, save that one may be larger.
        """
        return self.opened(self.stored(after, limit, bytes_max))

    def stored(self, after: int, limit: int, bytes_max: int | None = None) -> list[LogRow]:
        """What `read` would open, for whoever wants that done elsewhere."""
        rows = self._rows.of_log(after, limit, bytes_max=bytes_max)
        return rows if bytes_max is None else list(self._fitting(rows, bytes_max))

    def opened(self, rows: Iterable[LogRow]) -> list[Recorded]:
        """The events in these rows."""
        return [self._codec.open(row) for row in rows]

    def read_at(self, positions: Sequence[int]) -> list[Recorded]:
        """The events at these positions, in log order."""
        return self.opened(self._rows.at(positions))

    def bodies_at(self, positions: Sequence[int]) -> list[BodyRow]:
        """What it takes to open the bodies at these positions, in log order."""
        return self._rows.bodies_at(positions)

    def json_of(self, rows: Iterable[BodyRow]) -> Iterator[bytes | Gap]:
        """What the event in each of these rows says, as JSON.

        Each is opened when it is asked for: whoever has enough reads no more.
        """
        return self._codec.json_of(rows)

    def read_stream(
        self,
        stream: str,
        after_version: int = 0,
        limit: int | None = None,
        types: Sequence[type[Event]] = (),
    ) -> list[Recorded]:
        """Events of one stream after a version; of these types, if any are named."""
        kinds = names_of(types)
        return self.opened(self._rows.of_stream(stream, after_version, limit, kinds=kinds))

    def walk_stream(self, stream: str, after_version: int, last_version: int) -> Iterator[Recorded]:
        """Events of one stream between two versions, the last included, opened one by one."""
        while rows := self._rows.of_stream(stream, after_version, PAGE_EVENTS, last_version):
            yield from map(self._codec.open, rows)
            after_version = rows[-1].version

    def is_closed(self, stream: str) -> bool:
        """Whether a stream admits nothing any more."""
        head = self._rows.head(stream)
        return head is not None and head.state is StreamState.CLOSED

    def link_at(self, position: int) -> bytes | None:
        """The chain's value at a position, if there is an event."""
        return self._rows.link_at(position)

    def has_blobs(self, stream: str) -> bool:
        """Whether any event of a stream is so large that it lies in a file of its own."""
        return bool(self._rows.all(schema.HAS_BLOBS, (stream,)))

    def snapshot(self, stream: str) -> Snapshot | None:
        """The newest state of a stream that was kept and can be read."""
        rows = self._rows.all(schema.GET_SNAPSHOT, (stream,))
        return self._codec.snapshot(stream, *rows[0]) if rows else None

    def stream_head(self, stream: str) -> StreamHead | None:
        """Where a stream stands, or None if nothing was ever appended to it."""
        return self._rows.head(stream)

    def stream_heads(self, streams: Sequence[str]) -> dict[str, StreamHead]:
        """Where streams stand; those that nothing was ever appended to are left out."""
        return self._rows.heads(streams)

    def _fitting(self, rows: Sequence[LogRow], bytes_max: int) -> Iterator[LogRow]:
        room = bytes_max
        for row in rows:
            room -= self._codec.stored_bytes(row)
            if room < 0 and row is not rows[0]:
                return
            yield row
