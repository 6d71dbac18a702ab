"""Parts of a suite: all of them are the whole."""

from argparse import ArgumentTypeError

import pytest

from tests.support.each import each
from tests.support.parts import Part, part

TESTS = [f"tests/test_a.py::test_b[{value}]" for value in range(1_000)]


@each("count", [1, 2, 3, 4, 7])
def test_each_test_is_in_one_part_and_parts_are_about_as_large(count: int) -> None:
    sizes = [sum(Part(n, count).holds(test) for test in TESTS) for n in range(1, count + 1)]
    assert sum(sizes) == len(TESTS)
    assert max(sizes) - min(sizes) <= 0.2 * len(TESTS)


def test_a_part_is_given_as_its_number_and_the_count() -> None:
    assert part("2/4") == (2, 4)


@each("text", ["", "4", "0/4", "5/4", "1/0", "a/b", "1/2/3", "-1/4", "1/4 "])
def test_an_invalid_part_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="2/4 would be the second of four"):
        part(text)
