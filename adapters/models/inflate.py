"""Decompresses bodies in bounded pieces: a few bytes may expand to a thousand times as many."""

import zlib
from typing import Self

ENCODINGS = "gzip, deflate"
PIECE_BYTES_MAX = 64 * 1024
WITH_EITHER_HEAD = zlib.MAX_WBITS + 32


class Corrupt(Exception):
    """The bytes are not validly compressed."""


class Inflater:
    """Decompresses bytes."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(WITH_EITHER_HEAD)
        self._waiting = b""

    @classmethod
    def of(cls, encoding: str) -> Self | None:
        """One for this content encoding; None for no encoding, or one that was not requested."""
        return cls() if encoding.strip().lower() in ("gzip", "x-gzip", "deflate") else None

    def feed(self, data: bytes) -> None:
        """Take compressed bytes."""
        self._waiting += data

    def more(self) -> bytes:
        """The next decompressed piece; empty if more input is needed. Raises Corrupt."""
        if not self._waiting or self._zlib.eof:
            return b""
        try:
            data = self._zlib.decompress(self._waiting, PIECE_BYTES_MAX)
        except zlib.error:
            raise Corrupt from None
        self._waiting = self._zlib.unconsumed_tail
        return data
