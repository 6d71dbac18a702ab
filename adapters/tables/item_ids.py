"""Unique ids of rows, for any number of rows: on disk, a few bytes each."""

import os
from contextlib import suppress
from struct import Struct
from typing import Self

SLOT = Struct("=QQ")
"""A fingerprint, and the last number that made its text unique."""
SLOTS_AT_FIRST = 1 << 14
GROWTH = 4
FULL_SHARE = 2
MOVED_AT_ONCE = 512
FINGERPRINTS = (1 << 64) - 1


class ItemIds:
    """The texts that were used as ids, by their fingerprints, in a file without a name.

    Two texts with one fingerprint count as equal: the second gets a number without need, and is
    still unique.
    """

    def __init__(self) -> None:
        self._table = _Table(SLOTS_AT_FIRST)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def unique(self, text: str) -> str:
        """The text, with -2, -3 and so on appended if it was used before. Raises OSError."""
        last = self._last(text)
        if not last:
            self._set(text, 1)
            return text
        number = last + 1
        while self._last(candidate := f"{text}-{number}"):
            number += 1
        self._set(candidate, 1)
        self._set(text, number)
        return candidate

    def close(self) -> None:
        """Forget all ids."""
        self._table.close()

    def _last(self, text: str) -> int:
        return self._table.find(_fingerprint(text))[1]

    def _set(self, text: str, number: int) -> None:
        if self._table.is_full:
            self._table = self._table.grown()
        self._table.put(_fingerprint(text), number)


def _fingerprint(text: str) -> int:
    """Python's own hash: each process has a random key, so nobody can choose colliding texts."""
    return hash(text) & FINGERPRINTS or 1


class _Table:
    """An open-addressed table of slots in a sparse file; a fingerprint of 0 is a free slot."""

    def __init__(self, slots: int) -> None:
        from tempfile import TemporaryFile

        self._file = TemporaryFile(buffering=0)  # noqa: SIM115  (it outlives this call)
        self._descriptor = self._file.fileno()
        os.truncate(self._descriptor, slots * SLOT.size)
        self._slots = slots
        self._used = 0

    @property
    def is_full(self) -> bool:
        """Whether a larger table is needed."""
        return self._used * FULL_SHARE >= self._slots

    def find(self, fingerprint: int) -> tuple[int, int]:
        """The slot of a fingerprint, and its number; 0 if it is not there."""
        slot = fingerprint % self._slots
        while True:
            stored, number = SLOT.unpack(os.pread(self._descriptor, SLOT.size, slot * SLOT.size))
            if stored in (0, fingerprint):
                return slot, number
            slot = (slot + 1) % self._slots

    def put(self, fingerprint: int, number: int) -> None:
        """Store the number."""
        slot, before = self.find(fingerprint)
        os.pwrite(self._descriptor, SLOT.pack(fingerprint, number), slot * SLOT.size)
        self._used += not before

    def grown(self) -> "_Table":
        """A larger table with the same content; this one is closed."""
        larger = _Table(self._slots * GROWTH)
        for slot in range(0, self._slots, MOVED_AT_ONCE):
            chunk = os.pread(self._descriptor, MOVED_AT_ONCE * SLOT.size, slot * SLOT.size)
            for fingerprint, number in SLOT.iter_unpack(chunk):
                if fingerprint:
                    larger.put(fingerprint, number)
        self.close()
        return larger

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._file.close()
