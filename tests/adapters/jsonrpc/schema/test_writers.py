"""How single schemas are tidied, named and written."""

from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field

from threadhost.adapters.jsonrpc.models import status
from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.status import ThreadStatus
from threadhost.adapters.jsonrpc.models.user_input import TextInput, UserInput
from threadhost.adapters.jsonrpc.models.variants import Tagged
from threadhost.adapters.jsonrpc.schema.definitions import definitions
from threadhost.adapters.jsonrpc.schema.shapes import reachable, ref, text_of
from threadhost.adapters.jsonrpc.schema.typescript import type_of

pytestmark = pytest.mark.slices

Size = Literal["small", "large"]


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"$ref": "#/definitions/Thread"}, "Thread"),
        ({"allOf": [{"$ref": "#/definitions/A"}], "description": "x"}, "A"),
        ({"const": 'a"b', "type": "string"}, '"a\\"b"'),
        ({"enum": ["a", "b"], "type": "string"}, '"a" | "b"'),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string | null"),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "number"),
        ({"type": "boolean"}, "boolean"),
        ({"type": "array", "items": {"anyOf": [{"type": "null"}, {}]}}, "Array<null | unknown>"),
        ({"type": "array"}, "Array<unknown>"),
        ({"type": "object"}, "Record<string, unknown>"),
        ({"type": "object", "additionalProperties": True}, "Record<string, unknown>"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "Record<string, number>"),
        (
            {"type": "object", "properties": {"a": {}, "b-c": {"type": "null"}}, "required": ["a"]},
            '{\n  a: unknown;\n  "b-c"?: null;\n}',
        ),
        ({}, "unknown"),
        ({"default": 1, "description": "anything"}, "unknown"),
        (
            {"type": "object", "properties": {"a": {"type": "string", "x-experimental": True}}},
            "{\n  /** Experimental. */\n  a?: string;\n}",
        ),
    ],
    ids=str,
)
def test_each_kind_of_schema_has_its_typescript_type(
    schema: dict[str, object], written: str
) -> None:
    assert type_of(schema) == written


def test_nested_objects_are_indented_in_the_typescript() -> None:
    inner = {"type": "object", "properties": {"b": {"type": "null"}}}
    outer = {"type": "object", "properties": {"a": inner}, "required": ["a"]}
    assert type_of(outer) == "{\n  a: {\n    b?: null;\n  };\n}"


def test_a_schema_of_an_unknown_kind_raises_an_error() -> None:
    with pytest.raises(ValueError, match="no type for"):
        type_of({"not": {}})
    with pytest.raises(KeyError):
        type_of({"type": "tuple"})


class Asked(Params):
    """What is asked.

    What follows is for readers of the code.
    """

    title: str
    size: Size = "small"
    note: str | None = None


class Box(Wire):
    """A thing."""

    type: Literal["box"] = "box"
    size: Size = "small"


class Told(Result):
    """What is told."""

    box: Box
    status: ThreadStatus
    last: ThreadStatus | None = None


class Sent(Params):
    """Sends a thing."""

    box: Annotated[Box, Tagged()]


def test_params_with_a_default_are_optional_and_all_keys_of_results_are_required() -> None:
    found = definitions([Asked], [Told])
    assert found["Asked"] == {
        "description": "What is asked.",
        "properties": {
            "title": {"type": "string"},
            "size": {"default": "small", "enum": ["small", "large"], "type": "string"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["title"],
        "type": "object",
    }
    assert found["Told"]["required"] == ["box", "status", "last"]


def test_a_union_is_exported_under_its_name_also_where_null_is_allowed() -> None:
    told = definitions([], [Told])
    assert told["Told"]["properties"]["status"] == ref("ThreadStatus")
    assert told["Told"]["properties"]["last"] == {"anyOf": [ref("ThreadStatus"), {"type": "null"}]}
    assert [one["$ref"][14:] for one in told["ThreadStatus"]["anyOf"]] == [
        *("NotLoadedStatus", "IdleStatus", "SystemErrorStatus", "ActiveStatus")
    ]


def test_a_union_with_two_names_is_exported_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "Doppelganger", ThreadStatus, raising=False)
    told = definitions([], [Told])
    assert len(told["Told"]["properties"]["status"]["anyOf"]) == 4
    assert "ThreadStatus" not in told


def test_a_type_in_both_params_and_results_is_exported_under_two_names() -> None:
    found = definitions([Sent], [Told])
    assert found["Sent"]["properties"]["box"] == ref("BoxParam")
    assert found["Told"]["properties"]["box"] == ref("Box")
    assert found["BoxParam"]["required"] == ["type"]
    assert found["Box"]["required"] == ["type", "size"]
    assert "BoxParam" not in definitions([], [Told])
    assert "Box" in definitions([Sent], [])


class Said(Params):
    """Says something."""

    experimental: ClassVar[tuple[str, ...]] = ("last_word", "next")
    first: TextInput = Field(description="Before the others.")
    next: TextInput
    last_word: str | None = None
    input: list[UserInput]


def test_a_type_in_params_alone_is_exported_under_one_name() -> None:
    found = definitions([Said], [])
    assert found["Said"]["properties"]["input"] == {"items": ref("UserInput"), "type": "array"}
    assert {"TextInput", "UserInput"} <= set(found)


def test_fields_of_params_that_are_experimental_are_marked() -> None:
    fields = definitions([Said], [])["Said"]["properties"]
    assert [name for name in fields if "x-experimental" in fields[name]] == ["next", "lastWord"]
    assert fields["next"] == {"allOf": [ref("TextInput")], "x-experimental": True}


def test_a_description_beside_a_reference_does_not_hide_the_reference_from_old_readers() -> None:
    first = definitions([Said], [])["Said"]["properties"]["first"]
    assert first == {"allOf": [ref("TextInput")], "description": "Before the others."}


def test_only_definitions_in_use_are_exported_in_the_order_of_their_names() -> None:
    known = {"c": ref("a"), "b": {"items": ref("c")}, "a": {"anyOf": [ref("a")]}, "d": {}}
    assert list(reachable(known, ["b"])) == ["a", "b", "c"]


def test_a_document_is_written_over_lines_down_to_the_given_depth() -> None:
    document = {"a": {"b": [1, {"c": 2}]}, "e": [], "ü": 'x"'}
    assert text_of(document, 2) == (
        '{\n "a": {\n  "b": [1, {"c": 2}]\n },\n "e": [],\n "ü": "x\\""\n}'
    )
    assert text_of([1, [2]], 1) == "[\n 1,\n [2]\n]"
