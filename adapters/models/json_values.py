"""JSON of a model endpoint as values of which only the types are trusted."""

import json
from collections.abc import Mapping

from pydantic_core import from_json

from threadhost.events.usage import COUNT_MAX

PARTS_MAX = 200_000
"""Values in one event: each costs memory and time out of proportion to its bytes."""

MANY = 10_000
"""More values than this are parsed off the loop: one takes a microsecond or two."""
MANY_BYTES_MIN = 16 * 1024
"""Below this size values are not counted."""

LENIENT_BYTES_MAX = 2 * 1024 * 1024
"""The lenient parser takes ten times as long as the fast one."""

HALVES_CHARS_MAX = 32 * 1024
"""Surrogate halves are joined in texts up to this size: each takes half a microsecond."""

Object = Mapping[str, object]
EMPTY: Object = {}


class Unreadable(ValueError):
    """Bytes that hold no valid JSON; the message says why, and quotes none of the bytes."""


def are_many(data: bytes) -> bool:
    """Whether these bytes may hold so many values that parsing them would block the loop."""
    return len(data) >= MANY_BYTES_MIN and _values_in(data) > MANY


def _values_in(data: bytes) -> int:
    """An upper bound of the number of values."""
    return data.count(b",") + data.count(b"[") + data.count(b"{")


def parse(data: bytes) -> object:
    """The value of these bytes, without unpaired surrogate halves. Raises Unreadable."""
    if len(data) > PARTS_MAX and _values_in(data) > PARTS_MAX:
        raise Unreadable(f"more than {PARTS_MAX} values in one event")
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError:
        return _parse_leniently(data)


def _parse_leniently(data: bytes) -> object:
    # The fast parser refuses surrogate halves, which servers send that cut text anywhere.
    if len(data) > LENIENT_BYTES_MAX:
        raise Unreadable("no JSON")
    try:
        return json.loads(data.decode("utf-8", "replace"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None


def text(value: object) -> str:
    """The text, without unpaired surrogate halves; empty for any other value."""
    if not isinstance(value, str):
        return ""
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        if len(value) > HALVES_CHARS_MAX:
            return value.encode(errors="ignore").decode()
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return value


def count(value: object) -> int:
    """A number of tokens, at most COUNT_MAX; 0 for any other value."""
    if type(value) is int and 0 <= value <= COUNT_MAX:
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return min(max(value, 0), COUNT_MAX)


def member(owner: object, name: str) -> object:
    """A member of an object; None without one."""
    return owner.get(name) if isinstance(owner, Mapping) else None


def object_in(owner: object, name: str) -> Object:
    """An object within an object; empty without one."""
    value = member(owner, name)
    return value if isinstance(value, Mapping) else EMPTY


def objects_in(owner: object, name: str) -> list[Object]:
    """The objects of a list within an object, without other elements."""
    array = member(owner, name)
    return (
        [value for value in array if isinstance(value, Mapping)] if isinstance(array, list) else []
    )
