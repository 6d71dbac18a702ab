"""The hash chain over the stored bytes: erasure leaves it valid, any other change breaks it."""

from collections.abc import Sequence
from hashlib import sha256

from pydantic_core import to_json


def digest_of(payload: bytes) -> bytes:
    """The digest of an event's stored bytes, which are ciphertext if the event is sealed."""
    return sha256(payload).digest()


def genesis(log_id: str) -> bytes:
    """The chain value before the first event; each log has its own, so events cannot be moved."""
    return sha256(b"threadhost log " + log_id.encode()).digest()


def link(previous: bytes, columns: Sequence[object], digest: bytes) -> bytes:
    """The next chain value: SHA-256 of the previous one, the digest and the row as canonical JSON.

    `columns` are those of the row from `position` to `key_id`, written as an array by RFC 8785.
    """
    return sha256(previous + digest + to_json(columns)).digest()
