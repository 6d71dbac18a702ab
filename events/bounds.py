"""What an event may hold so that every reader can read it: limits of depth, size and numbers."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain, compress
from math import isfinite
from sys import getsizeof
from typing import Any, Final, TypeVar

from pydantic import BaseModel

T = TypeVar("T")
Way = Callable[[Any], Collection[object]]
DEPTH_MAX: Final = 100
"""Nested objects and arrays; the event itself counts as the first.

Notifications add about six levels to the event. Many clients' JSON parsers fail at a depth of 128;
the parser that reads events back fails at 200.
"""
BYTES_MAX: Final = 32 * 1024 * 1024
"""The size of an event's body; twice what a client can send at once."""
DIGITS_MAX: Final = 4_000
"""Digits of one number; the parsers here cannot read numbers that are slightly longer."""
_BITS_MAX = 13_000
LARGE_CHARS: Final = 256 * 1024
LARGE_PARTS: Final = 2_000
"""A value beyond either limit takes so long to encode that the event loop must not wait for it."""
SMALL_BYTES: Final = 2 * LARGE_PARTS
"""A body up to this size cannot be large: each part takes at least one byte and a separator."""
FEW_PARTS: Final = 100
FEW_CHARS: Final = LARGE_CHARS // 16
FLAT: Final = frozenset((bool, float, type(None)))
TOO_DEEP: Final = f"it is nested more than {DEPTH_MAX} deep"


def fault_in(value: object) -> str | None:
    """Return why an event may not hold this value (depth, or a number that JSON lacks), or None.

    The time grows with the number of parts, not with the length of texts.
    """
    depth = 0
    for level in _levels(value):
        if fault := next(filter(None, map(_number_fault, level)), None):
            return fault
        depth += 1
    return TOO_DEEP if depth > DEPTH_MAX + 1 else None


def is_too_deep(value: object, depth_max: int = DEPTH_MAX) -> bool:
    """Whether a value is nested deeper than this, or than an event may be."""
    return sum(1 for _ in _levels(value, depth_max)) > depth_max + 1


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the items in their order, `size` at a time."""
    for at in range(0, len(items), size):
        yield items[at : at + size]


def is_large(values: Collection[object]) -> bool:
    """Whether these values together are large; stops as soon as that is certain."""
    return not _are_few(values) and _are_many(values)


def _are_few(values: Collection[object]) -> bool:
    """Whether these are a few short values, the usual case: a plain walk is fastest for it."""
    if len(values) > FEW_PARTS:
        return False
    size, walk = 0, [*values]
    for value in walk:
        kind = type(value)
        if kind is str:
            size += len(value)  # type: ignore[arg-type]
        elif kind is int:
            size += value.bit_length()  # type: ignore[attr-defined]
        elif kind not in FLAT:
            way = _WAYS[kind]
            if way is None:
                size += getsizeof(value)
            elif len(walk) + len(inner := way(value)) > FEW_PARTS:
                return False
            else:
                walk += inner
    return size < FEW_CHARS


def _are_many(values: Collection[object]) -> bool:
    waiting: list[Collection[object]] = [values]
    parts = size = 0  # in bytes of memory; most characters take one
    for inner in waiting:  # runs for each append, so it handles common types in bulk
        parts += len(inner)
        size += sum(map(getsizeof, inner))
        if parts > LARGE_PARTS or size > LARGE_CHARS:
            return True
        waiting += filter(None, _containers(inner))
    return False


def _levels(value: object, depth_max: int = DEPTH_MAX) -> Iterator[Collection[object]]:
    """Yield the value, its parts, their parts, and so on, no deeper than the limit needs."""
    level: Collection[object] = [value]
    for _ in range(depth_max + 2):
        yield level
        inner = _containers(level)
        if not inner:
            return
        level = list(chain.from_iterable(inner))


def body_fault(event: BaseModel, body: bytes) -> str | None:
    """Return why an event with this body may not be in the log, or None.

    Fast searches of the bytes decide whether a full check could find anything.
    """
    if len(body) > BYTES_MAX:
        return f"its {len(body)} bytes are more than {BYTES_MAX}"
    return fault_in(event) if may_be_faulty(body) else None


_N, _I = b"NI"


def may_be_faulty(body: bytes) -> bool:
    """Whether a full check of this body could find a fault."""
    size = len(body)
    if size > DIGITS_MAX:
        return True
    # Searching for a byte takes a tenth of the time of a word, and these two bytes are rare.
    if (_N in body and b"NaN" in body) or (_I in body and b"Infinity" in body):
        return True
    return size > 2 * DEPTH_MAX and body.count(b"[") + body.count(b"{") > DEPTH_MAX


def _number_fault(value: object) -> str | None:
    if isinstance(value, float) and not isfinite(value):
        return "it holds a number that JSON does not have"
    if isinstance(value, int) and value.bit_length() > _BITS_MAX:
        return f"it holds a number of more than {DIGITS_MAX} digits"
    return None


def _containers(level: Collection[object]) -> list[Collection[object]]:
    """Return the parts of each of these values that becomes an object or an array."""
    ways = [*map(_WAYS.__getitem__, map(type, level))]
    return [*map(_parts_of, compress(level, ways), filter(None, ways))]


def _parts_of(value: object, way: Way) -> Collection[object]:
    return way(value)


def _values_set(model: BaseModel) -> Collection[object]:
    """The values that somebody set; the defaults in the class are neither large nor odd."""
    return [*map(vars(model).__getitem__, model.__pydantic_fields_set__)]


class _Ways(dict[type, Way | None]):
    """How to get the parts of values of a type, filled on demand; None for types without parts."""

    def __missing__(self, type_: type) -> Way | None:
        way = next((self[base] for base in tuple(self) if issubclass(type_, base)), None)
        self[type_] = way
        return way


_WAYS = _Ways(
    {
        dict: dict.values,
        list: lambda array: array,
        tuple: lambda array: array,
        BaseModel: _values_set,
    }
)
