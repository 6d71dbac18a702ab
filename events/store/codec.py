"""Encodes events to stored bytes and back: stable type names, JSON, and encryption."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from pydantic_core import from_json, to_json

from threadhost.events.base import (
    KINDS,
    UPCASTERS,
    Damaged,
    Erased,
    Event,
    Gap,
    Meta,
    Recorded,
    upcast,
)
from threadhost.events.bounds import SMALL_BYTES, body_fault, fault_in
from threadhost.events.damage import printable
from threadhost.events.store.aead import AESGCM
from threadhost.events.store.blobs import INLINE_BYTES_MAX, Blobs
from threadhost.events.store.chain import digest_of
from threadhost.events.store.errors import CorruptEvent, EventRefused, KeyMissing, StoreMismatch
from threadhost.events.store.packing import pack, unpack
from threadhost.events.store.port import Keys
from threadhost.events.store.rows import BodyRow, LogRow, Row
from threadhost.events.store.rules import AT_MS_MAX, ROW_TYPES, SEALED, mistyped_columns, seal_fault
from threadhost.events.store.seal import NONCE_BYTES, SEAL_BYTES
from threadhost.events.store.snapshots import Snapshot, unseal

Draft = tuple[str, int, Event, bytes, int | None, Meta]
"""An event to be written, not yet sealed: stream, version, event, body, key id, meta."""
Copy = tuple[int, str, bytes, object, bytes]
"""An event to be copied: its version in the source stream, type, body as it was sealed, what was
read of it, and the digest of the body if that is known and the event is not sealed."""


class EventCodec:
    """Seals drafts into rows and opens rows again.

    Bodies are packed before they are sealed. Sealed payloads are AES-GCM with stream, version and
    type as associated data, so that a ciphertext moved to another row is refused.
    """

    def __init__(
        self, keys: Keys, blobs: Blobs, is_leaving: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._keys = keys
        self._blobs = blobs
        self._is_leaving = is_leaving
        """Whether a stream is being deleted: its blobs are removed before its key."""

    def seal(self, drafts: Sequence[Draft]) -> list[Row]:
        """Return the drafts' rows; a large payload becomes a blob, synced on return."""
        random = os.urandom(NONCE_BYTES * len(drafts))
        rows: list[Row] = []
        for number, (stream, version, event, body, key_id, meta) in enumerate(drafts):
            kind, payload, blob = event.kind, body, None
            if key_id is not None:
                nonce = random[number * NONCE_BYTES : (number + 1) * NONCE_BYTES]
                bound = associated_data(stream, version, kind)
                payload = nonce + self._cipher(key_id, stream).encrypt(nonce, pack(body), bound)
            digest = sha256(payload).digest()
            if key_id is not None:
                payload, blob = self._placed(stream, payload, digest)
            principal, correlation, causation, at_ms = meta
            about = [0, 0, stream, version, kind, at_ms, principal, correlation, causation, key_id]
            rows.append((about, payload, blob, digest))
        return rows

    def seal_copies(
        self, to: tuple[str, int, int | None], copies: Sequence[Copy], cause: str, meta: Meta
    ) -> list[Row]:
        """Return the rows of copies for the end of a stream, sealed under its key.

        `cause` is the prefix of the causations; the version in the source stream follows it. Raises
        LookupError if the key is destroyed.
        """
        stream, version, key_id = to
        if key_id is None:
            raise LookupError(f"{stream} has no key")
        encrypt = self._cipher(key_id, stream).encrypt
        random, at = os.urandom(NONCE_BYTES * len(copies)), 0
        principal, correlation, _, at_ms = meta
        rows: list[Row] = []
        for original, kind, body, _, body_digest in copies:
            version += 1
            about = [0, 0, stream, version, kind, at_ms, principal, correlation]
            about.append(f"{cause}{original}")
            if not SEALED[kind]:
                about.append(None)
                rows.append((about, body, None, body_digest or sha256(body).digest()))
                continue
            about.append(key_id)
            nonce = random[at : at + NONCE_BYTES]
            at += NONCE_BYTES
            payload = nonce + encrypt(nonce, body, associated_data(stream, version, kind))
            digest = sha256(payload).digest()
            rows.append((about, *self._placed(stream, payload, digest), digest))
        return rows

    def _placed(self, stream: str, payload: bytes, digest: bytes) -> tuple[bytes, str | None]:
        """Return a sealed payload, or an empty one and the name of the blob that holds it."""
        if len(payload) <= INLINE_BYTES_MAX or not self._blobs.are_kept:
            return payload, None
        return b"", self._blobs.write(stream, digest, payload)

    async def fetch_keys(self, key_ids: Iterable[object]) -> None:
        """Load the keys that rows name; the rows are opened next."""
        await self._keys.fetch(key_ids)

    def open(self, row: LogRow) -> Recorded:
        """Return the recorded event; `Erased` if its key is destroyed, `Damaged` if unreadable."""
        at_ms = row.recorded_at_ms
        if tuple(map(type, row)) not in ROW_TYPES or not 0 <= at_ms < AT_MS_MAX:
            return _of_no_writer(row)
        meta = Meta(row.principal, row.correlation_id, row.causation_id, at_ms)
        event = self._event(row)
        place = row.position, row.stream, row.version
        return Recorded(*place, event, meta, row.decision, row.chain, _is_small(row))

    def snapshot(self, stream: str, version: int, key_id: int, payload: bytes) -> Snapshot | None:
        """Return the stored state of a stream; None if it cannot be opened."""
        return unseal(self._keys, key_id, stream, version, payload)

    def require_key(self, key_id: int) -> None:
        """Raise KeyMissing for a lost key."""
        self._keys.cipher(key_id)

    def _cipher(self, key_id: int, stream: str) -> AESGCM:
        cipher = self._keys.cipher(key_id)
        if cipher is None:
            raise LookupError(f"key {key_id} of {stream} is destroyed")
        return cipher

    def json_of(self, rows: Iterable[BodyRow]) -> Iterator[bytes | Gap]:
        """Yield the JSON of the event in each of these rows, in its newest version.

        A row is opened only when its event is asked for. Bodies are not parsed, except those of old
        versions: parsing takes longer than all the rest. Rows may have additional columns.
        """
        for row in rows:
            kind = row[3]
            try:
                body = self._body(*row)
                if body is None:
                    yield Erased(kind)
                elif kind in UPCASTERS:
                    yield to_json(decode(row[0], kind, body))
                else:
                    yield body
            except CorruptEvent as damage:
                yield Damaged(printable(kind), damage.reason)

    def bodies(self, rows: Iterable[BodyRow], bytes_max: int) -> list[bytes | Gap]:
        """Return the bodies of these rows' events as they were sealed, packed or not.

        Up to about `bytes_max` bytes, at least one.
        """
        opened: list[bytes | Gap] = []
        for row in rows:
            try:
                body = self._unsealed(*row)
            except CorruptEvent as damage:
                opened.append(Damaged(printable(row[3]), damage.reason))
                continue
            if body is None:
                opened.append(Erased(row[3]))
                continue
            opened.append(body)
            bytes_max -= len(body)
            if bytes_max < 0:
                break
        return opened

    def stored_bytes(self, row: LogRow) -> int:
        """Return the size of the event's payload, in the log or in its blob; 0 if there is none."""
        if row.blob:
            return self._blobs.size(row.stream, row.blob)
        return len(row.payload or b"")

    def _event(self, row: LogRow) -> Event | Gap:
        place = row.position, row.stream, row.version, row.kind
        try:
            body = self._body(*place, row.key_id, row.payload, row.blob, row.digest)
            return Erased(row.kind) if body is None else decode(row.position, row.kind, body)
        except CorruptEvent as damage:
            return Damaged(row.kind, damage.reason)

    def _body(self, position: int, *row: Any) -> bytes | None:  # noqa: ANN401  (as of `_unsealed`)
        """Return the event's JSON; None once erased."""
        body = self._unsealed(position, *row)
        return body and unpacked(position, body)

    def _unsealed(
        self,
        position: int,
        stream: str,
        version: int,
        kind: str,
        key_id: int | None,
        payload: bytes | str | None,
        blob: str | None,
        digest: bytes,
        *_more: object,
    ) -> bytes | None:
        """Return the event's body as it was sealed; None once erased."""
        if SEALED[kind] is not (key_id is not None):
            raise CorruptEvent(position, seal_fault(kind))
        try:
            cipher = self._keys.cipher(key_id) if key_id is not None else None
        except (KeyMissing, StoreMismatch) as error:
            raise CorruptEvent(position, str(error)) from None
        if key_id is not None and cipher is None:
            return None
        if not isinstance(payload, bytes):
            missing = "its payload is gone, though it was not erased"
            raise CorruptEvent(position, _odd(payload) if payload else missing)
        if cipher is None:
            if type(version) is not int or digest_of(payload) != digest:
                raise CorruptEvent(position, "its bytes do not match its digest")
            return payload
        sealed = self._in_blob(position, stream, blob) if blob else payload
        if sealed is None:
            return None
        bound = associated_data(stream, version, kind)
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):
            raise CorruptEvent(position, "its seal is broken") from None

    def _in_blob(self, position: int, stream: str, blob: str) -> bytes | None:
        """Return a sealed payload; None if it was removed with its thread, before the key."""
        try:
            return self._blobs.read(stream, blob, position)
        except CorruptEvent:
            if self._is_leaving(stream):
                return None
            raise


def _is_small(row: LogRow) -> bool:
    """Whether the body was small before sealing; a body in a blob is not."""
    sealed_bytes = SEAL_BYTES if row.key_id is not None else 0
    return row.payload is not None and 0 < len(row.payload) - sealed_bytes <= SMALL_BYTES


def _of_no_writer(row: LogRow) -> Recorded:
    """Return a gap for a row whose columns hold values that no writer stores."""
    odd = mistyped_columns(row) or "recorded_at_ms"
    numbers = row.version, row.recorded_at_ms, row.decision
    version, at_ms, decision = (n if type(n) is int else 0 for n in numbers)
    chain = row.chain if type(row.chain) is bytes else b""
    principal, correlation, cause = map(
        printable, (row.principal, row.correlation_id, row.causation_id)
    )
    gap = Damaged(printable(row.kind), _odd(odd))
    meta = Meta(principal, correlation, cause, at_ms)
    return Recorded(row.position, printable(row.stream), version, gap, meta, decision, chain)


def _odd(columns: str) -> str:
    return f"no writer writes such values into {columns}"


def unpacked(position: int, body: bytes) -> bytes:
    """Return the JSON of a body as it was sealed. Raises CorruptEvent."""
    try:
        return unpack(body)
    except ValueError as error:
        raise CorruptEvent(position, str(error)) from None


def associated_data(stream: str, version: int, kind: str) -> bytes:
    """Return the associated data of a ciphertext, which binds it to its row."""
    return f"{stream}\x1f{version}\x1f{kind}".encode()


def encode(events: Sequence[Event]) -> list[bytes]:
    """Return events' bodies as compact JSON. Raises EventRefused if one could not be read back."""
    return list(map(_encoded, events))


def _encoded(event: Event) -> bytes:
    try:
        body = to_json(event)
    except (ValueError, RecursionError):
        raise EventRefused(event.kind, fault_in(event) or "it is not valid JSON") from None
    if fault := body_fault(event, body):
        raise EventRefused(event.kind, fault)
    return body


def decode(position: int, kind: str, body: bytes) -> Event:
    """Return the event in these bytes, upcast to its newest version. Raises CorruptEvent."""
    try:
        if kind in UPCASTERS:
            kind, upcasted = upcast(kind, from_json(body))
            return _class_of(position, kind).model_validate(upcasted)
        return _class_of(position, kind).model_validate_json(body)
    except CorruptEvent:
        raise
    except Exception as error:  # noqa: BLE001  (an upcaster may raise anything)
        reason = f"its body is not a {printable(kind)}: {type(error).__name__}"
        raise CorruptEvent(position, reason) from None


def _class_of(position: int, kind: str) -> type[Event]:
    event_class = KINDS.get(kind)
    if event_class is None:
        raise CorruptEvent(position, f"its type {printable(kind)} is unknown to this version")
    return event_class
