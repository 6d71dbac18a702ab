"""Cuts large JSON at commas outside its texts, into pieces as short as possible."""

import os
from collections.abc import Iterator
from typing import Final

from threadhost.events.named_tuple import NamedTuple

PIECE_BYTES: Final = 128 * 1024
"""Parsing so many bytes takes some milliseconds, whatever they hold."""
SECRET: Final = os.urandom(16).hex()
"""The prefix of marks; random, so that no message holds it."""

_TEXTS_MAX = 1000
"""The texts to search for a comma; JSON within the depth limit has one between so many."""
_NOT_STRUCTURE = bytes(set(range(256)).difference(b'",[]{}'))
_ESCAPE_BYTES = 6
_HIGH_SURROGATES = tuple(b"\\ud%b" % digit for digit in (b"8", b"9", b"a", b"b"))


class Hole(NamedTuple):
    """The content of a text too long for a piece, or a run of blanks, whose mark is empty."""

    start: int
    end: int
    mark: str


class Piece(NamedTuple):
    """Some of the bytes, up to a comma or to the end.

    The outline is these bytes with each hole replaced by its mark.
    """

    start: int
    end: int
    outline: bytes
    holes: list[Hole]

    def place(self, at: int) -> int:
        """The offset in the data of an offset in the outline."""
        at += self.start
        for hole in self.holes:
            if at > hole.start:
                at += hole.end - hole.start - len(hole.mark)
        return at


def pieces(data: bytes) -> Iterator[Piece]:
    """All of the data except the commas between the pieces."""
    start = 0
    while True:
        piece = _piece(data, start)
        yield piece
        if piece.end == len(data):
            return
        start = piece.end + 1


def structure(outline: bytes) -> bytes:
    """The brackets and commas of JSON, without those inside texts."""
    # Texts without any become `""` and vanish; then every second part of the rest is a text.
    reduced = plain(outline).translate(None, _NOT_STRUCTURE).replace(b'""', b"")
    return b"".join(reduced.split(b'"')[::2])


def plain(data: bytes) -> bytes:
    """The data, same length, escaped quotes replaced: a text follows an odd number of quotes."""
    return data.replace(b"\\\\", b"__").replace(b'\\"', b"__") if b"\\" in data else data


def parts_of_text(data: bytes, hole: Hole) -> Iterator[bytes]:
    """The content of a long text in parts, cut between characters."""
    at = hole.start
    while at < hole.end:
        end = min(at + PIECE_BYTES, hole.end)
        if end < hole.end:
            end = max(_between_letters(data, at, end), at + 1)
        yield data[at:end]
        at = end


def _between_letters(data: bytes, at: int, end: int) -> int:
    """The end, or one a little before it, that cuts no character and no escape."""
    while end > at and data[end] & 0xC0 == 0x80:  # noqa: PLR2004 - within a letter of UTF-8
        end -= 1
    window = data[at:end].replace(b"\\\\", b"__")
    escape = window.rfind(b"\\", max(0, len(window) - _ESCAPE_BYTES + 1))
    if escape >= 0:
        end = at + escape
    if data[end - _ESCAPE_BYTES : end].lower().startswith(_HIGH_SURROGATES):
        end -= _ESCAPE_BYTES  # its other half comes next
    return end


def _piece(data: bytes, start: int) -> Piece:
    at, is_text, opening = start, False, start
    holes: list[Hole] = []
    while True:
        end = _end(data, at)
        window = plain(data[at:end])
        quotes = window.count(b'"')
        if is_text:
            _lengthen(holes, opening, at, at + window.index(b'"') if quotes else end)
        elif window.isspace():
            holes.append(Hole(at, end, ""))
        is_text ^= bool(quotes % 2)
        comma = len(window) if end == len(data) else _last_comma(window, is_text=is_text)
        if comma >= 0:
            end = at + comma
            return Piece(start, end, _outline(data, start, end, holes), holes)
        if quotes:
            opening = at + window.rindex(b'"') + 1
        at = end


def _lengthen(holes: list[Hole], opening: int, at: int, end: int) -> None:
    """Extend the hole of a text that goes on to `end`; make one once it is long."""
    if holes and holes[-1].end == at and holes[-1].mark:
        holes[-1] = holes[-1]._replace(end=end)
    elif end - at >= PIECE_BYTES:
        holes.append(Hole(opening, end, f"{SECRET}{len(holes)}"))


def _end(data: bytes, at: int) -> int:
    """The end of the window that begins here; it does not cut an escape of two characters."""
    end = min(at + PIECE_BYTES, len(data))
    backslashes = end - at - len(data[at:end].rstrip(b"\\"))
    return min(end + backslashes % 2, len(data))


def _last_comma(window: bytes, *, is_text: bool) -> int:
    """The last comma outside texts, or -1; `is_text` says whether the window ends within a text."""
    end = len(window)
    for _ in range(_TEXTS_MAX):
        if end <= 0:
            break
        quote = window.rfind(b'"', 0, end)
        if not is_text and (comma := window.rfind(b",", quote + 1, end)) >= 0:
            return comma
        end, is_text = quote, not is_text
    return -1


def _outline(data: bytes, start: int, end: int, holes: list[Hole]) -> bytes:
    if not holes:
        return data[start:end]
    parts = []
    for hole in holes:
        parts += [data[start : hole.start], hole.mark.encode()]
        start = hole.end
    return b"".join((*parts, data[start:end]))
