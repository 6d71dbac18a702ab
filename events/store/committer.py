"""Appends in a transaction: versions, fences, seals, views and idempotency, all or nothing."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import chain, zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from threadhost.events.base import Event, Meta, Recorded, StreamState
from threadhost.events.bounds import SMALL_BYTES
from threadhost.events.ids import thread_of
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.codec import Draft, EventCodec, encode
from threadhost.events.store.errors import (
    CorruptEvent,
    IdempotencyKeyReused,
    StreamFenced,
    WrongExpectedVersion,
)
from threadhost.events.store.heads import CLOSED, move, refusal
from threadhost.events.store.port import KeptSnapshot, Keys, Known, Tx
from threadhost.events.store.recorder import Recorder
from threadhost.events.store.rows import StreamHead
from threadhost.events.store.snapshots import Snapshot, seal

if TYPE_CHECKING:
    from threadhost.events.store.copies import Copies

EVENT_OVERHEAD_BYTES = 512
"""About how many bytes an event in the queue takes in addition to its body."""
NOTHING_REMOVED: Mapping[str, int] = MappingProxyType({})
IDEMPOTENCY_TTL_MS = 7 * 24 * 3600 * 1000


class InlineViews(Protocol):
    """Views that change in the same transaction as the events they show."""

    @property
    def kinds(self) -> Sequence[str]:
        """The names of the types of events that change them."""

    @property
    def private(self) -> Sequence[str]:
        """The tables with content of sealed events: erased content must leave no bytes in them."""

    def create(self, tx: Tx) -> None:
        """Create the missing tables."""

    def apply(self, tx: Tx, recorded: Sequence[Recorded]) -> Mapping[str, int]:
        """Apply events to the views; returns the number of deleted rows, by table."""


class StreamAppend(NamedTuple):
    """Events for the end of one stream.

    With `expected_version` None any version is accepted. With `incarnation` None the host appends
    with its own authority; a number is accepted only while that incarnation of the stream is the
    current one. `snapshot` is the state after these events, to be stored. `causes` are the
    causations of the first of these events; "", like a missing entry, stands for that of the whole
    append.
    """

    stream: str
    events: Sequence[Event]
    expected_version: int | None = None
    incarnation: int | None = None
    snapshot: bytes | None = None
    causes: Sequence[str] = ()


class Idempotency(NamedTuple):
    """A client's key for a request, with the digest of the request, and the owner of the key."""

    key: str
    digest: bytes
    owner: str = ""

    @classmethod
    def of(cls, key: str, request: bytes, owner: str = "") -> "Idempotency":
        """Return the key with the digest of the request."""
        return cls(key, sha256(request).digest(), owner)

    @property
    def stored_as(self) -> str:
        """The stored form of the key: a digest, because it outlives the thread of the request."""
        return sha256(f"{self.owner}\0{self.key}".encode()).hexdigest()


class Appended(NamedTuple):
    """What an append did. `replayed`: the same request had been carried out before."""

    recorded: Sequence[Recorded]
    removed_rows: Mapping[str, int] = NOTHING_REMOVED
    replayed: bool = False

    @property
    def thread_id(self) -> str:
        """The first thread that was written to, known from its stream even if all is damaged.

        Raises CorruptEvent if no stream of a thread can be read.
        """
        for fact in self.recorded:
            if (thread_id := thread_of(fact.stream)) is not None:
                return thread_id
        raise self.unreadable

    @property
    def unreadable(self) -> CorruptEvent:
        """The error for a replayed request whose events cannot be read."""
        position = self.recorded[0].position if self.recorded else 0
        return CorruptEvent(position, "what this request did before cannot be read any more")


class AppendRequest(NamedTuple):
    """One atomic append to some streams, encoded and measured."""

    appends: Sequence[StreamAppend]
    bodies: Sequence[Sequence[bytes]]
    meta: Meta
    idempotency: Idempotency | None
    size_bytes: int
    copies: "Copies | None" = None
    """Copies for one stream, instead of appends."""

    @classmethod
    def encode(
        cls, appends: Sequence[StreamAppend], meta: Meta, idempotency: Idempotency | None
    ) -> "AppendRequest":
        """Encode the events' bodies, on the caller's thread."""
        bodies = [encode(append.events) for append in appends]
        size = sum(len(append.snapshot or b"") for append in appends)
        size += sum(
            EVENT_OVERHEAD_BYTES * len(encoded) + sum(map(len, encoded)) for encoded in bodies
        )
        return cls(appends, bodies, meta, idempotency, size)

    @classmethod
    def of_copies(cls, copies: "Copies", meta: Meta) -> "AppendRequest":
        """Return the request that appends copies."""
        size = copies.payload_bytes + EVENT_OVERHEAD_BYTES * len(copies.rows)
        return cls((), (), meta, None, size, copies)


class Committer:
    """Carries out one append inside an open transaction."""

    def __init__(
        self, recorder: Recorder, codec: EventCodec, keys: Keys, views: InlineViews
    ) -> None:
        self._recorder = recorder
        self._codec = codec
        self._keys = keys
        self._views = views
        self._known_requests: dict[str, Known] = {}
        """The requests of this transaction that were carried out before."""

    def begin(self, tx: Tx, requests: Sequence[AppendRequest]) -> None:
        """Read at once what these requests need: heads of streams, and earlier requests."""
        if len(requests) > 1:
            streams = [append.stream for request in requests for append in request.appends]
            self._recorder.heads(tx, streams)
        keyed = [request for request in requests if request.idempotency is not None]
        if not keyed:
            return
        keys = [request.idempotency.stored_as for request in keyed if request.idempotency]
        since_ms = min(map(_oldest_kept, self._in_time(keyed)))
        self._known_requests = dict(tx.known(keys, since_ms))

    def carry_out(self, tx: Tx, request: AppendRequest) -> Appended:
        """Append; after an exception the caller rolls back what was written, and calls `undo`."""
        if request.copies is not None:
            return self._copy(tx, request, request.copies)
        before = self._before(tx, request)
        if before is not None:
            return before
        (recorded,), removed = self._write(tx, (request,))
        return Appended(recorded, removed)

    def are_independent(self, requests: Sequence[AppendRequest]) -> bool:
        """Whether these can be carried out in one batch.

        That needs requests that were not carried out before, do not copy and do not close a stream:
        the removed rows of a closed stream are reported to the request that closed it.
        """
        if any(request.copies is not None for request in requests):
            return False
        keys = [r.idempotency.stored_as for r in requests if r.idempotency is not None]
        if len(set(keys)) < len(keys) or not self._known_requests.keys().isdisjoint(keys):
            return False
        return not any(
            event.closes
            for request in requests
            for append in request.appends
            for event in append.events
        )

    def carry_out_batch(self, tx: Tx, requests: Sequence[AppendRequest]) -> Sequence[Appended]:
        """Append independent requests with few statements, all or nothing."""
        recorded, _ = self._write(tx, requests)
        return list(map(Appended, recorded))

    def _write(
        self, tx: Tx, requests: Sequence[AppendRequest]
    ) -> tuple[Sequence[Sequence[Recorded]], Mapping[str, int]]:
        heads: dict[str, StreamHead] = {}
        requests = self._in_time(requests)
        drafts = [self._drafts(tx, heads, request) for request in requests]
        places = self._recorder.insert(tx, list(map(self._codec.seal, drafts)))
        recorded = list(map(_recorded, drafts, places))
        removed = self._views.apply(tx, list(chain.from_iterable(recorded)))
        if removed and any(head.state is CLOSED for head in heads.values()):
            tx.must_erase()
        self._recorder.put_heads(tx, heads)
        self._drop_snapshots(tx, heads)
        for request, facts in zip(requests, recorded, strict=True):
            self._keep_snapshots(tx, request, facts, heads)
        for request, facts in zip(requests, recorded, strict=True):
            self._remember(tx, request, facts)
        self._recorder.last_at_ms = requests[-1].meta.recorded_at_ms
        return recorded, removed

    def _copy(self, tx: Tx, request: AppendRequest, copies: "Copies") -> Appended:
        """Append copies at exactly the expected version of an open stream."""
        stream, expected, _ = copies.to
        head = self._recorder.head(tx, stream)
        if head.version != expected:
            raise WrongExpectedVersion(stream, expected, head.version)
        if head.state is not StreamState.OPEN:
            raise StreamFenced(stream, "copies", "it is not open")
        (request,) = self._in_time((request,))
        copies.at(request.meta.recorded_at_ms)
        (places,) = self._recorder.insert(tx, [copies.rows])
        last = copies.last(places, request.meta)
        self._views.apply(tx, copies.shown(last))
        head.version = copies.version
        self._recorder.put_heads(tx, {stream: head})
        self._recorder.last_at_ms = request.meta.recorded_at_ms
        return Appended([last])

    def undo(self, request: AppendRequest, position: int, chain: bytes) -> None:
        """Remove what a rolled back append left in memory."""
        self._recorder.rewind(position, chain)
        streams = {append.stream for append in request.appends}
        if request.copies is not None:
            streams.add(request.copies.to.stream)
        for append in request.appends:
            for event in append.events:
                if event.moves_fences:
                    streams.update(event.fences(append.stream))
        self._recorder.forget_heads(streams)

    def _in_time(self, requests: Sequence[AppendRequest]) -> Sequence[AppendRequest]:
        """Replace times before the log's newest event by its time: clocks are set back, too."""
        newest, in_time = self._recorder.last_at_ms, list[AppendRequest]()
        for request in requests:
            meta = request.meta
            is_late = meta.recorded_at_ms < newest
            newest = max(newest, meta.recorded_at_ms)
            moved = meta._replace(recorded_at_ms=newest) if is_late else meta
            in_time.append(request._replace(meta=moved) if is_late else request)
        return in_time

    def _drafts(self, tx: Tx, heads: dict[str, StreamHead], request: AppendRequest) -> list[Draft]:
        drafts: list[Draft] = []
        for append, bodies in zip(request.appends, request.bodies, strict=True):
            drafts += self._place(tx, heads, append, bodies, request.meta)
        return drafts

    def _place(
        self,
        tx: Tx,
        heads: dict[str, StreamHead],
        append: StreamAppend,
        bodies: Sequence[bytes],
        meta: Meta,
    ) -> list[Draft]:
        head = heads.get(append.stream)
        if head is None:
            head = heads[append.stream] = self._recorder.head(tx, append.stream)
        if append.expected_version not in (None, head.version):
            raise WrongExpectedVersion(append.stream, append.expected_version or 0, head.version)
        drafts: list[Draft] = []
        causes = zip_longest(append.causes, append.events, fillvalue="")
        for event, body, (cause, _) in zip(append.events, bodies, causes, strict=True):
            _admit(append, event, head)
            head.version += 1
            key_id = self._key(head) if event.sealed else None
            about = (
                Meta(meta.principal, meta.correlation_id, cause, meta.recorded_at_ms)
                if cause
                else meta
            )
            drafts.append((append.stream, head.version, event, body, key_id, about))
            if event.moves_fences:
                self._move_fences(tx, heads, append.stream, event)
        return drafts

    def _move_fences(self, tx: Tx, heads: dict[str, StreamHead], by: str, event: Event) -> None:
        states = event.fences(by)
        heads |= self._recorder.heads(tx, [stream for stream in states if stream not in heads])
        for stream, state in states.items():
            if stream in heads:  # a planned stream may not exist
                move(heads[stream], state, by_itself=stream == by)

    def _key(self, head: StreamHead) -> int:
        if head.key_id is None:
            head.key_id = self._keys.allocate()
        return head.key_id

    def _drop_snapshots(self, tx: Tx, heads: Mapping[str, StreamHead]) -> None:
        closed = [stream for stream, head in heads.items() if head.state is CLOSED]
        if closed:
            tx.drop_snapshots(closed)

    def _keep_snapshots(
        self,
        tx: Tx,
        request: AppendRequest,
        recorded: Sequence[Recorded],
        heads: Mapping[str, StreamHead],
    ) -> None:
        for append in request.appends:
            head = heads[append.stream]
            if append.snapshot is None or head.key_id is None or head.state is CLOSED:
                continue
            versions = (fact.version for fact in recorded if fact.stream == append.stream)
            version = max(versions, default=head.version)
            snapshot = Snapshot(version, append.snapshot)
            payload = seal(self._keys, head.key_id, append.stream, snapshot)
            tx.keep_snapshot(append.stream, KeptSnapshot(version, head.key_id, payload))

    def _before(self, tx: Tx, request: AppendRequest) -> Appended | None:
        idempotency = request.idempotency
        known = self._known_requests.get(idempotency.stored_as) if idempotency is not None else None
        if idempotency is None or known is None:
            return None
        if known.digest != idempotency.digest:
            raise IdempotencyKeyReused(idempotency.key)
        rows = tx.rows(known.first - 1, known.last - known.first + 1)
        return Appended([self._codec.open(row) for row in rows], replayed=True)

    def _remember(self, tx: Tx, request: AppendRequest, recorded: Sequence[Recorded]) -> None:
        idempotency = request.idempotency
        if idempotency is None or not recorded:
            return
        tx.forget_known(_oldest_kept(request))
        known = Known(idempotency.digest, recorded[0].position, recorded[-1].position)
        self._known_requests[idempotency.stored_as] = known
        tx.know(idempotency.stored_as, known, request.meta.recorded_at_ms)


def _recorded(drafts: Sequence[Draft], places: Sequence[tuple[int, bytes]]) -> Sequence[Recorded]:
    """The events of one decision, which is identified by the position of its first event."""
    first = places[0][0] if places else 0
    return [
        Recorded(at, stream, version, event, meta, first, chain, len(body) <= SMALL_BYTES)
        for (at, chain), (stream, version, event, body, _, meta) in zip(places, drafts, strict=True)
    ]


def _oldest_kept(request: AppendRequest) -> int:
    return request.meta.recorded_at_ms - IDEMPOTENCY_TTL_MS


def _admit(append: StreamAppend, event: Event, head: StreamHead) -> None:
    """Check the fence, and move the incarnation if the event does so. Raises StreamFenced."""
    if reason := refusal(event, head):
        raise StreamFenced(append.stream, event.kind, reason)
    is_over = append.incarnation is not None and append.incarnation != head.incarnation
    if is_over and not event.activates:
        raise StreamFenced(append.stream, event.kind, f"incarnation {append.incarnation} is over")
    head.incarnation += event.activates + event.supersedes
