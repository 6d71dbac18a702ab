"""Copies of events for another stream: unchanged, but sealed anew for their new place."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from threadhost.events.base import KINDS, Damaged, Event, Gap, Meta, Recorded
from threadhost.events.bounds import fault_in, may_be_faulty
from threadhost.events.damage import printable
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.codec import EventCodec, decode, encode, unpacked
from threadhost.events.store.errors import CorruptEvent
from threadhost.events.store.packing import MARKER
from threadhost.events.store.rows import BodyRow, Row

T = TypeVar("T")
made = tuple.__new__
Reader = Callable[[int, str, bytes], object]
"""Makes an event's position, type and body into the event, or into the needed part of it.

Raises CorruptEvent.
"""


class Lifted(NamedTuple):
    """An event to be copied from one stream to another: unchanged, and read only where needed.

    `version` is its version in the source stream, `body` its body as it was sealed, and `digest`
    that of a body stored unsealed, if it is known. `event` is what was read of it.
    """

    version: int
    kind: str
    body: bytes
    event: object = None
    digest: bytes = b""


class Place(NamedTuple):
    """The end of a stream that copies are appended to, and the key that seals them."""

    stream: str
    version: int
    key_id: int | None


class Copies(NamedTuple):
    """Rows for the end of a stream, and the events that were read of them, by index.

    `newest` is the last one, read whole: followers of the log are told of it.
    """

    to: Place
    rows: Sequence[Row]
    events: Sequence[tuple[int, Any]]
    newest: Event

    @property
    def version(self) -> int:
        """The version of the stream once the copies are in it."""
        return self.to.version + len(self.rows)

    @property
    def payload_bytes(self) -> int:
        """The bytes that they take in the log."""
        return sum(len(payload) for _, payload, _, _ in self.rows)

    def at(self, recorded_at_ms: int) -> None:
        """Set the time of recording."""
        if self.rows[0][0][_RECORDED_AT] == recorded_at_ms:
            return
        for columns, *_ in self.rows:
            columns[_RECORDED_AT] = recorded_at_ms

    def last(self, places: Sequence[tuple[int, bytes]], meta: Meta) -> Recorded:
        """Return the newest copy with its place in the log."""
        (first, _), (at, chain) = places[0], places[-1]
        about = meta._replace(causation_id=str(self.rows[-1][0][_CAUSATION]))
        return Recorded(at, self.to.stream, self.version, self.newest, about, first, chain)

    def shown(self, last: Recorded) -> list[Recorded]:
        """Return the events read for views, up to `last`; all with the metadata of `last`."""
        first, stream, version, meta = last.decision, self.to.stream, self.to.version + 1, last.meta
        return [Recorded(first + n, stream, version + n, event, meta) for n, event in self.events]


_RECORDED_AT, _CAUSATION = 5, 8
"""The indices of these columns in a row."""


def sealed_copies(
    codec: EventCodec, to: Place, lifted: Sequence[Lifted], cause: str, meta: Meta
) -> Copies:
    """Seal copies of events, each caused by its original; see `EventCodec.seal_copies`."""
    rows = codec.seal_copies(to, lifted, cause, meta)
    events = [(index, copy.event) for index, copy in enumerate(lifted) if copy.event is not None]
    return Copies(to, rows, events, decode(0, lifted[-1].kind, unpacked(0, lifted[-1].body)))


def lift(
    codec: EventCodec, rows: Sequence[BodyRow], readers: Mapping[str, Reader], bytes_max: int
) -> list[Lifted | Recorded]:
    """Return unchanged events for copying; those whose type has a reader are read.

    At most about `bytes_max` bytes, at least one event. An event that is unreadable, or that the
    log would refuse today, is returned as a gap.
    """
    # Step by step for all rows: one row at a time takes half as long again.
    bodies = codec.bodies(rows, bytes_max)
    plain = [_plain(row[3], body) for row, body in zip(rows, bodies, strict=False)]
    events = [
        _read(readers[row[3]], row, body) if body and row[3] in readers else None
        for row, body in zip(rows, plain, strict=False)
    ]
    return [
        made(Lifted, (row[2], row[3], body, event, row[7]))
        if body and type(event) is not Damaged
        else _upcast_again(row, written)
        for row, written, body, event in zip(rows, bodies, plain, events, strict=False)
    ]


def _plain(kind: str, body: bytes | Gap) -> bytes:
    """Return the body if it can be copied unchanged, else b"".

    What is packed was checked before.
    """
    if type(body) is not bytes or kind not in KINDS:
        return b""
    return body if body[:1] == MARKER or not may_be_faulty(body) else b""


def _read(read: Callable[[int, str, bytes], T], row: BodyRow, body: bytes) -> T | Damaged:
    try:
        return read(row[0], row[3], unpacked(row[0], body))
    except CorruptEvent as damage:
        return Damaged(printable(row[3]), damage.reason)


def _upcast_again(row: BodyRow, written: bytes | Gap) -> Lifted | Recorded:
    """Return the event as it would be written today, or a gap."""
    event = _read(decode, row, written) if isinstance(written, bytes) else written
    if isinstance(event, Event) and (fault := fault_in(event)):
        event = Damaged(event.kind, fault)
    if not isinstance(event, Event):
        return Recorded(row[0], printable(row[1]), row[2], event, Meta("", "", "", 0))
    return Lifted(row[2], event.kind, encode([event])[0], event)
