"""Reading events back, the same from a log that is written and from one that is only looked at."""

from collections.abc import Iterable, Sequence

from threadhost.events.base import Event, Recorded, names_of
from threadhost.events.store import schema
from threadhost.events.store.codec import EventCodec
from threadhost.events.store.rows import BodyRow, LogRow, LogRows, StreamHead
from threadhost.events.store.snapshots import Snapshot


class LogReader:
    """Events by position or by stream. What is damaged raises CorruptEvent."""

    def __init__(self, rows: LogRows, codec: EventCodec) -> None:
        self._rows = rows
        self._codec = codec

    def read(self, after: int, limit: int) -> list[Recorded]:
        """Events of the whole log after a position."""
        return self._opened(self._rows.of_log(after, limit))

    def read_at(self, positions: Sequence[int]) -> list[Recorded]:
        """The events at these positions, in log order."""
        return self._opened(self._rows.at(positions))

    def read_json(self, positions: Sequence[int]) -> dict[int, bytes]:
        """What the events at these positions say, as JSON; erased ones are left out."""
        return self.json_of(self._rows.bodies_at(positions))

    def json_of(self, rows: Iterable[BodyRow]) -> dict[int, bytes]:
        """What the events in these rows say, as JSON by position; erased ones are left out."""
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
        return self._opened(self._rows.of_stream(stream, after_version, limit, kinds=kinds))

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

    def _opened(self, rows: Iterable[LogRow]) -> list[Recorded]:
        return [self._codec.open(row) for row in rows]
