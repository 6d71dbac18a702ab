"""Refusals on the wire: the code table, and one sentence for params that do not fit."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails, to_json

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_UNSUPPORTED: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL: Final = -32603
OVERLOADED: Final = -32001

_SHOWN_CHARACTERS = 200


class RpcError(Exception):
    """A refused request; it holds only what its caller may know."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    @property
    def reason(self) -> str:
        """The kind of refusal, from `data.reason`; empty if there is none."""
        return str(self.data.get("reason", "")) if isinstance(self.data, dict) else ""


def refusal(
    reason: str,
    message: str,
    *,
    code: int = INVALID_REQUEST,
    data: Mapping[str, object] | None = None,
) -> RpcError:
    """A refusal by this host; `reasons.py` has the meaning and the code of each reason.

    It imports no table: a refusal must work when file descriptors are scarce.
    """
    return RpcError(code, message, {"reason": reason, **(data or {})})


def invalid_field_error(field: str, message: str) -> RpcError:
    """The refusal of invalid params, with the field at fault."""
    return refusal("invalidParams", message, data={"field": field})


def invalid_params_error(error: ValidationError) -> RpcError:
    """The refusal of invalid params, with the first fault and its field."""
    first = error.errors(include_url=False)[0]
    field = place_of(first["loc"])
    return refusal("invalidParams", _fault(first), data={"field": field} if field else None)


def invalid_params_message(error: ValidationError) -> str:
    """The first fault of some params: the value received, what was expected, and the place."""
    return _fault(error.errors(include_url=False)[0])


def _fault(first: ErrorDetails) -> str:
    words = _WORDS.get(first["type"], _other)(first)
    place = place_of(first["loc"][:-1] if first["type"] == "missing" else first["loc"])
    suffix = f" (at `{place}`)" if place else ""
    return f"Invalid request: {words}{suffix}"


def one_of(names: Sequence[str]) -> str:
    """Names as a choice: "`a`", "`a` or `b`", "one of `a`, `b`, `c`"."""
    quoted = [f"`{name}`" for name in names]
    if len(quoted) > 2:  # noqa: PLR2004 - grammar
        return "one of " + ", ".join(quoted)
    return " or ".join(quoted) or "nothing"


def excerpt(text: str) -> str:
    """Text as an error quotes it: whole if short, else its beginning."""
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def received(value: object) -> str:
    """A JSON value as an error names it: "integer `7`", "string "x"", "null"."""
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int):
        return f"integer `{excerpt(str(value))}`"
    if isinstance(value, float):
        return f"floating point `{value!r}`"
    if isinstance(value, str):
        return "string " + to_json(excerpt(value)).decode()
    return "null" if value is None else "map" if isinstance(value, dict) else "sequence"


def place_of(path: Sequence[str | int]) -> str:
    """The path of a value in some params, such as `capabilities.names[3]`; cut if long."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return excerpt(text)


def _names(quoted: str) -> list[str]:
    return re.findall(r"'((?:[^'\\]|\\.)*)'", quoted)


def _missing(error: ErrorDetails) -> str:
    return f"missing field `{error['loc'][-1]}`"


def _wrong_type(expected: str) -> Callable[[ErrorDetails], str]:
    return lambda error: f"invalid type: {received(error['input'])}, expected {expected}"


def _wrong_struct(error: ErrorDetails) -> str:
    name = error.get("ctx", {}).get("class_name", "object")
    return f"invalid type: {received(error['input'])}, expected struct {name}"


def _wrong_integer(error: ErrorDetails) -> str:
    value = error["input"]
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    fault = "value" if is_integer else "type"
    return f"invalid {fault}: {received(value)}, expected {error['type']}"


def _wrong_name(error: ErrorDetails) -> str:
    value, choice = error["input"], one_of(_names(error["ctx"]["expected"]))
    if isinstance(value, str):
        return f"unknown variant `{excerpt(value)}`, expected {choice}"
    return f"invalid type: {received(value)}, expected {choice}"


def _wrong_tag(error: ErrorDetails) -> str:
    tag, names = error["ctx"]["tag"], _names(error["ctx"]["expected_tags"])
    return f"unknown variant `{excerpt(tag)}`, expected {one_of(names)}"


def _no_tag(error: ErrorDetails) -> str:
    return f"missing field `{error['ctx']['discriminator'].strip(chr(39))}`"


def _unknown_field(error: ErrorDetails) -> str:
    return f"unknown field `{excerpt(str(error['loc'][-1]))}`"


def _wrong_length(error: ErrorDetails) -> str:
    value, limits = error["input"], error["ctx"]
    unit = "characters" if isinstance(value, str) else "entries"
    side, limit = ("most", "max_length") if "max_length" in limits else ("least", "min_length")
    return f"invalid length: {len(value)}, expected at {side} {limits[limit]} {unit}"


def _wrong_form(error: ErrorDetails) -> str:
    from threadhost.adapters.pattern_words import words_of

    expected = words_of(error["ctx"]["pattern"])
    return f"invalid value: {received(error['input'])}, expected {expected}"


def _refused_value(error: ErrorDetails) -> str:
    return excerpt(str(error["ctx"]["error"]))


def _out_of_range(error: ErrorDetails) -> str:
    ((kind, bound),) = error["ctx"].items()
    return f"invalid value: {received(error['input'])}, expected {_BOUNDS[kind]} {bound}"


def _in_our_words(error: ErrorDetails) -> str:
    return excerpt(error["msg"])


def _other(error: ErrorDetails) -> str:
    return f"invalid value: {received(error['input'])}"


_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
_WORDS: dict[str, Callable[[ErrorDetails], str]] = {
    "missing": _missing,
    "string_type": _wrong_type("a string"),
    "bool_type": _wrong_type("a boolean"),
    "bool_parsing": _wrong_type("a boolean"),
    "int_type": _wrong_type("i64"),
    "int_from_float": _wrong_type("i64"),
    "float_type": _wrong_type("f64"),
    "none_required": _wrong_type("null"),
    "list_type": _wrong_type("a sequence"),
    "tuple_type": _wrong_type("a sequence"),
    "dict_type": _wrong_type("a map"),
    "model_type": _wrong_struct,
    "model_attributes_type": _wrong_struct,
    "literal_error": _wrong_name,
    "enum": _wrong_name,
    "union_tag_invalid": _wrong_tag,
    "union_tag_not_found": _no_tag,
    "extra_forbidden": _unknown_field,
    "value_error": _refused_value,
    "untagged_enum": _in_our_words,
    "absolute_path": _in_our_words,
    "string_pattern_mismatch": _wrong_form,
    "string_too_short": _wrong_length,
    "string_too_long": _wrong_length,
    "too_short": _wrong_length,
    "too_long": _wrong_length,
    "greater_than": _out_of_range,
    "greater_than_equal": _out_of_range,
    "less_than": _out_of_range,
    "less_than_equal": _out_of_range,
    **dict.fromkeys(("u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"), _wrong_integer),
}
