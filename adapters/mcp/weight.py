"""Estimates the memory of parsed JSON: small values take more than their text."""

from collections.abc import Iterable

VALUE_WEIGHT = 64
"""Bytes of a value that is no text."""
LIST_WEIGHT_MAX = 32 * 1024 * 1024
"""The limit on one list's pages together; beyond it no further page is requested."""


def weight_of(value: object, enough: int) -> int:
    """The bytes; counting stops at `enough`."""
    weight, waiting = 0, [value]
    while waiting and weight < enough:
        part = waiting.pop()
        weight += VALUE_WEIGHT
        if isinstance(part, str):
            weight += len(part)
        elif isinstance(part, dict):
            weight += sum(map(len, part))
            waiting += part.values()
        elif isinstance(part, Iterable):
            waiting += part
    return weight
