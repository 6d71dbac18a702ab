"""Where large JSON may be cut: at commas outside its texts, into pieces as short as they can be."""

import os
from collections.abc import Iterator
from typing import Final

from threadhost.events.named_tuple import NamedTuple

PIECE_BYTES: Final = 128 * 1024
"""Parsing that much takes some milliseconds, whatever it says."""
SECRET: Final = os.urandom(16).hex()
"""What begins with it stands for something else: no message can hold it by chance."""

_TEXTS_MAX = 1000
"""In JSON that is not nested deeper, so many texts have a comma between them."""
_NOT_STRUCTURE = bytes(set(range(256)).difference(b'",[]{}'))
_ESCAPE_BYTES = 6
_HIGH_SURROGATES = tuple(b"\\ud%b" % digit for digit in (b"8", b"9", b"a", b"b"))


class Hole(NamedTuple):
    """The inside of a text that is too long for a piece; or blanks, in whose place is nothing."""

    start: int
    end: int
    mark: str


class Piece(NamedTuple):
    """Some of the bytes, up to a comma or to the end.

    The outline is all of them, but for what is in holes.
    """

    start: int
    end: int
    outline: bytes
    holes: list[Hole]

    def place(self, at: int) -> int:
        """Where in the data this place of the outline is."""
        at += self.start
        for hole in self.holes:
            if at > hole.start:
                at += hole.end - hole.start - len(hole.mark)
        return at


def pieces(data: bytes) -> Iterator[Piece]:
    """All of the data, but for the commas that it was cut at."""
    start = 0
    while True:
        piece = _piece(data, start)
        yield piece
        if piece.end == len(data):
            return
        start = piece.end + 1


def structure(outline: bytes) -> bytes:
    """The brackets and commas of JSON, those inside texts left out."""
    # Texts that hold none of them vanish as `""`; of the reduced form every other part is a text.
    reduced = plain(outline).translate(None, _NOT_STRUCTURE).replace(b'""', b"")
    return b"".join(reduced.split(b'"')[::2])


def plain(data: bytes) -> bytes:
    """As many bytes, without escaped quotes: where an odd number of quotes precedes is a text."""
    return data.replace(b"\\\\", b"__").replace(b'\\"', b"__") if b"\\" in data else data


def parts_of_text(data: bytes, hole: Hole) -> Iterator[bytes]:
    """The inside of a text, cut between letters."""
    at = hole.start
    while at < hole.end:
        end = min(at + PIECE_BYTES, hole.end)
        if end < hole.end:
            end = max(_between_letters(data, at, end), at + 1)
        yield data[at:end]
        at = end


def _between_letters(data: bytes, at: int, end: int) -> int:
    """The same end or one a little before, such that no letter and no escape is cut."""
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
    """A text that began before goes on until here."""
    if holes and holes[-1].end == at and holes[-1].mark:
        holes[-1] = holes[-1]._replace(end=end)
    elif end - at >= PIECE_BYTES:
        holes.append(Hole(opening, end, f"{SECRET}{len(holes)}"))


def _end(data: bytes, at: int) -> int:
    """Where a look at the data ends that begins here: not within an escape of two letters."""
    end = min(at + PIECE_BYTES, len(data))
    backslashes = end - at - len(data[at:end].rstrip(b"\\"))
    return min(end + backslashes % 2, len(data))


def _last_comma(window: bytes, *, is_text: bool) -> int:
    """The last one outside texts, if the end of the window is in one, or is not; -1 for none."""
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
