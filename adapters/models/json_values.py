"""JSON of a model endpoint as values that can be trusted no further than their types."""

import json
from collections.abc import Mapping

from pydantic_core import from_json

from threadhost.events.usage import COUNT_MAX

PARTS_MAX = 200_000
"""Values in one event: each costs memory and time out of proportion to its bytes."""

MANY = 10_000
"""More values than this are read off the loop: looking at one takes a microsecond or two."""
MANY_BYTES_MIN = 16 * 1024
"""In less than this they are not counted."""

LENIENT_BYTES_MAX = 2 * 1024 * 1024
"""The lenient parser takes ten times as long as the quick one."""

HALVES_CHARS_MAX = 32 * 1024
"""Halves that belong together are joined in texts up to this: each takes half a microsecond."""

Object = Mapping[str, object]
EMPTY: Object = {}


class Unreadable(ValueError):
    """Bytes that hold no JSON this host reads; the message says why, and none of the bytes."""


def are_many(data: bytes) -> bool:
    """Whether there may be so many values in these bytes that reading them holds others up."""
    return len(data) >= MANY_BYTES_MIN and _values_in(data) > MANY


def _values_in(data: bytes) -> int:
    """How many there are, at most."""
    return data.count(b",") + data.count(b"[") + data.count(b"{")


def parse(data: bytes) -> object:
    """The value in these bytes; a half of a surrogate pair is left out. Raises Unreadable."""
    if len(data) > PARTS_MAX and _values_in(data) > PARTS_MAX:
        raise Unreadable(f"more than {PARTS_MAX} values in one event")
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError:
        return _leniently(data)


def _leniently(data: bytes) -> object:
    # The quick parser refuses halves of letters, which servers that cut text anywhere send.
    if len(data) > LENIENT_BYTES_MAX:
        raise Unreadable("no JSON")
    try:
        return json.loads(data.decode("utf-8", "replace"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None


def text(value: object) -> str:
    """The text, without halves of surrogate pairs; empty for anything else."""
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
    """A number of tokens; 0 for what is none, at most COUNT_MAX."""
    if type(value) is int and 0 <= value <= COUNT_MAX:
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return min(max(value, 0), COUNT_MAX)


def member(owner: object, name: str) -> object:
    """A member of an object; None where there is none."""
    return owner.get(name) if isinstance(owner, Mapping) else None


def object_in(owner: object, name: str) -> Object:
    """An object within an object; empty where there is none."""
    value = member(owner, name)
    return value if isinstance(value, Mapping) else EMPTY


def objects_in(owner: object, name: str) -> list[Object]:
    """The objects of a list within an object; other elements are left out."""
    array = member(owner, name)
    return (
        [value for value in array if isinstance(value, Mapping)] if isinstance(array, list) else []
    )
