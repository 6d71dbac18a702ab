"""A part of a suite that is too long for each change; all of them are the whole."""

from argparse import ArgumentTypeError
from collections.abc import Iterable
from zlib import crc32

import pytest

from threadhost.events.named_tuple import NamedTuple


class Part(NamedTuple):
    """One of so many parts of about the same size; the first is number 1."""

    number: int
    of: int

    def holds(self, test: str) -> bool:
        """Whether a test is of this part and no other, by its name alone."""
        return crc32(test.encode()) % self.of == self.number - 1


WHOLE = Part(1, 1)


def part(text: str) -> Part:
    """The part that `2/4` names. Raises ArgumentTypeError."""
    number, slash, count = text.partition("/")
    if slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count):
        return Part(int(number), int(count))
    raise ArgumentTypeError(f"{text!r} is no part of a suite: 2/4 would be the second of four")


def parted(
    items: Iterable[pytest.Item], wanted: Part
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The tests of a part, and those of all others."""
    sides: tuple[list[pytest.Item], list[pytest.Item]] = ([], [])
    for item in items:
        sides[not wanted.holds(item.nodeid)].append(item)
    return sides
