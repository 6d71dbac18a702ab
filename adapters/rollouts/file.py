"""One rollout file: up to where it is whole, cutting what a crash tore, and adding to it."""

import os

from threadhost.adapters.rollouts.lines import MARK
from threadhost.events.named_tuple import NamedTuple

WINDOW_BYTES = 64 * 1024
WINDOW_GROWS = 8


class IntactPrefix(NamedTuple):
    """Up to which version of its thread's stream a file is whole, and how many bytes that takes.

    `version` is None in a file that another program made: no line of it is marked.
    """

    version: int | None
    size: int


EMPTY = IntactPrefix(0, 0)


class Changed(Exception):
    """A file is not as it was left: somebody else made it, cut it or added to it."""


def intact_prefix(descriptor: int) -> IntactPrefix:
    """How far a file goes; what lies behind is torn.

    A power cut may leave a hole ahead of what was written after it.
    """
    size, window = _hole(descriptor), WINDOW_BYTES
    while True:
        start = max(0, size - window)
        mark = _last_mark(_read(descriptor, start, size - start), is_all=start == 0)
        if mark is not None:
            return mark._replace(size=start + mark.size)
        window *= WINDOW_GROWS


def cut(descriptor: int, size: int) -> None:
    """Drop what lies behind so many bytes."""
    if os.fstat(descriptor).st_size > size:
        os.ftruncate(descriptor, size)


def add(descriptor: int, at: int, lines: bytes) -> int:
    """Write lines where a file ends; returns where it ends then. Raises OSError, or Changed."""
    if os.fstat(descriptor).st_size != at:
        raise Changed
    unwritten = memoryview(lines)
    while unwritten:
        written = os.pwrite(descriptor, unwritten, at)
        at, unwritten = at + written, unwritten[written:]
    return at


def _hole(descriptor: int) -> int:
    """Where the first hole of a file begins, at the latest where the file ends."""
    is_empty = os.fstat(descriptor).st_size == 0
    return 0 if is_empty else os.lseek(descriptor, 0, os.SEEK_HOLE)


def _read(descriptor: int, at: int, count: int) -> bytes:
    content = bytearray()
    while chunk := os.pread(descriptor, count - len(content), at + len(content)):
        content += chunk
    return bytes(content)


def _last_mark(text: bytes, *, is_all: bool) -> IntactPrefix | None:
    """The last marked line of the end of a file; None if it may stand further ahead.

    Where a power cut left zeros, nothing counts from there on: no JSON holds any.
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
