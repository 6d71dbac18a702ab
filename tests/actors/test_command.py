"""Commands as records: what they hold, what they refuse, when they are the same."""

from dataclasses import field
from typing import ClassVar

import pytest

from tests.support.each import each
from threadhost.actors.command import Command


class Paint(Command):
    """A command with a field that may be left out."""

    ignores_state: ClassVar[bool] = True
    colour: str
    coats: int = 1


class PaintOver(Paint):
    """One that takes fields over."""

    reason: str = ""


def test_fields_are_given_by_place_or_by_name_and_may_have_a_default() -> None:
    painted = Paint("red", coats=2)
    assert (painted.colour, painted.coats, painted.ignores_state) == ("red", 2, True)
    assert Paint(colour="red").coats == 1
    assert repr(PaintOver("red", reason="r")) == "PaintOver(colour='red', coats=1, reason='r')"


@each(
    ("given", "named"),
    [
        ((), {}),
        ((), {"coats": 1}),
        (("a", 1, 2), {}),
        (("a",), {"colour": "b"}),
        (("a",), {"x": 1}),
    ],
)
def test_arguments_that_do_not_fit_the_fields_of_a_command_are_refused(
    given: tuple[object, ...], named: dict[str, object]
) -> None:
    with pytest.raises(TypeError, match="the fields of Paint are colour, coats"):
        Paint(*given, **named)  # type: ignore[arg-type]


def test_a_dataclass_field_is_no_default() -> None:
    with pytest.raises(TypeError, match="a default is a value"):
        type("Bad", (Command,), {"__annotations__": {"a": dict}, "a": field(default_factory=dict)})


def test_commands_are_equal_by_kind_and_values() -> None:
    assert Paint("red") == Paint("red", 1)
    assert hash(Paint("red")) == hash(Paint("red", 1))
    assert Paint("red") != Paint("blue")
    assert Paint("red") != PaintOver("red")


def test_a_command_is_immutable_and_but_returns_a_changed_copy() -> None:
    painted = Paint("red")
    with pytest.raises(AttributeError, match="colour"):
        painted.colour = "blue"  # type: ignore[misc]
    assert painted.but(coats=3) == Paint("red", 3)
    assert painted == Paint("red")
