"""Events that go from one stream into another as they were written, sealed anew for their place."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from threadhost.events.base import KINDS, Damaged, Event, Gap, Meta, Recorded
from threadhost.events.bounds import fault_in, may_be_faulty
from threadhost.events.damage import printable
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.codec import EventCodec, decode, encode
from threadhost.events.store.errors import CorruptEvent
from threadhost.events.store.rows import BodyRow, Row

T = TypeVar("T")
made = tuple.__new__
Reader = Callable[[int, str, bytes], object]
"""What is made of an event's position, type and body: itself, or as much as is needed of it.

Raises CorruptEvent.
"""


class Lifted(NamedTuple):
    """An event on its way from one stream to another: as it was written, read only where need be.

    `version` is its place in the stream that it comes from, `digest` that of a body that is stored
    as it is, if it is known. `event` is what was read of it.
    """

    version: int
    kind: str
    body: bytes
    event: object = None
    digest: bytes = b""


class Place(NamedTuple):
    """The end of a stream that copies go to, and the key that its sealed events are under."""

    stream: str
    version: int
    key_id: int | None


class Copies(NamedTuple):
    """Rows for the end of a stream, and what was read of them, by their places among them.

    The last is `newest`, read whole: whoever follows the log is told how far it is.
    """

    to: Place
    rows: Sequence[Row]
    events: Sequence[tuple[int, Any]]
    newest: Event

    @property
    def version(self) -> int:
        """That of the stream once they are in it."""
        return self.to.version + len(self.rows)

    @property
    def payload_bytes(self) -> int:
        """What is stored of them in the log."""
        return sum(len(payload) for _, payload, _, _ in self.rows)

    def at(self, recorded_at_ms: int) -> None:
        """Have them recorded at this time."""
        if self.rows[0][0][_RECORDED_AT] == recorded_at_ms:
            return
        for columns, *_ in self.rows:
            columns[_RECORDED_AT] = recorded_at_ms

    def last(self, places: Sequence[tuple[int, bytes]], meta: Meta) -> Recorded:
        """The newest, where it is in the log now."""
        (first, _), (at, chain) = places[0], places[-1]
        about = meta._replace(causation_id=str(self.rows[-1][0][_CAUSATION]))
        return Recorded(at, self.to.stream, self.version, self.newest, about, first, chain)

    def shown(self, last: Recorded) -> list[Recorded]:
        """What was read for views, up to the last; all as if that had caused it."""
        first, stream, version, meta = last.decision, self.to.stream, self.to.version + 1, last.meta
        return [Recorded(first + n, stream, version + n, event, meta) for n, event in self.events]


_RECORDED_AT, _CAUSATION = 5, 8
"""Where these stand in the columns of a row."""


def sealed_copies(
    codec: EventCodec, to: Place, lifted: Sequence[Lifted], cause: str, meta: Meta
) -> Copies:
    """The copies of events, each with its original for a cause; see `EventCodec.seal_copies`."""
    rows = codec.seal_copies(to, lifted, cause, meta)
    events = [(index, copy.event) for index, copy in enumerate(lifted) if copy.event is not None]
    return Copies(to, rows, events, decode(0, lifted[-1].kind, lifted[-1].body))


def lift(
    codec: EventCodec, rows: Sequence[BodyRow], readers: Mapping[str, Reader], bytes_max: int
) -> list[Lifted | Recorded]:
    """Events as they were written, to be copied; read if there are readers for their types.

    No more than come to so many bytes; one at least. What nobody could read, or what would not be
    recorded any more, is a gap in its place.
    """
    # Step by step for all of them: one by one takes half as long again.
    bodies = codec.bodies(rows, bytes_max)
    plain = [_plain(row[3], body) for row, body in zip(rows, bodies, strict=False)]
    events = [
        _read(readers[row[3]], row, body) if body and row[3] in readers else None
        for row, body in zip(rows, plain, strict=False)
    ]
    return [
        made(Lifted, (row[2], row[3], body, event, row[7]))
        if body and type(event) is not Damaged
        else _lifted_anew(row, written)
        for row, written, body, event in zip(rows, bodies, plain, events, strict=False)
    ]


def _plain(kind: str, body: bytes | Gap) -> bytes:
    """The body, if it can be copied as it is."""
    is_plain = type(body) is bytes and kind in KINDS and not may_be_faulty(body)
    return body if is_plain else b""  # type: ignore[return-value]


def _read(read: Callable[[int, str, bytes], T], row: BodyRow, body: bytes) -> T | Damaged:
    try:
        return read(row[0], row[3], body)
    except CorruptEvent as damage:
        return Damaged(printable(row[3]), damage.reason)


def _lifted_anew(row: BodyRow, written: bytes | Gap) -> Lifted | Recorded:
    """The event as it would be written now, or the gap that is in its place."""
    event = _read(decode, row, written) if isinstance(written, bytes) else written
    if isinstance(event, Event) and (fault := fault_in(event)):
        event = Damaged(event.kind, fault)
    if not isinstance(event, Event):
        return Recorded(row[0], printable(row[1]), row[2], event, Meta("", "", "", 0))
    return Lifted(row[2], event.kind, encode([event])[0], event)
