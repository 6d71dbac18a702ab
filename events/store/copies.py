"""Events that go from one stream into another as they were written, sealed anew for their place."""

from collections.abc import Collection, Iterable, Sequence

from threadhost.events.base import KINDS, Damaged, Event, Gap, Meta, Recorded
from threadhost.events.bounds import fault_in, may_be_faulty
from threadhost.events.damage import printable
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.codec import EventCodec, decode, encode
from threadhost.events.store.errors import CorruptEvent
from threadhost.events.store.rows import BodyRow, Row
from threadhost.events.store.rules import SEALED


class Lifted(NamedTuple):
    """An event on its way from one stream to another: as it was written, read only where need be.

    `version` is its place in the stream that it comes from, `digest` that of a body that is stored
    as it is, if it is known.
    """

    version: int
    kind: str
    body: bytes
    event: Event | None = None
    digest: bytes = b""


class Place(NamedTuple):
    """The end of a stream that copies go to, and the key that its sealed events are under."""

    stream: str
    version: int
    key_id: int | None


class Copies(NamedTuple):
    """Rows for the end of a stream; `events` are those that were read, by their places among them.

    The last is always one of these: whoever follows the log is told how far it is.
    """

    to: Place
    rows: Sequence[Row]
    events: Sequence[tuple[int, Event]]

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

    def recorded(self, places: Sequence[tuple[int, bytes]], meta: Meta) -> list[Recorded]:
        """Those that were read, where they are in the log now."""
        first, recorded = places[0][0], list[Recorded]()
        principal, correlation_id, _, at_ms = meta
        for index, event in self.events:
            at, chain = places[index]
            cause = str(self.rows[index][0][_CAUSATION])
            about = Meta(principal, correlation_id, cause, at_ms)
            version = self.to.version + 1 + index
            recorded.append(Recorded(at, self.to.stream, version, event, about, first, chain))
        return recorded


_RECORDED_AT, _CAUSATION = 5, 8
"""Where these stand in the columns of a row."""


def sealed_copies(
    codec: EventCodec, to: Place, lifted: Sequence[Lifted], cause: str, meta: Meta
) -> Copies:
    """The copies of events, each with its original for a cause; see `EventCodec.seal_copies`."""
    newest = lifted[-1]
    events = [(index, copy.event) for index, copy in enumerate(lifted) if copy.event is not None]
    if newest.event is None:
        events.append((len(lifted) - 1, decode(0, newest.kind, newest.body)))
    bodies = [(copy.kind, copy.body, copy.digest, copy.version) for copy in lifted]
    return Copies(to, codec.seal_copies(to, bodies, cause, meta), events)


def lift(
    codec: EventCodec, rows: Iterable[BodyRow], wanted: Collection[str], bytes_max: int
) -> list[Lifted | Recorded]:
    """Events as they were written, to be copied; read if their types are among those `wanted`.

    No more than come to so many bytes; one at least. What nobody could read, or what would not be
    recorded any more, is a gap in its place.
    """
    lifted: list[Lifted | Recorded] = []
    for row, body in codec.bodies(rows):
        position, _, version, kind = row[:4]
        if not isinstance(body, bytes):
            lifted.append(_gap(row, body))
            continue
        bytes_max -= len(body)
        try:
            if kind not in KINDS or may_be_faulty(body):
                lifted.append(_lifted_anew(row, decode(position, kind, body)))
            else:
                event = decode(position, kind, body) if kind in wanted else None
                lifted.append(Lifted(version, kind, body, event, b"" if SEALED[kind] else row[7]))
        except CorruptEvent as damage:
            lifted.append(_gap(row, Damaged(printable(kind), damage.reason)))
        if bytes_max < 0:
            break
    return lifted


def _gap(row: BodyRow, gap: Gap) -> Recorded:
    """What cannot be copied, where it is."""
    return Recorded(row[0], printable(row[1]), row[2], gap, Meta("", "", "", 0))


def _lifted_anew(row: BodyRow, event: Event) -> Lifted | Recorded:
    """The event as it would be written now."""
    if fault := fault_in(event):
        return _gap(row, Damaged(event.kind, fault))
    (body,) = encode([event])
    return Lifted(row[2], event.kind, body, event)
