"""Splits chunks into lines, with a hard limit already while a line is read."""

from collections.abc import Iterator

from threadhost.adapters.jsonrpc.outline import HEAD_BYTES
from threadhost.events.named_tuple import NamedTuple


class Oversize(NamedTuple):
    """Stands for a line longer than the limit; only its beginning is kept."""

    head: bytes


class LineSplitter:
    """Splits a stream at newlines; never keeps more bytes than the limit of a line."""

    def __init__(self, line_bytes_max: int) -> None:
        self._max = line_bytes_max
        self._pieces: list[bytes] = []
        self.kept_bytes = 0
        self._discarding = False

    def feed(self, chunk: bytes) -> Iterator[bytes | Oversize]:
        """The lines that end in this chunk, without their newline.

        An oversize line is reported as soon as it exceeds the limit; the rest of it is skipped.
        """
        *ends, remainder = chunk.split(b"\n")
        for end in ends:
            yield from self._keep(end)
            yield from self._finish()
        yield from self._keep(remainder)

    def finish(self) -> Iterator[bytes | Oversize]:
        """The last line, if the stream did not end with a newline."""
        if self.kept_bytes:
            yield from self._finish()

    def _keep(self, piece: bytes) -> Iterator[Oversize]:
        if self._discarding or not piece:
            return
        if self.kept_bytes + len(piece) > self._max:
            self._discarding = True
            head = self._head(piece)
            self._pieces.clear()
            self.kept_bytes = 0
            yield Oversize(head)
            return
        self._pieces.append(piece)
        self.kept_bytes += len(piece)

    def _head(self, last: bytes) -> bytes:
        head, bytes_max = b"", min(HEAD_BYTES, self._max)
        for piece in (*self._pieces, last):
            head += piece[: bytes_max - len(head)]
            if len(head) == bytes_max:
                break
        return head

    def _finish(self) -> Iterator[bytes]:
        if not self._discarding:
            yield b"".join(self._pieces)
        self._discarding = False
        self._pieces.clear()
        self.kept_bytes = 0
