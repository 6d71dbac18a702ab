"""Packs the bodies of sealed events: deflate (RFC 1951) with words that both sides know."""

import zlib

from threadhost.events.bounds import SMALL_BYTES
from threadhost.events.store.packing_words import WORDS

PACKED_BYTES_MAX = SMALL_BYTES
"""The most bytes of a body that is packed, so that a page of the log stays bounded unpacked."""
MARKER = b"\x01"
"""The first byte of a packed body; other bodies are JSON, as all of version 0.1 are."""
RAW = -13
"""A window of 8 KB, for the words and a body; no checksum, as the seal protects the bytes."""
LEVEL = 6
MEMORY_LEVEL = 5
_packer = zlib.compressobj(
    LEVEL, zlib.DEFLATED, RAW, MEMORY_LEVEL, zlib.Z_DEFAULT_STRATEGY, zdict=WORDS
)
_unpacker = zlib.decompressobj(RAW, zdict=WORDS)


def pack(body: bytes) -> bytes:
    """Return a body packed if it is small enough and gets smaller, else as it is."""
    if len(body) > PACKED_BYTES_MAX:
        return body
    packer = _packer.copy()
    packed = MARKER + packer.compress(body) + packer.flush()
    return packed if len(packed) < len(body) else body


def unpack(body: bytes) -> bytes:
    """Return the body that was given to `pack`. Raises ValueError for one that is broken."""
    if not body.startswith(MARKER):
        return body
    unpacker = _unpacker.copy()
    try:
        unpacked = unpacker.decompress(body[1:], PACKED_BYTES_MAX + 1)
    except zlib.error:
        unpacked = b""
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("its packed body is broken")
    return unpacked
