"""Which tools of a client a model can be offered."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.each import each
from tests.support.tools import function
from threadhost.actors.errors import ToolRefused
from threadhost.actors.tool_specs import RESERVED_NAMESPACES, check_tools
from threadhost.actors.tools import toolbox_of
from threadhost.events.thread import ThreadSettings


def namespace(name: str, *tools: dict[str, Any], description: str = "d") -> dict[str, Any]:
    return {"type": "namespace", "name": name, "description": description, "tools": list(tools)}


def with_schema(schema: object) -> dict[str, Any]:
    return function("f", inputSchema=schema)


REFUSED = [
    ([function("")], "dynamic tool name must not be empty"),
    ([function(" a")], "dynamic tool name has leading/trailing whitespace:  a"),
    (
        [function("a.b")],
        "dynamic tool name must match ^[a-zA-Z0-9_-]+$ to match Responses API: a.b",
    ),
    (
        [function("ä")],
        "dynamic tool name must match ^[a-zA-Z0-9_-]+$ to match Responses API: \\xe4",
    ),
    (
        [function("n" * 129)],
        f"dynamic tool name must be at most 128 characters to match Responses API: {'n' * 128}",
    ),
    ([function("mcp")], "dynamic tool name is reserved: mcp"),
    ([function("mcp__x")], "dynamic tool name is reserved: mcp__x"),
    ([function("a"), function("a")], "duplicate dynamic tool name: a"),
    (
        [namespace("n", function("a"), function("a"))],
        "duplicate dynamic tool name in namespace n: a",
    ),
    (
        [function("a", deferLoading=True)],
        "deferred dynamic tool must include a namespace: a",
    ),
    ([namespace("n")], "dynamic tool namespace must contain at least one tool: n"),
    (
        [namespace("n", function("a")), namespace("n", function("b"))],
        "duplicate dynamic tool namespace: n",
    ),
    ([namespace("mcp", function("a"))], "dynamic tool namespace is reserved: mcp"),
    (
        [namespace("n" * 65, function("a"))],
        f"dynamic tool namespace must be at most 64 characters to match Responses API: {'n' * 64}",
    ),
    (
        [namespace("n", function("a"), description="d" * 1025)],
        "dynamic tool namespace description must be at most 1024 characters: n",
    ),
    *(
        (
            [namespace(name, function("a"))],
            f"dynamic tool namespace collides with a reserved Responses API namespace: {name}",
        )
        for name in sorted(RESERVED_NAMESPACES)
    ),
]


@each(("specs", "words"), REFUSED)
def test_a_tool_that_no_model_can_be_offered_is_refused(
    specs: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(ToolRefused) as refused:
        check_tools(specs)
    assert str(refused.value) == words


deep: dict[str, Any] = {}
for _ in range(70):
    deep = {"properties": {"a": deep}}

BAD_SCHEMAS: list[tuple[object, str]] = [
    (None, "it must be a JSON object"),
    ([], "it must be a JSON object"),
    ({"type": "string"}, '`type` must be "object"'),
    ({"properties": {"a": {"type": "text"}}}, "'text' is not a type of JSON Schema"),
    ({"properties": {"a": {"type": ["string", {}]}}}, "{} is not a type of JSON Schema"),
    ({"properties": {"a": 1}}, "a schema must be an object or a boolean"),
    ({"properties": []}, "`properties` must be an object"),
    ({"required": ["a", 1]}, "`required` must be a list of names"),
    ({"anyOf": {}}, "`anyOf` must be a list"),
    ({"$defs": {"a": {"items": "x"}}}, "a schema must be an object or a boolean"),
    (deep, "it is nested more than 64 schemas deep"),
]


@each(("schema", "fault"), BAD_SCHEMAS)
def test_a_schema_that_is_none_is_refused(schema: object, fault: str) -> None:
    with pytest.raises(ToolRefused) as refused:
        check_tools([with_schema(schema)])
    words = f"dynamic tool input schema is not supported for f: {fault}"
    assert str(refused.value) == words


def test_valid_tools_are_accepted() -> None:
    rich = {
        "type": "object",
        "properties": {
            "a": {"type": ["string", "null"]},
            "b": {"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/c"}]},
            "d": True,
        },
        "required": ["a"],
        "additionalProperties": False,
        "$defs": {"c": {"type": "array", "items": {"type": "number"}}},
    }
    check_tools(
        [
            with_schema(rich),
            with_schema({}) | {"name": "same"},
            namespace("n" * 64, function("same", deferLoading=True), function("x" * 128)),
            namespace("m", function("same")),
        ]
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "required", "items", "anyOf", "$defs", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.text(max_size=6))
def test_any_tool_of_a_client_is_refused_or_can_be_offered_to_a_model(
    schema: object, name: str
) -> None:
    spec = function(name, inputSchema=schema)
    try:
        check_tools([spec])
    except ToolRefused:
        return
    settings = ThreadSettings(cwd="/", model="m", model_provider="p", dynamic_tools=[spec])
    (definition,) = toolbox_of(settings).definitions
    assert json.loads(definition)["parameters"]["type"] == "object"
