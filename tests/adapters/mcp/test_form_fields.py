"""Fields of the forms of servers: passed on as clients can read them, or refused."""

from typing import Any

import pytest

from tests.support.each import each
from threadhost.adapters.mcp.form_fields import field_of

OPTIONS = [{"const": "a", "title": "A"}]
GOOD: tuple[dict[str, Any], ...] = (
    {"type": "string"},
    {"type": "string", "title": "T", "description": "D", "default": "x"},
    {"type": "string", "minLength": 0, "maxLength": 9, "format": "email"},
    {"type": "string", "enum": ["a"], "enumNames": ["A"], "default": "a"},
    {"type": "string", "oneOf": OPTIONS},
    {"type": "number", "minimum": 0.5, "maximum": 9, "default": 1},
    {"type": "integer", "minimum": -1},
    {"type": "boolean", "default": False},
    {"type": "array", "items": {"type": "string", "enum": ["a"]}, "minItems": 1, "default": ["a"]},
    {"type": "array", "items": {"anyOf": OPTIONS}, "maxItems": 2},
)


@each("field", GOOD)
def test_a_form_field_that_clients_know_is_left_unchanged(field: dict[str, Any]) -> None:
    assert field_of("f", field) == field


def test_members_of_a_form_field_that_clients_do_not_know_are_left_out() -> None:
    assert field_of("f", {"type": "string", "pattern": "(", "title": None}) == {"type": "string"}
    mixed = {"type": "string", "enum": ["a"], "minLength": 1}
    assert field_of("f", mixed) == {"type": "string", "enum": ["a"]}


@each(
    ("field", "words"),
    [
        (5, "must have a type: string, number, integer, boolean, array"),
        ({"type": ["string"]}, "must have a type"),
        ({"type": "object"}, "must have a type"),
        ({"type": "string", "title": 5}, "`title` of the field 'f' cannot be that"),
        ({"type": "string", "enum": 5}, "`enum` of the field 'f'"),
        ({"type": "string", "enum": [5]}, "`enum` of the field 'f'"),
        ({"type": "string", "oneOf": [{"const": "a"}]}, "`oneOf` of the field 'f'"),
        ({"type": "string", "minLength": -1}, "`minLength` of the field 'f'"),
        ({"type": "string", "minLength": True}, "`minLength` of the field 'f'"),
        ({"type": "string", "format": "hex"}, "`format` of the field 'f'"),
        ({"type": "string", "format": []}, "`format` of the field 'f'"),
        ({"type": "number", "default": "x"}, "`default` of the field 'f'"),
        ({"type": "boolean", "default": 1}, "`default` of the field 'f'"),
        ({"type": "array"}, "must say in `items` what can be chosen"),
        ({"type": "array", "items": {"type": "object"}}, "`items` of the field 'f'"),
        ({"type": "array", "items": {"type": "string", "enum": [[]]}}, "`items` of the field 'f'"),
    ],
)
def test_a_form_field_that_no_client_could_read_is_refused(field: object, words: str) -> None:
    with pytest.raises(ValueError, match="the field 'f'") as refused:
        field_of("f", field)
    assert words in str(refused.value)
