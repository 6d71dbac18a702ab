"""Packs the JSON of sealed events before they are sealed: small bodies with words in common."""

import zlib

from threadhost.events.store.packing_words import WORDS

MARKER = b"\x01"
"""The first byte of a packed body; JSON begins with `{`, so bodies of older logs differ."""
PACKED_BYTES_MAX = 4096
"""The size of the largest body that is packed: so a page of the log, which is limited by what is
stored, stays bounded when it is unpacked. What larger bodies have in common is a small part."""
_WINDOW = -13
"""Raw deflate with a window of 8 KB: the words, and a body of the largest size."""
_MEMORY = 5
_PACKER = zlib.compressobj(9, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, WORDS)
_UNPACKER = zlib.decompressobj(_WINDOW, WORDS)
# Made once and only ever copied, because reading the words anew takes longer than the rest. A copy
# is made under the object's own lock, so threads may share them.


def pack(body: bytes) -> bytes:
    """Return what is stored for the JSON of an event: packed if small and smaller for it."""
    if len(body) > PACKED_BYTES_MAX:
        return body
    packer = _PACKER.copy()
    packed = MARKER + packer.compress(body) + packer.flush()
    return packed if len(packed) < len(body) else body


def unpack(stored: bytes) -> bytes:
    """Return the JSON of which `pack` made these bytes; what is not packed returns as it is.

    Raises ValueError for packed bytes that are cut, broken, followed by others, or too many.
    """
    if not stored.startswith(MARKER):
        return stored
    unpacker = _UNPACKER.copy()
    try:
        body = unpacker.decompress(stored[len(MARKER) :], PACKED_BYTES_MAX + 1)
    except zlib.error:
        raise ValueError("the packed body is broken") from None
    if len(body) > PACKED_BYTES_MAX:
        raise ValueError(f"the packed body has more than {PACKED_BYTES_MAX} bytes")
    if not unpacker.eof:
        raise ValueError("the packed body is cut")
    if unpacker.unused_data:
        raise ValueError("the packed body is followed by other bytes")
    return body
