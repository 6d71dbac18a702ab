"""Every difference between two versions of the protocol is named once, in words."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.following import data
from tests.following.changes import changes
from tests.following.published import Published, read

pytestmark = pytest.mark.slices

NOTHING = Published("1", {}, {}, {}, {})
ID = {"type": "string"}


def of_types(old: Any, new: Any) -> list[str]:
    """What changed in a type of this schema."""
    pair = (NOTHING._replace(definitions={"T": schema}) for schema in (old, new))
    return [str(change) for change in changes(*pair)]


def an_object(*required: str, **fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(required)}


def tagged(tag: str, key: str = "type", **fields: Any) -> dict[str, Any]:
    return an_object(key, **{key: {"enum": [tag], "type": "string"}}, **fields)


ANY_ID = {"$ref": "#/definitions/Id"}
NULL = {"type": "null"}
DIFFERENCES: list[tuple[Any, Any, list[str]]] = [
    (an_object(), an_object(a=ID), ["+ field T.a: string"]),
    (an_object(a=ID), an_object(), ["- field T.a: string"]),
    (an_object(a=ID), an_object("a", a=ID), ["~ field T.a: string -> string, required"]),
    (
        an_object(a={"type": ["string", "null"]}),
        an_object(a={"anyOf": [ANY_ID, NULL]}),
        ["~ field T.a: string or null -> Id or null"],
    ),
    (
        an_object(a={"type": ["array", "null"], "items": ID}),
        an_object(a={"type": ["array", "null"], "items": ANY_ID}),
        ["~ field T.a: array of string or null -> array of Id or null"],
    ),
    (
        an_object(a={"type": "array", "items": an_object()}),
        an_object(a={"type": "array", "items": an_object(b=ID)}),
        ["+ field T.a[].b: string"],
    ),
    (
        an_object(a={"type": "object", "additionalProperties": an_object()}),
        an_object(a={"type": "object", "additionalProperties": an_object(b=ID)}),
        ["+ field T.a{}.b: string"],
    ),
    (
        an_object(a={"type": "integer", "minimum": 0.0}),
        an_object(a={"type": "integer", "minimum": 1.0}),
        ["~ field T.a: integer, minimum 0.0 -> integer, minimum 1.0"],
    ),
    (an_object(a=True), an_object(a=ID), ["~ field T.a: anything -> string"]),
    (
        {"type": "string", "enum": ["a", "b"]},
        {"type": "string", "enum": ["b", "c"]},
        ["+ value T = c", "- value T = a"],
    ),
    (
        {"oneOf": [{"type": "string", "enum": ["a"]}, NULL]},
        {"oneOf": [{"type": "string", "enum": ["a", "b"]}, NULL]},
        ["+ value T = b"],
    ),
    (
        {"oneOf": [tagged("a"), tagged("b", c=ID)]},
        {"oneOf": [tagged("a", d=ID), tagged("c", e=ID)]},
        ["+ field T<a>.d: string", "+ variant T<c>: object", "- variant T<b>: object"],
    ),
    (
        {"oneOf": [tagged("a", "mode")]},
        {"oneOf": [tagged("a", "mode"), tagged("b", "kind")]},
        ["+ variant T<b>: object"],
    ),
    (
        {"anyOf": [an_object("a", a=an_object())]},
        {"anyOf": [an_object("a", a=an_object(b=ID))]},
        ["+ field T<a>.a.b: string"],
    ),
    (an_object(a=ID, b=ID), an_object(b=ID, a=ID), []),
    ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}, ["~ type T: in its order"]),
]


@pytest.mark.parametrize(("old", "new", "expected"), DIFFERENCES)
def test_a_difference_between_types_is_named_by_its_place(
    old: Any, new: Any, expected: list[str]
) -> None:
    assert of_types(old, new) == expected


def roles(params: str | None, response: str | None, *, experimental: bool | None) -> dict[str, Any]:
    return {"params": params, "response": response, "experimental": experimental}


def test_differences_between_names_are_listed_before_those_of_types() -> None:
    old = Published(
        "1",
        {"a": roles("P", "R", experimental=True), "b": roles(None, "R", experimental=False)},
        {"n": "N", "o": "O"},
        {"q": roles("P", "R", experimental=None)},
        {"N": {}, "Old": {}},
    )
    new = Published(
        "2",
        {"a": roles("Q", None, experimental=False), "c": roles(None, None, experimental=None)},
        {"n": "M", "p": "P"},
        {},
        {"N": {}, "New": {}},
    )
    assert [str(change) for change in changes(old, new)] == [
        "+ method c",
        "- method b",
        "~ method a: params P -> Q",
        "~ method a: experimental True -> False",
        "+ notification p",
        "- notification o",
        "~ notification n: N -> M",
        "- request q",
        "+ type New",
        "- type Old",
    ]


def test_a_version_has_no_differences_to_itself() -> None:
    kept = read(data.SCHEMA)
    assert changes(kept, read(data.SCHEMA)) == []


def altered(schema: Any) -> Iterator[Any]:
    """The schema as often as it has a word or a number, each time with another in its place."""
    waiting: list[Any] = [schema]
    for inside in waiting:
        for key in list(inside) if isinstance(inside, dict) else range(len(inside)):
            was = inside[key]
            if isinstance(was, (dict, list)):
                waiting.append(was)
            elif not isinstance(was, bool):
                inside[key] = "another" if isinstance(was, str) else -1
                yield schema
                inside[key] = was


@pytest.mark.few(2)
@pytest.mark.parametrize("name", ["ThreadItem", "ThreadListParams", "CodexErrorInfo", "Thread"])
def test_every_change_of_a_type_is_listed_at_its_place(name: str) -> None:
    schema = read(data.SCHEMA).definitions[name]
    count = 0
    for other in altered(copy.deepcopy(schema)):
        lines = of_types(schema, other)
        assert lines, other
        assert lines != ["~ type T: in its order"], other
        count += 1
    assert count >= 20
