"""The valid content of a form's fields, by type: clients parse strictly, and servers are lax."""

from collections.abc import Callable, Mapping
from typing import Any

from threadhost.adapters.jsonrpc.models.elicitation import is_texts
from threadhost.events.words import truncate

COUNT_MAX = 2**32 - 1
NAME_CHARS_MAX = 80
"""How much of a field's name a message shows."""
FORMATS = frozenset({"email", "uri", "date", "date-time"})


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_count(value: object) -> bool:
    return _is_number(value) and isinstance(value, int) and 0 <= value <= COUNT_MAX


def _is_options(value: object) -> bool:
    """Whether these are choices with titles."""
    return isinstance(value, list) and all(
        isinstance(option, dict)
        and option.keys() == {"const", "title"}
        and is_texts([*option.values()])
        for option in value
    )


def _is_choice(value: object) -> bool:
    """Whether several values of this can be chosen."""
    if not isinstance(value, dict):
        return False
    if value.keys() == {"anyOf"}:
        return _is_options(value["anyOf"])
    return (
        value.keys() == {"type", "enum"} and value["type"] == "string" and is_texts(value["enum"])
    )


Check = Callable[[object], bool]
_HEAD: Mapping[str, Check] = {"type": _is_text, "title": _is_text, "description": _is_text}
_OF_NUMBERS: Mapping[str, Check] = {
    **_HEAD,
    "default": _is_number,
    "minimum": _is_number,
    "maximum": _is_number,
}
CHECKS: Mapping[str, Mapping[str, Check]] = {
    "string": {
        **_HEAD,
        "default": _is_text,
        "minLength": _is_count,
        "maxLength": _is_count,
        "format": lambda value: value in FORMATS if isinstance(value, str) else False,
        "enum": is_texts,
        "enumNames": is_texts,
        "oneOf": _is_options,
    },
    "number": _OF_NUMBERS,
    "integer": _OF_NUMBERS,
    "boolean": {**_HEAD, "default": _is_flag},
    "array": {
        **_HEAD,
        "default": is_texts,
        "items": _is_choice,
        "minItems": _is_count,
        "maxItems": _is_count,
    },
}
ONE_OF = ({"enum", "enumNames"}, {"oneOf"}, {"minLength", "maxLength", "format"})
"""A text field is a choice, one with titles, or free: it may have the keys of one kind."""


def field_of(name: str, field: object) -> dict[str, Any]:
    """A field in a form that clients can read, without unknown keys. Raises ValueError."""
    kind = field.get("type") if isinstance(field, dict) else None
    checks = CHECKS.get(kind) if isinstance(kind, str) else None
    shown = truncate(ascii(name), NAME_CHARS_MAX)
    if not isinstance(field, dict) or checks is None:
        raise ValueError(f"the field {shown} must have a type: {', '.join(CHECKS)}")
    attributes = {key: field[key] for key in checks if field.get(key) is not None}
    wrong = next((key for key, value in attributes.items() if not checks[key](value)), None)
    if wrong is not None:
        raise ValueError(f"`{wrong}` of the field {shown} cannot be that")
    if kind == "array" and "items" not in attributes:
        raise ValueError(f"the field {shown} must say in `items` what can be chosen")
    chosen = next((keys for keys in ONE_OF if not keys.isdisjoint(attributes)), set())
    excluded = set[str]().union(*ONE_OF) - chosen
    return {key: value for key, value in attributes.items() if key not in excluded}
