"""Long bytes that differ are shown where they do, and at once."""

import pytest

from tests.support.differences import LONG_BYTES, of_long_bytes

LONG = bytes(LONG_BYTES)


@pytest.mark.parametrize(
    ("other", "place"), [(LONG + b"\1", LONG_BYTES), (LONG[:100] + b"\1" + LONG[101:], 100)]
)
def test_long_bytes_are_shown_where_they_first_differ(other: bytes, place: int) -> None:
    lines = of_long_bytes("==", LONG, other)
    assert lines is not None
    assert lines[1].startswith(f"they differ first at {place}: ")


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [("!=", LONG, LONG), ("==", b"short", b"bytes"), ("==", LONG, "text"), ("==", [1], [2])],
)
def test_comparisons_other_than_of_long_bytes_are_left_to_pytest(
    operator: str, left: object, right: object
) -> None:
    assert of_long_bytes(operator, left, right) is None
