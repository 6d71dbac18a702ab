"""Compressed bodies, let out a bounded piece at a time: a few bytes may hold a thousand as many."""

import zlib
from typing import Self

ENCODINGS = "gzip, deflate"
PIECE_BYTES_MAX = 64 * 1024
WITH_EITHER_HEAD = zlib.MAX_WBITS + 32


class Corrupt(Exception):
    """Bytes that no compression made."""


class Inflater:
    """Takes compressed bytes and gives what they hold."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(WITH_EITHER_HEAD)
        self._waiting = b""

    @classmethod
    def of(cls, encoding: str) -> Self | None:
        """One for this content encoding; None if it is none, or not one that was asked for."""
        return cls() if encoding.strip().lower() in ("gzip", "x-gzip", "deflate") else None

    def feed(self, data: bytes) -> None:
        """Take compressed bytes."""
        self._waiting += data

    def more(self) -> bytes:
        """The next piece of what was compressed; empty if more is needed. Raises Corrupt."""
        if not self._waiting or self._zlib.eof:
            return b""
        try:
            data = self._zlib.decompress(self._waiting, PIECE_BYTES_MAX)
        except zlib.error:
            raise Corrupt from None
        self._waiting = self._zlib.unconsumed_tail
        return data
