"""Rules are found by the type of their first argument, however they name it."""

from typing import Any

import pytest

from tests.support.each import each
from threadhost.events.dispatch import by_type


class _Late:
    """Named by a text below."""


@by_type
def said(value: object, more: int = 0) -> str:
    return "nothing"


@said.register
def _of_number(value: int, more: "Unknown" = 0) -> str:  # type: ignore[name-defined]  # noqa: F821
    return "number"


@said.register
def _of_either(value: str | bytes) -> str:
    return "text"


@said.register
def _of_a_name(value: "_Late") -> str:
    return "late"


@said.register(float)
def _of_what_is_given(value: object) -> str:
    return "fraction"


@each(
    ("value", "expected"),
    [
        (1, "number"),
        (True, "number"),
        ("x", "text"),
        (b"x", "text"),
        (_Late(), "late"),
        (0.5, "fraction"),
        (None, "nothing"),
    ],
    ids=["number", "truth", "text", "bytes", "late", "fraction", "nothing"],
)
def test_a_rule_is_chosen_by_the_type_of_its_first_argument(value: Any, expected: str) -> None:
    assert said(value) == expected


def test_a_rule_without_a_type_is_refused() -> None:
    with pytest.raises(TypeError, match="Invalid first argument"):
        said.register(lambda value: value)
