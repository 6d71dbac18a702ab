"""Snapshots of streams' states, so that a long stream need not be read from its beginning.

A snapshot is optional: one that cannot be opened counts as missing, and the state is folded from
the events instead. It is sealed under its stream's key and is erased with it.
"""

import os

from cryptography.exceptions import InvalidTag

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import KeyMissing
from threadhost.events.store.port import Keys
from threadhost.events.store.seal import NONCE_BYTES


class Snapshot(NamedTuple):
    """A state's bytes, and the version of its stream."""

    version: int
    body: bytes


def seal(keys: Keys, key_id: int, stream: str, snapshot: Snapshot) -> bytes:
    """Return the bytes to store. Raises LookupError if the key is destroyed."""
    cipher = keys.cipher(key_id)
    if cipher is None:
        raise LookupError(f"key {key_id} of {stream} is destroyed")
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, snapshot.body, _bound(stream, snapshot.version))


def unseal(keys: Keys, key_id: int, stream: str, version: int, payload: bytes) -> Snapshot | None:
    """Return what was sealed, or None if it cannot be opened."""
    nonce, sealed = payload[:NONCE_BYTES], payload[NONCE_BYTES:]
    try:
        cipher = keys.cipher(key_id)
        body = cipher.decrypt(nonce, sealed, _bound(stream, version)) if cipher else None
    except (InvalidTag, ValueError, KeyMissing):
        return None
    return None if body is None else Snapshot(version, body)


def _bound(stream: str, version: int) -> bytes:
    """Return the associated data of the ciphertext; no event type is called `snapshot`."""
    return f"{stream}\x1f{version}\x1fsnapshot".encode()
