"""One pass over the events of a log: checks each against the events before it and the rules."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from threadhost.events import catalogue as _all  # noqa: F401  (every type is known)
from threadhost.events.base import KINDS, Event, StreamState, names_of
from threadhost.events.damage import printable
from threadhost.events.store.blobs import open_blob
from threadhost.events.store.chain import digest_of, link
from threadhost.events.store.codec import decode
from threadhost.events.store.decisions import Decisions
from threadhost.events.store.errors import CorruptEvent, StoreMismatch
from threadhost.events.store.findings import About, Finding, in_order
from threadhost.events.store.heads import CLOSED, FENCED, HeadFold, refusal
from threadhost.events.store.rows import LINKED_COLUMNS, PAYLOAD_COLUMN, StreamHead
from threadhost.events.store.rules import (
    ROW_TYPES,
    SEALED,
    mistyped_columns,
    seal_fault,
    tombstones,
    type_of,
)
from threadhost.events.store.seal import CHAIN_BYTES
from threadhost.events.store.sqlite.raw import Row
from threadhost.events.thread import ThreadDeleted
from threadhost.events.tree import TreeDeletionCompleted, TreeDeletionHalted

OPEN = StreamState.OPEN
KEPT_MAX = 4000
SHORT_BYTES = 512
KEY_ID = LINKED_COLUMNS - 1
GONE = "its payload is gone, but its stream has no tombstone"


class Audit:
    """Takes the rows of a log in order and collects what is wrong with them."""

    def __init__(self, genesis: bytes, blobs: Path | None, positions: Iterable[int] = ()) -> None:
        self.chain = genesis
        self.position = 0
        self.events = 0
        self.purged = 0
        self.finding_count = 0
        self.findings: list[Finding] = []
        self.chains: dict[int, bytes] = dict.fromkeys(positions, b"")
        self.is_over = False
        """Whether no further row can be read."""
        self.fold = HeadFold()
        self._decisions = Decisions()
        self._heads = self.fold.heads
        self.unknown = 0
        """Events of types that this version does not know."""
        self._blobs = blobs
        self._missing_payloads: dict[str, list[int]] = {}
        """Missing payloads, by stream: correct only if the stream has a tombstone."""
        self._keys: dict[int, str] = {}
        self._deleted: dict[str, str] = {}
        self._ended_deletions: set[str] = set()

    @property
    def erased(self) -> frozenset[str]:
        """Streams that were deleted and whose deletion is over: their keys must be gone."""
        return frozenset(
            s for s, deletion in self._deleted.items() if deletion in self._ended_deletions
        )

    def take(self, row: Row) -> None:  # noqa: C901  (for speed: a hundred thousand a second)
        """Check one row; later rows are checked against this one, so one damage is found once."""
        if tuple(map(type, row)) not in ROW_TYPES:
            self._take_odd(row)
            return
        position, decision, stream, version, kind, at_ms, *_ = row
        key_id, payload, blob, digest, chain = row[KEY_ID:]
        if position != self.position + 1:
            self._skipped(position)
        head = self._heads.get(stream)
        if head is None:
            head = self._heads[stream] = StreamHead()
        if version != head.version + 1:
            last = head.version
            self._fault(position, stream, f"{printable(stream)} has version {version} after {last}")
        if blob is not None or payload is None:
            self._take_elsewhere(position, stream, kind, payload, blob, digest)
        elif sha256(payload).digest() != digest:
            self._fault(position, stream, "its payload differs from what was written")
        if link(self.chain, row[:LINKED_COLUMNS], digest) != chain:
            self._fault(position, stream, "the row or an earlier one differs from what was written")
        if SEALED[kind] is not (key_id is not None):
            self._sealed_otherwise(position, stream, kind, key_id)
        if fault := self._decisions.fault(position, decision, at_ms):
            self._fault(position, stream, fault)
        if key_id != head.key_id and key_id is not None:
            self._under_key(position, stream, head, key_id)
        if head.state is not OPEN or kind in MOVING:
            self._moves(position, stream, head, kind, payload)
        head.version = version
        self.chain, self.position = chain, position
        self.events += 1
        if position in self.chains:
            self.chains[position] = chain

    def skip(self, reason: str, following: int | None) -> None:
        """Note that the database cannot return the next rows, up to `following` or to the end."""
        message = f"the database cannot read the rows from here on: {printable(reason)}"
        self.add(About.EVENT, message, at=self.position + 1)
        self.is_over = following is None
        self.position = following or self.position
        self._decisions.forget()

    def end(self) -> None:
        """Add the findings that are only known after the last row."""
        for stream, positions in self._missing_payloads.items():
            if self._heads[stream].state not in (CLOSED, FENCED):
                for position in positions:
                    self._add(Finding(position, printable(stream), About.BLOB, GONE))

    def add(self, about: About, reason: str, stream: object = None, at: int | None = None) -> None:
        """Add a finding about something other than a row."""
        self._add(Finding(at, None if stream is None else printable(stream), about, reason))

    def _take_odd(self, row: Row) -> None:
        """Take a row with values of types that no writer stores."""
        position, _, stream, version, kind, chain = *row[:5], row[-1]
        if type(position) is not int or position <= self.position:
            self.add(About.TABLE, "the rows of the table events have no order")
            self.is_over = True
            return
        if position != self.position + 1:
            self._skipped(position)
        self._fault(position, stream, f"no writer writes such values into {mistyped_columns(row)}")
        is_link = type(chain) is bytes and len(chain) == CHAIN_BYTES
        self.chain = chain if is_link else self._link_of(row)
        self.position = position
        self.events += 1
        if (type(stream), type(version)) == (str, int):
            head = self._heads.setdefault(stream, StreamHead())
            if kind in MOVING:
                self._moves(position, stream, head, kind, row[PAYLOAD_COLUMN])
            head.version = version
        self._decisions.forget()

    def _link_of(self, row: Row) -> bytes:
        """Return what the link should have been, as far as the other columns tell."""
        try:
            return link(self.chain, row[:LINKED_COLUMNS], row[-2])
        except (ValueError, TypeError):
            return self.chain

    def _skipped(self, position: int) -> None:
        last = self.position
        self._fault(position, None, f"positions {last + 1} to {position - 1} are missing")
        self._decisions.forget()

    def _take_elsewhere(
        self,
        position: int,
        stream: str,
        kind: str,
        payload: bytes | None,
        blob: str | None,
        digest: bytes,
    ) -> None:
        """Check a payload that is in a blob or was purged."""
        if payload is None:
            self.purged += 1
            if SEALED[kind] is False:
                self._fault(position, stream, "its payload is gone, and its type is never erased")
            self._missing_payloads.setdefault(stream, []).append(position)
        elif payload or blob != digest.hex():
            self._fault(position, stream, "it names a blob that is not the one of its digest")
        elif self._blobs is not None:
            self._look_at_blob(self._blobs, position, stream, blob, digest)

    def _look_at_blob(
        self, blobs: Path, position: int, stream: str, blob: str, digest: bytes
    ) -> None:
        try:
            with open_blob(blobs, stream, blob) as file:
                actual = digest_of(file.read())
        except FileNotFoundError:
            self._missing_payloads.setdefault(stream, []).append(position)
        except PermissionError as error:
            self.add(About.UNSEEN, f"its blob: {error.strerror}", stream, position)
        except (OSError, ValueError, StoreMismatch) as error:
            fault = getattr(error, "strerror", None) or error
            self.add(About.BLOB, f"its blob cannot be read: {fault}", stream, position)
        else:
            if actual != digest:
                self.add(About.BLOB, "its payload differs from what was written", stream, position)

    def _sealed_otherwise(self, position: int, stream: str, kind: str, key: int | None) -> None:
        if SEALED[kind] is None:
            self.unknown += 1
            if self.unknown == 1:
                reason = f"its type {printable(kind)} is unknown to this version"
                self.add(About.UNSEEN, reason, stream, position)
        else:
            self._fault(position, stream, seal_fault(kind))

    def _under_key(self, position: int, stream: str, head: StreamHead, key_id: int) -> None:
        """Check the key of a stream's first sealed event, or one that differs from earlier ones."""
        if head.key_id is not None:
            reason = f"it is sealed under key {key_id}, and its stream has {head.key_id}"
            self._fault(position, stream, reason)
            return
        owner = self._keys.setdefault(key_id, stream)
        if key_id < 1 or owner != stream:
            whose = f"that of {printable(owner)}" if owner != stream else "none"
            self._fault(position, stream, f"it is sealed under key {key_id}, which is {whose}")
        head.key_id = key_id

    def _moves(
        self, position: int, stream: str, head: StreamHead, kind: str, payload: bytes | None
    ) -> None:
        """Check an event that moves fences or incarnations, or one in a stream that is not open."""
        event = self._event(position, stream, kind, payload)
        if event is None:
            return
        if reason := refusal(event, head):
            self._fault(position, stream, f"its stream does not admit it: {reason}")
        if kind in MOVING:
            self.fold.move(stream, event)
        if isinstance(event, ThreadDeleted):
            self._deleted[stream] = event.deletion_id
        elif isinstance(event, (TreeDeletionCompleted, TreeDeletionHalted)):
            self._ended_deletions.add(event.deletion_id)

    def _event(self, position: int, stream: str, kind: str, payload: object) -> Event | None:
        """The event if its content matters, else one without content; None if it is unknown."""
        if kind not in MOVING:
            return _bare(kind)
        try:
            body = payload if type(payload) is bytes else b""
            return _decoded(kind, body) if len(body) < SHORT_BYTES else decode(0, kind, body)
        except CorruptEvent as error:
            self._fault(position, stream, error.reason)
            # A deleted stream must not count as living, even if its tombstone is damaged.
            type_ = type_of(kind) if kind in tombstones() else None
            return type_.model_construct(deletion_id="") if type_ else None

    def _fault(self, position: int, stream: object, reason: str) -> None:
        self.add(About.EVENT, reason, stream, position)

    def _add(self, finding: Finding) -> None:
        self.finding_count += 1
        self.findings.append(finding)
        if len(self.findings) > KEPT_MAX:
            self.findings = in_order(self.findings)


@lru_cache
def _bare(kind: str) -> Event | None:
    """An event of this type without content."""
    type_ = type_of(kind)
    return type_.model_construct() if type_ else None


@lru_cache
def _decoded(kind: str, payload: bytes) -> Event:
    """The event in these bytes; cached, for most of these events are equal. Raises CorruptEvent."""
    return decode(0, kind, payload)


MOVING = frozenset(
    names_of(
        type_
        for type_ in KINDS.values()
        if type_.moves_fences
        or type_.activates
        or type_.supersedes
        or type_ is TreeDeletionCompleted
    )
)
"""The types, older versions included, of events that move a stream's state or end a deletion."""
