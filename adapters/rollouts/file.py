"""One rollout file: finds its intact part, cuts what a crash tore, and appends to it."""

import os

from threadhost.adapters.rollouts.lines import MARK
from threadhost.events.named_tuple import NamedTuple

WINDOW_BYTES = 64 * 1024
WINDOW_GROWS = 8


class IntactPrefix(NamedTuple):
    """The version of the thread's stream up to which a file is intact, and the size of that part.

    `version` is None in a file of another program: none of its lines is marked.
    """

    version: int | None
    size: int


EMPTY = IntactPrefix(0, 0)


class Changed(Exception):
    """A file differs from how it was left: another program made it, cut it or appended to it."""


def intact_prefix(descriptor: int) -> IntactPrefix:
    """The intact part of a file; the rest is torn.

    A power cut may leave a hole before data that was written later.
    """
    size, window = _hole(descriptor), WINDOW_BYTES
    while True:
        start = max(0, size - window)
        mark = _last_mark(_read(descriptor, start, size - start), is_all=start == 0)
        if mark is not None:
            return mark._replace(size=start + mark.size)
        window *= WINDOW_GROWS


def cut(descriptor: int, size: int) -> None:
    """Cut the file after this size."""
    if os.fstat(descriptor).st_size > size:
        os.ftruncate(descriptor, size)


def add(descriptor: int, at: int, lines: bytes) -> int:
    """Append lines at the end of a file; returns the new end. Raises OSError, or Changed."""
    if os.fstat(descriptor).st_size != at:
        raise Changed
    unwritten = memoryview(lines)
    while unwritten:
        written = os.pwrite(descriptor, unwritten, at)
        at, unwritten = at + written, unwritten[written:]
    return at


def _hole(descriptor: int) -> int:
    """The offset of the first hole of a file; its end without a hole."""
    is_empty = os.fstat(descriptor).st_size == 0
    return 0 if is_empty else os.lseek(descriptor, 0, os.SEEK_HOLE)


def _read(descriptor: int, at: int, count: int) -> bytes:
    content = bytearray()
    while chunk := os.pread(descriptor, count - len(content), at + len(content)):
        content += chunk
    return bytes(content)


def _last_mark(text: bytes, *, is_all: bool) -> IntactPrefix | None:
    """The last marked line at the end of a file; None if it may be earlier in the file.

    Zero bytes are left by a power cut: everything from there on is ignored, as no JSON has any.
    """
    zero = text.find(b"\0")
    end, lines = (zero if zero >= 0 else len(text)), 0
    while (newline := text.rfind(b"\n", 0, end)) >= 0:
        begin = text.rfind(b"\n", 0, newline) + 1
        if begin == 0 and not is_all:
            return None
        if marked := MARK.match(text, begin, newline):
            return IntactPrefix(int(marked[1]), newline + 1)
        end, lines = begin, lines + 1
    if not is_all:
        return None
    return IntactPrefix(None, len(text)) if lines else EMPTY
