"""About how much memory JSON takes once it is read: small values take more than their text."""

from collections.abc import Iterable

VALUE_WEIGHT = 64
"""Of what is no text, in bytes."""
LIST_WEIGHT_MAX = 32 * 1024 * 1024
"""The pages of one list that are kept together; no further one is asked for beyond that."""


def weight_of(value: object, enough: int) -> int:
    """The bytes; no more is counted than is enough."""
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
