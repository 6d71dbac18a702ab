"""Faults of JSON beyond those that the parser refuses, and the error messages of both.

Searches of the raw bytes at memory speed decide whether a closer look can find anything. The
functions take a whole small message, or one piece of a large one.
"""

import json
import marshal
import math
import re
from collections.abc import Iterator

from pydantic_core import to_json

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, PARSE_ERROR
from threadhost.adapters.jsonrpc.json_pieces import plain, structure

_ONCE = ("id", "method", "params", "result", "error")
_ONCE_TOKEN = re.compile(f'"(?:{"|".join(_ONCE)})"'.encode())
_MEMBERS_MAX = 1000

# Each digit or point becomes 0, and E becomes e, so that a few plain searches find risky numbers.
_SHAPE = bytes(48 if c in b"0123456789." else 101 if c in b"eE" else c for c in range(256))
_EXPONENT, _SIGNED_EXPONENT = b"0e000", b"0e+000"
_MARSHAL = 2
_INFINITIES = (marshal.dumps(math.inf, _MARSHAL), marshal.dumps(-math.inf, _MARSHAL))
_RUN_DIGITS = 200
_LONG_RUN = rb"[0-9.]{%d,}+(?:[eE][+-]?[0-9]++)?" % _RUN_DIGITS

_COMMA = b","
_AS_ARRAYS = bytes.maketrans(b"{}", b"[]")
_KEY = re.compile(r'[ \t\r\n]*+("(?:[^"\\]|\\.)*+")[ \t\r\n]*+:[ \t\r\n]*+')
_NEXT = re.compile(r"[ \t\r\n]*+([,}])")
_CONSTANT = rb"-?(?:NaN|Infinity)\b"
_PLACE = r"at line (\d+) column (\d+)$"
_LINES_MAX = 1000
_LONE_SURROGATE = rb"\\u[dD][89a-fA-F]"
_ESCAPED_LETTER = re.compile(rb"\\u00[67]")
_DECODER = json.JSONDecoder()

NO_MESSAGE, NOT_JSON = "invalidMessage", "parseError"
"""The reasons of refusals of what is no message."""
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Limited(Exception):
    """The JSON exceeds a limit, or has a member twice; the message says which."""

    def __init__(self, fault: str, value: object) -> None:
        super().__init__(fault)
        self.value = value
        """The part of the JSON that was read."""


def too_large(limits: Limits) -> str:
    """The error text for a message over the size limit."""
    return f"message is larger than {limits.frame_bytes_max} bytes"


def count_fault(containers: int, values: int, limits: Limits) -> str | None:
    """The fault if a message has too many containers (objects and arrays) or values, else None."""
    if containers > limits.json_containers_max:
        return f"message holds more than {limits.json_containers_max} objects and arrays"
    if values > limits.json_values_max:
        return f"message holds more than {limits.json_values_max} values"
    return None


def limit_fault(data: bytes, value: object, limits: Limits) -> str | None:
    """The fault if this well-formed JSON exceeds a limit, else None."""
    brackets = data.count(b"[") + data.count(b"{")
    count_max = min(limits.json_containers_max, limits.json_values_max)
    if brackets + data.count(_COMMA) > count_max and (fault := _counted_fault(data, limits)):
        return fault
    if brackets > limits.json_depth_max and _depth_over(data, limits.json_depth_max):
        return too_deep(limits)
    return number_fault(data, value, limits)


def number_fault(data: bytes, value: object, limits: Limits) -> str | None:
    """The fault of a number in this well-formed JSON, else None."""
    shape = data.translate(_SHAPE)
    run = min(limits.number_digits_max, _RUN_DIGITS)
    long_run = b"0" * run in shape
    if long_run and _holds_long_number(data, limits):
        return _long_number(limits)
    risky = long_run or _EXPONENT in shape or _SIGNED_EXPONENT in shape
    if risky and _holds_infinity(value):
        return "a number is out of range"
    return None


def duplicate_member(data: bytes) -> str | None:
    """The fault of a duplicate member of the top-level object, else None; nested objects pass."""
    tokens = _ONCE_TOKEN.findall(data)
    if len(tokens) == len({*tokens}) and _ESCAPED_LETTER.search(data) is None:
        return None
    return Members().fault_in(data)


class Members:
    """The member names of a message's top-level object, collected over all its pieces."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._count = 0

    def fault_in(self, data: bytes) -> str | None:
        """The fault of this object's names, together with those of earlier pieces; else None."""
        for name in _members(data.decode()):
            if name in self._names and name in _ONCE:
                return f"duplicate field `{name}`"
            if self._count >= _MEMBERS_MAX:
                return f"message has more than {_MEMBERS_MAX} members"
            self._names.add(name)
            self._count += 1
        return None


def explain_unreadable(data: bytes, detail: str, limits: Limits) -> tuple[int, str, str]:
    """Code, reason and message for bytes that the parser refused; `detail` is its message."""
    if "recursion limit" in detail:
        return INVALID_REQUEST, NO_MESSAGE, f"Invalid request: {too_deep(limits)}"
    if "number out of range" in detail:
        return INVALID_REQUEST, NO_MESSAGE, f"Invalid request: {_long_number(limits)}"
    if data.startswith(_BYTE_ORDER_MARKS):
        return PARSE_ERROR, NOT_JSON, "Parse error: message begins with a byte order mark"
    try:
        data.decode()
    except UnicodeDecodeError as error:
        place = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        return PARSE_ERROR, NOT_JSON, f"Parse error: {place} is not UTF-8"
    return PARSE_ERROR, NOT_JSON, f"Parse error: {_named(data, detail)}"


def _named(data: bytes, detail: str) -> str:
    if "hex escape" in detail and re.search(_LONE_SURROGATE, data):
        return f"lone surrogate in a string escape: {detail}"
    constant = re.search(_CONSTANT, _around(data, detail))
    if constant and ("expected value" in detail or "invalid number" in detail):
        return f"`{constant.group().decode()}` is not a JSON number: {detail}"
    return f"not valid JSON: {detail}"


def _around(data: bytes, detail: str) -> bytes:
    match = re.search(_PLACE, detail)
    if match is None or int(match[1]) > _LINES_MAX:
        return b""
    line, column = int(match[1]), int(match[2])
    start = max(column - 3, 0)
    return data.split(b"\n", line)[line - 1][start : column + 10]


def too_deep(limits: Limits) -> str:
    """The error text for a message over the depth limit."""
    return f"message is nested deeper than {limits.json_depth_max} levels"


def _long_number(limits: Limits) -> str:
    return f"a number has more than {limits.number_digits_max} digits"


def _counted_fault(data: bytes, limits: Limits) -> str | None:
    shape = structure(data).translate(_AS_ARRAYS)
    containers = shape.count(b"[")
    return count_fault(containers, containers + shape.count(_COMMA), limits)


def _depth_over(data: bytes, depth_max: int) -> bool:
    # Each pass removes the innermost level, at memory speed; walking the values is far slower.
    brackets = structure(data).translate(_AS_ARRAYS, _COMMA)
    for _ in range(depth_max):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _holds_infinity(value: object) -> bool:
    # Writing the value again is faster than walking it; marshal only shows that it is possible.
    packed = marshal.dumps(value, _MARSHAL)  # type: ignore[arg-type]
    if not any(infinity in packed for infinity in _INFINITIES):
        return False
    outside = plain(to_json(value, inf_nan_mode="constants")).split(b'"')[::2]
    return any(b"Infinity" in piece for piece in outside)


def _holds_long_number(data: bytes, limits: Limits) -> bool:
    text, quotes, counted = plain(data), 0, 0
    for match in re.finditer(_LONG_RUN, text):
        quotes += text.count(b'"', counted, match.start())
        counted = match.start()
        if quotes % 2 == 0 and len(match.group()) > limits.number_digits_max:
            return True
    return False


def _members(text: str) -> Iterator[str]:
    position = text.index("{") + 1
    while key := _KEY.match(text, position):
        yield json.loads(key.group(1))
        _, end = _DECODER.raw_decode(text, key.end())
        following = _NEXT.match(text, end)
        if following is None or following.group(1) == "}":
            return
        position = following.end()
