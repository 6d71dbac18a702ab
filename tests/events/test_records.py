"""Records are what `typing` makes of the same declaration, without a compiler for each."""

import inspect
import pickle
import sys
import typing
from collections.abc import Callable
from typing import Any

import pytest

from threadhost.events import records


class Place(records.NamedTuple):
    """Where something is."""

    stream: str
    version: int = 1
    is_open: bool = True

    @property
    def next(self) -> int:
        """The version after it."""
        return self.version + 1


class Known(typing.NamedTuple):
    """Where something is."""

    stream: str
    version: int = 1
    is_open: bool = True


class Bare(records.NamedTuple):
    """With nothing to carry."""


class Other(records.NamedTuple):
    """With as many fields as a place."""

    a: int
    b: int
    c: int


def attributes(kind: Any) -> dict[str, object]:
    names = ("_fields", "_field_defaults", "__match_args__", "__annotations__", "__doc__")
    return {name: getattr(kind, name) for name in names}


def test_a_record_has_the_attributes_of_a_named_tuple() -> None:
    assert attributes(Place) == attributes(Known)
    assert inspect.signature(Place).parameters.keys() == inspect.signature(Known).parameters.keys()
    assert (Place.__mro__[-2:], Place.__module__) == (Known.__mro__[-2:], __name__)
    assert type(Place) is type


USES: dict[str, Callable[[Any], object]] = {
    "by place": lambda kind: kind("s"),
    "by name": lambda kind: kind(version=3, stream="s"),
    "replaced": lambda kind: kind("s", 2, is_open=False)._replace(version=9),
    "made": lambda kind: kind._make(["s", 2, False]),
    "as a dict": lambda kind: kind("s")._asdict(),
    "pickled": lambda kind: pickle.loads(pickle.dumps(kind("s", 5))),
    "shown": lambda kind: repr(kind("s")).partition("(")[2],
    "unpacked": lambda kind: [*kind("s"), kind("s").stream],
    "hashed": lambda kind: hash(kind("s")),
    "small": lambda kind: hasattr(kind("s"), "__dict__"),
    "ordered": lambda kind: kind("a") < kind("b"),
}
ABUSES: dict[str, Callable[[Any], object]] = {
    "too few": lambda kind: kind(),
    "too many": lambda kind: kind("s", 1, True, 4),
    "an unknown field": lambda kind: kind("s", colour=1),
    "an unknown field replaced": lambda kind: kind("s")._replace(colour=1),
    "too few made": lambda kind: kind._make(["s"]),
    "a field set": lambda kind: setattr(kind("s"), "stream", "t"),
    "another set": lambda kind: setattr(kind("s"), "colour", 1),
}


@pytest.mark.parametrize("use", USES)
def test_a_record_does_what_a_named_tuple_does(use: str) -> None:
    assert USES[use](Place) == USES[use](Known)


@pytest.mark.parametrize("use", ABUSES)
def test_a_record_refuses_what_a_named_tuple_refuses(use: str) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)) as known:
        ABUSES[use](Known)
    with pytest.raises(known.type) as refused:
        ABUSES[use](Place)
    assert str(refused.value) == str(known.value).replace("Known", "Place")


def test_a_record_has_methods_of_its_own_and_may_have_no_fields() -> None:
    assert Place("s").next == 2
    assert (Bare(), repr(Bare())) == ((), "Bare()")
    match Place("s", 4):
        case Place(stream, version):
            assert (stream, version) == ("s", 4)


def test_a_default_cannot_be_followed_by_none() -> None:
    odd: Any = type(records.NamedTuple)
    with pytest.raises(TypeError, match="Odd: a field without a default follows"):
        odd("Odd", (), {"__annotations__": {"a": int, "b": int}, "a": 1, "__module__": "m"})


def test_nothing_is_compiled_for_a_record_with_as_many_fields_as_another() -> None:
    """It took a tenth of a start."""
    called = list[str]()
    sys.setprofile(
        lambda _, event, made: called.append(made.__name__) if event == "c_call" else None
    )
    try:

        class Another(records.NamedTuple):
            d: int
            e: int
            f: int

    finally:
        sys.setprofile(None)
    assert not {"eval", "exec", "compile"}.intersection(called)
    assert (*Another(1, 2, f=3),) == (1, 2, 3)
    assert Another.__new__.__code__.co_varnames[1:] == Another._fields
