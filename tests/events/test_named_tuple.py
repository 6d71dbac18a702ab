"""Our named tuples are the library's, made sooner."""

import copy
import inspect
import pickle
import typing
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.support.each import each
from threadhost.events.named_tuple import NamedTuple


class Ours(NamedTuple):
    """Three fields, of which two may be left out."""

    first: int
    second: str = "x"
    third: tuple[int, ...] = ()

    @property
    def both(self) -> str:
        """The first two."""
        return f"{self.first}{self.second}"


class Theirs(typing.NamedTuple):
    """Three fields, of which two may be left out."""

    first: int
    second: str = "x"
    third: tuple[int, ...] = ()


class Other(NamedTuple):
    """As many fields, under other names and with other defaults."""

    a: int = 7
    b: int = 8
    c: int = 9


class Nothing(NamedTuple):
    """No field."""


CALLS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((1,), {}),
    ((1, "y", (2,)), {}),
    ((), {"third": (3,), "first": 1}),
    ((), {}),
    ((1, "y", (2,), 4), {}),
    ((1,), {"fourth": 4}),
    ((1,), {"first": 2}),
)


def _outcome(made: type[Any], given: tuple[Any, ...], named: dict[str, Any]) -> object:
    try:
        return (*made(*given, **named),)
    except TypeError as error:
        return str(error)


@each(("given", "named"), CALLS)
def test_our_named_tuples_accept_and_refuse_arguments_like_the_librarys(
    given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    theirs = _outcome(Theirs, given, named)
    expected = theirs.replace("Theirs", "Ours") if isinstance(theirs, str) else theirs
    assert _outcome(Ours, given, named) == expected


def test_named_tuples_with_equally_many_fields_keep_their_own_names_and_defaults() -> None:
    assert Other(b=1) == (7, 1, 9)
    assert Ours(1) == (1, "x", ())
    assert (Ours(1, "y").first, Ours(1, "y").second, Ours(1).both) == (1, "y", "1x")
    assert Nothing() == ()


LOOKS: dict[str, Callable[[Any], object]] = {
    "fields": lambda made: made._fields,
    "defaults": lambda made: made._field_defaults,
    "places": lambda made: made.__match_args__,
    "annotations": lambda made: made.__annotations__,
    "types": typing.get_type_hints,
    "signature": inspect.signature,
    "as a dictionary": lambda made: made(1)._asdict(),
    "as text": lambda made: repr(made(1)).partition("(")[2],
    "hash": lambda made: hash(made(1)),
    "of values": lambda made: made._make([1, 2, 3]),
    "without a dictionary": lambda made: hasattr(made(1), "__dict__"),
    "read": lambda made: TypeAdapter(made).validate_json(b"[1]"),
    "read by name": lambda made: TypeAdapter(made).validate_python({"first": 1, "third": [2]}),
    "written": lambda made: TypeAdapter(made).dump_json(made(1)),
    "described": lambda made: TypeAdapter(made).json_schema()["prefixItems"],
}


@each("look", LOOKS)
def test_our_named_tuples_describe_themselves_like_the_librarys(look: str) -> None:
    assert LOOKS[look](Ours) == LOOKS[look](Theirs)


def test_a_copied_or_pickled_named_tuple_keeps_its_class() -> None:
    for made in (copy.copy(Ours(1)), copy.deepcopy(Ours(1)), pickle.loads(pickle.dumps(Ours(1)))):
        assert (type(made), made) == (Ours, Ours(1))


def test_a_subclass_of_a_named_tuple_has_its_fields() -> None:
    class Below(Ours):
        """No field more."""

    assert type(Below(1)._replace(first=2)) is Below
    assert Below(1, "y").both == "1y"


def test_a_case_matches_its_fields_by_their_places() -> None:
    match Ours(1, "y"):
        case Ours(first, second, third):
            assert (first, second, third) == (1, "y", ())


def test_replace_changes_only_the_named_fields_and_leaves_the_original() -> None:
    record = Ours(1, "y")
    changed = record._replace(third=(2,), first=5)
    assert changed == Ours(5, "y", (2,))
    assert type(changed) is Ours
    assert record == Ours(1, "y")
    assert record._replace() == record


def test_replace_with_an_unknown_field_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"unexpected field names: \['fourth'\]"):
        Ours(1)._replace(first=2, fourth=3)  # type: ignore[call-arg]


def test_too_few_values_make_none() -> None:
    with pytest.raises(TypeError, match="Expected 3 arguments, got 1"):
        Ours._make([1])


def test_a_default_ahead_of_a_field_without_one_is_refused() -> None:
    made: Any = type(Ours)
    body = {"__annotations__": {"first": int, "second": int}, "first": 1, "__module__": __name__}
    with pytest.raises(TypeError, match="Wrong: fields without a default come before"):
        made("Wrong", (NamedTuple,), body)


def test_lazily_evaluated_annotations_are_the_fields_of_a_named_tuple() -> None:
    """A class body has these from Python 3.14 on."""
    kind: Any = type(Ours)
    body = {"__annotate_func__": lambda _: {"first": int, "second": str}, "second": "x"}
    made = kind("Made", (NamedTuple,), {**body, "__module__": __name__})
    assert made(1) == (1, "x")
    assert made._fields == ("first", "second")
