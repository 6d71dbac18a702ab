"""Events that go from one stream into another as they were written, sealed anew for their place."""

from collections.abc import Collection, Sequence

from threadhost.events.base import KINDS, Damaged, Erased, Event, Gap, Meta, Recorded
from threadhost.events.bounds import fault_in, may_be_faulty
from threadhost.events.damage import printable
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.codec import EventCodec, Unread, decode, encode
from threadhost.events.store.errors import CorruptEvent
from threadhost.events.store.rows import BodyRow, Row


class Lifted(NamedTuple):
    """An event on its way from one stream to another: as it was written, read only where need be.

    `version` is its place in the stream that it comes from.
    """

    version: int
    kind: str
    body: bytes
    event: Event | None = None


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
        for index, event in self.events:
            at, chain = places[index]
            cause = str(self.rows[index][0][_CAUSATION])
            about = meta._replace(causation_id=cause)
            version = self.to.version + 1 + index
            recorded.append(Recorded(at, self.to.stream, version, event, about, first, chain))
        return recorded


_RECORDED_AT, _CAUSATION = 5, 8
"""Where these stand in the columns of a row."""


def sealed_copies(
    codec: EventCodec, to: Place, lifted: Sequence[tuple[Lifted, str]], meta: Meta
) -> Copies:
    """The copies of events, each with its cause. Raises LookupError if the key is destroyed."""
    drafts: list[Unread] = []
    events: list[tuple[int, Event]] = []
    last = len(lifted) - 1
    for index, (copy, cause) in enumerate(lifted):
        event, type_ = copy.event, KINDS[copy.kind]
        if event is None and index == last:
            event = decode(0, copy.kind, copy.body)
        if event is not None:
            events.append((index, event))
        about = Meta(meta.principal, meta.correlation_id, cause, meta.recorded_at_ms)
        key_id = to.key_id if type_.sealed else None
        drafts.append((to.stream, to.version + 1 + index, type_, copy.body, key_id, about))
    return Copies(to, codec.seal(drafts), events)


def lift(codec: EventCodec, row: BodyRow, wanted: Collection[str]) -> Lifted | Recorded:
    """An event as it was written, to be copied; read if its type is one of those `wanted`.

    What nobody could read, or what would not be recorded any more, is a gap in its place.
    """
    position, _, version, kind = row[:4]
    try:
        body = codec.body(row)
        if body is None:
            return _gap(row, Erased(kind))
        if kind not in KINDS or may_be_faulty(body):
            return _lifted_anew(row, decode(position, kind, body))
        event = decode(position, kind, body) if kind in wanted else None
    except CorruptEvent as damage:
        return _gap(row, Damaged(printable(kind), damage.reason))
    return Lifted(version, kind, body, event)


def _gap(row: BodyRow, gap: Gap) -> Recorded:
    """What cannot be copied, where it is."""
    return Recorded(row[0], printable(row[1]), row[2], gap, Meta("", "", "", 0))


def _lifted_anew(row: BodyRow, event: Event) -> Lifted | Recorded:
    """The event as it would be written now."""
    if fault := fault_in(event):
        return _gap(row, Damaged(event.kind, fault))
    (body,) = encode([event])
    return Lifted(row[2], event.kind, body, event)
