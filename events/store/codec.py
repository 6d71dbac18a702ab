"""Events to stored bytes and back: stable type names, JSON, and the seal."""

import os
from dataclasses import dataclass
from typing import Any, cast

from cryptography.exceptions import InvalidTag
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from pydantic import ValidationError
from pydantic_core import from_json

from threadhost.events.base import KINDS, UPCASTERS, Erased, Event, Meta, Recorded, upcast
from threadhost.events.store.blobs import Blobs
from threadhost.events.store.chain import digest_of
from threadhost.events.store.errors import CorruptEvent
from threadhost.events.store.keys import NONCE_BYTES, KeyRing

NO_META = Meta("", "", "", 0)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event on its way into the log: encoded, placed in its stream, not yet sealed."""

    stream: str
    version: int
    event: Event
    body: bytes
    meta: Meta = NO_META
    key_id: int | None = None


@dataclass(frozen=True)
class StoredRow(StoredEvent):
    """A stored event with all that its row keeps besides the four fields of the library.

    `state` is None once an event is purged.
    """

    meta: Meta = NO_META
    key_id: int | None = None
    blob: str | None = None
    digest: bytes = b""
    id: int = 0


class EventCodec(Mapper[str]):
    """The library's mapper port, with stable names, keys for each stream and bound ciphertexts.

    Sealed payloads are AES-GCM with stream, version and type as associated data, so that a
    ciphertext moved to another row is refused.
    """

    def __init__(self, keys: KeyRing, blobs: Blobs) -> None:
        super().__init__(JSONTranscoder())
        self._keys = keys
        self._blobs = blobs

    def to_stored_event(self, domain_event: Any) -> StoredRow:
        """Seal a draft; a large one becomes a blob of its stream, synced before this returns."""
        draft = cast(Draft, domain_event)
        kind, payload, blob = draft.event.kind, draft.body, None
        if draft.key_id is not None:
            payload = self._seal(draft, draft.key_id)
        digest = digest_of(payload)
        if draft.key_id is not None and self._blobs.wants(payload):
            blob = self._blobs.write(draft.stream, digest, payload)
            payload = b""
        return StoredRow(
            draft.stream, draft.version, kind, payload, draft.meta, draft.key_id, blob, digest
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The recorded event; `Erased` where its key is destroyed. Raises CorruptEvent."""
        row = cast(StoredRow, stored_event)
        return Recorded(
            row.id, cast(str, row.originator_id), row.originator_version, self._event(row), row.meta
        )

    def _seal(self, draft: Draft, key_id: int) -> bytes:
        cipher = self._keys.cipher(key_id)
        if cipher is None:
            raise LookupError(f"key {key_id} of {draft.stream} is destroyed")
        nonce = os.urandom(NONCE_BYTES)
        bound = associated_data(draft.stream, draft.version, draft.event.kind)
        return nonce + cipher.encrypt(nonce, draft.body, bound)

    def _event(self, row: StoredRow) -> Event | Erased:
        if row.state is None:
            return Erased(row.topic)
        if row.key_id is None:
            if digest_of(row.state) != row.digest:
                raise CorruptEvent(row.id, "its bytes do not match its digest")
            return decode(row.id, row.topic, row.state)
        cipher = self._keys.cipher(row.key_id)
        if cipher is None:
            return Erased(row.topic)
        stream = cast(str, row.originator_id)
        sealed = self._blobs.read(stream, row.blob, row.id) if row.blob else row.state
        bound = associated_data(stream, row.originator_version, row.topic)
        try:
            body = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):
            raise CorruptEvent(row.id, "its seal is broken") from None
        return decode(row.id, row.topic, body)


def associated_data(stream: str, version: int, kind: str) -> bytes:
    """What a ciphertext is bound to."""
    return f"{stream}\x1f{version}\x1f{kind}".encode()


def encode(event: Event) -> bytes:
    """An event's body as compact JSON."""
    return event.model_dump_json().encode()


def decode(position: int, kind: str, body: bytes) -> Event:
    """The event in these bytes, brought to its newest version. Raises CorruptEvent."""
    try:
        if kind in UPCASTERS:
            kind, upcasted = upcast(kind, from_json(body))
            return KINDS[kind].model_validate(upcasted)
        return KINDS[kind].model_validate_json(body)
    except KeyError:
        raise CorruptEvent(position, f"its type {kind} is unknown to this version") from None
    except (ValidationError, ValueError) as error:
        raise CorruptEvent(position, f"its body is not a {kind}: {type(error).__name__}") from None
