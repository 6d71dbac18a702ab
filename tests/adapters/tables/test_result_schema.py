"""Results against schemas: the reason of a misfit, and the limits of a check."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.support.each import each
from tests.support.searching import tries
from threadhost.actors.job_ports import SchemaRefused
from threadhost.adapters.tables.result_schema import KEPT, TOO_LONG, CompiledSchema, ResultValidator

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 2}, "age": {"$ref": "#/$defs/age"}},
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {"age": {"type": "integer", "minimum": 0}},
}


def doubling(keyword: str, levels: int = 60) -> dict[str, Any]:
    """A schema whose checks double at every level."""

    def both(number: int) -> object:
        one = {"$ref": f"#/$defs/{number + 1}"}
        return {"x": one, "y": one} if keyword == "dependentSchemas" else [one, one]

    defs = {str(number): {keyword: both(number)} for number in range(levels)}
    return {"$defs": defs | {str(levels): {}}, "$ref": "#/$defs/0"}


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({"name": "Ann", "age": 3}, None),
        ({"name": "Ann", "age": 3.0}, None),
        ({"age": 3}, "$: 'name' is a required property"),
        ({"name": "Ann", "job": 1}, "$: the property 'job' is not expected"),
        ({"name": "Ann", "age": -1}, "$.age: -1 is less than the minimum of 0"),
        (
            {"name": "A", "age": "3"},
            "$.name: 'A' is too short; $.age: '3' is not of type 'integer'",
        ),
    ],
)
def test_a_result_fits_its_schema_or_the_worker_gets_the_reason(
    result: dict[str, Any], told: str | None
) -> None:
    assert CompiledSchema(PERSON).misfit(result) == told


async def test_schemas_are_checked_before_anything_is_made_and_kept_ready() -> None:
    checks = ResultValidator()
    await checks.require(PERSON)
    for number in range(KEPT + 1):
        await checks.require({"maxProperties": number})
    assert await checks.misfit(PERSON, {}) == "$: 'name' is a required property"
    assert await checks.misfit({"maxProperties": 1}, {"a": 1}) is None
    with pytest.raises(SchemaRefused, match="output_schema must be a JSON object"):
        await checks.require([])  # type: ignore[arg-type]


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "text"}, "output_schema is no JSON Schema: $.type: 'text' is not"),
        ({"properties": []}, "output_schema is no JSON Schema: $.properties: "),
        ({"$ref": "#/$defs/none"}, "output_schema has no #/$defs/none"),
        ({"$ref": "https://example.org/a.json"}, "output_schema refers to https://example.org/"),
        ({"allOf": [{"$ref": "file:///etc/passwd"}]}, "output_schema refers to file:///etc/"),
        ({"$dynamicRef": "other"}, "output_schema refers to other"),
        ({"properties": {"a": {"$id": "b"}}}, "output_schema has an $id inside of it"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "output_schema is of http://json"),
        ({"pattern": "("}, "output_schema: the pattern ( cannot be used: "),
        ({"pattern": "\\p{None}"}, "output_schema: the pattern \\p{None} cannot be used: "),
        ({"pattern": "(?!a)b"}, "output_schema: the pattern (?!a)b cannot be used: "),
        ({"patternProperties": {"(a)\\1": {}}}, "output_schema: the pattern (a)\\1 cannot be"),
        ({"pattern": "((a{100}){100}){100}"}, "output_schema: the pattern ((a{100}){100}){100} is"),
        ({"pattern": "a" * 1001}, "output_schema: the pattern aaaa"),
        (
            {"allOf": [{"pattern": f"a{{{3000 + number}}}"} for number in range(3)]},
            "output_schema: its patterns are too large together",
        ),
        (
            {"patternProperties": {"a": {}}, "unevaluatedProperties": False},
            "output_schema has unevaluatedProperties beside patternProperties",
        ),
        ({"$ref": "#"}, "output_schema takes too long to check anything"),
        (doubling("allOf"), "output_schema takes too long to check anything"),
        ({"enum": ["x" * 70_000]}, "output_schema has 70013 letters, which is more than 65536"),
        ({"const": [[[[[[[[[[[]]]]]]]]]]] * 9000}, "output_schema has "),
        ({"minimum": float("inf")}, "output_schema cannot be used: "),
    ],
    ids=range(21),
)
def test_a_schema_that_cannot_be_checked_at_a_bounded_cost_is_refused_with_the_reason(
    schema: dict[str, Any], why: str
) -> None:
    with pytest.raises(SchemaRefused) as refused:
        CompiledSchema(schema)
    assert str(refused.value).startswith(why)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize("depth", [39, 60, 5000])
def test_a_schema_of_too_great_a_depth_is_refused(depth: int) -> None:
    schema: dict[str, Any] = {}
    for _ in range(depth):
        schema = {"not": schema}
    if depth < 40:
        CompiledSchema(schema)
    else:
        with pytest.raises(SchemaRefused, match="nested more than"):
            CompiledSchema(schema)


def test_no_schema_causes_a_network_access(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        pytest.fail("something was fetched")

    monkeypatch.setattr(socket.socket, "connect", connect)
    CompiledSchema({"$id": "https://example.org/a", "properties": {"a": {"$ref": "#"}}}).misfit(
        {"a": {}}
    )
    with pytest.raises(SchemaRefused):
        CompiledSchema({"$id": "https://example.org/a", "$ref": "b"})


COSTLY: dict[str, Callable[[], tuple[dict[str, Any], dict[str, Any]]]] = {
    "a pattern, often": lambda: (
        {"properties": {"a": {"items": {"pattern": "^(a|a)+$"}}}},
        {"a": ["a" * 10_000] * 500},
    ),
    "very many unique items": lambda: (
        {"properties": {"a": {"uniqueItems": True}}},
        {"a": [[n] for n in range(90_000)]},
    ),
    "a check that doubles at every level": lambda: (
        {"unevaluatedProperties": False} | doubling("dependentSchemas"),
        {"x": 1, "y": 1},
    ),
    "all of a check that doubles at every level": lambda: (
        {
            "properties": {"a": doubling("anyOf")["$defs"] and {"$ref": "#/$defs/0"}},
            "$defs": doubling("allOf")["$defs"],
        },
        {"a": 1},
    ),
    "any of many": lambda: (
        {"properties": {"a": {"anyOf": [{"type": "null"}] * 2000}}},
        {"a": "x" * 500_000},
    ),
    "the last of many words, often": lambda: (
        {"properties": {"a": {"items": {"enum": list(range(9000))}}}},
        {"a": [8999] * 50_000},
    ),
    "itself, deep down": lambda: (
        {"properties": {"a": {"items": {"$ref": "#/properties/a"}}}},
        {"a": [[[0] * 40] * 40] * 40},
    ),
}


@pytest.mark.few(2)
@pytest.mark.parametrize("made", COSTLY.values(), ids=COSTLY)
def test_a_check_of_a_result_ends_after_a_limited_number_of_steps(
    made: Callable[[], tuple[dict[str, Any], dict[str, Any]]],
) -> None:
    schema, result = made()
    assert CompiledSchema(schema).misfit(result) == TOO_LONG


def test_a_pattern_that_backtracks_in_other_engines_takes_linear_time() -> None:
    check = CompiledSchema({"properties": {"a": {"pattern": "^(a+)+$"}}})
    told = check.misfit({"a": "a" * 50_000 + "!"})
    assert told == f"$.a: it does not match '^(a+)+$': '{'a' * 59}…'"


def test_a_number_that_is_too_large_to_check_is_reported_as_a_misfit() -> None:
    told = CompiledSchema({"properties": {"a": {"multipleOf": 0.1}}}).misfit({"a": 10**400})
    assert told == "it has a number that cannot be checked: int too large to convert to float"


@each(
    ("items", "is_unique"),
    [
        ([1, True, "1", None, [1], {"a": 1}], True),
        ([1, 1.0], False),
        ([{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], False),
        ([[1, [2]], [[1, 2]]], True),
        (["a", "a"], False),
    ],
)
def test_unique_items_are_compared_as_json_values(items: list[Any], is_unique: bool) -> None:  # noqa: FBT001
    told = CompiledSchema({"properties": {"a": {"uniqueItems": True}}}).misfit({"a": items})
    assert told == (None if is_unique else "$.a: it has the same item twice")


def test_patterns_name_properties_and_the_others_are_additional() -> None:
    schema = {
        "properties": {"id": {}},
        "patternProperties": {"^x-": {"type": "string"}},
        "additionalProperties": {"type": "integer"},
    }
    check = CompiledSchema(schema)
    assert check.misfit({"id": None, "x-a": "b", "c": 1}) is None
    assert check.misfit({"x-a": 1}) == "$['x-a']: 1 is not of type 'string'"
    assert check.misfit({"c": "d"}) == "$.c: 'd' is not of type 'integer'"


NAMES = st.sampled_from("abc")
VALUES = st.recursive(
    st.sampled_from([None, True, 0, 1, 1.0, 2.5, "a", "ab"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)
SCHEMAS = st.recursive(
    st.sampled_from(
        [
            *(True, False, {}, {"type": "string"}, {"type": ["integer", "null"]}, {"const": 1}),
            *({"enum": ["a", [1]]}, {"minimum": 1}, {"pattern": "^a$"}, {"uniqueItems": True}),
            *({"required": ["a"]}, {"maxProperties": 1}, {"minItems": 2}),
        ]
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(
                ("properties", "patternProperties"), st.dictionaries(st.sampled_from("ab"), inner)
            ),
            **dict.fromkeys(
                ("additionalProperties", "items", "not", "contains", "if", "then"), inner
            ),
            **dict.fromkeys(("anyOf", "allOf", "oneOf"), st.lists(inner, min_size=1, max_size=3)),
        },
    ),
    max_leaves=6,
)


@pytest.mark.slices
@given(
    SCHEMAS.filter(lambda schema: isinstance(schema, dict)),
    st.dictionaries(st.sampled_from("abc"), VALUES),
)
@tries(500)
def test_results_fit_the_same_schemas_as_without_limits(
    schema: Any, result: dict[str, Any]
) -> None:
    fits = Draft202012Validator(schema).is_valid(result)
    assert (CompiledSchema(schema).misfit(result) is None) == fits
