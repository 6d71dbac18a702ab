"""What a writer puts into a row: whoever reads refuses the rest, whoever checks names it."""

from collections.abc import Sequence
from itertools import product

from threadhost.events.base import KINDS, UPCASTERS, Event, names_of

NOTHING = type(None)
COLUMNS: dict[str, tuple[type, ...]] = {
    "position": (int,),
    "decision": (int,),
    "stream": (str,),
    "version": (int,),
    "type": (str,),
    "recorded_at_ms": (int,),
    "principal": (str,),
    "correlation_id": (str,),
    "causation_id": (str,),
    "key_id": (int, NOTHING),
    "payload": (bytes, NOTHING),
    "blob": (str, NOTHING),
    "digest": (bytes,),
    "chain": (bytes,),
}
"""The columns of a row, and what each may hold."""
ROW_TYPES = frozenset(product(*COLUMNS.values()))
"""The types of all columns of a row, as they may come together."""
AT_MS_MAX = 253_402_300_800_000
"""The first moment of the year 10,000."""


def odd_columns(row: Sequence[object]) -> str:
    """The names of the columns, from the first on, that hold what no writer puts there."""
    columns = zip(COLUMNS.items(), row, strict=False)
    return ", ".join(name for (name, types), value in columns if type(value) not in types)


def type_of(kind: str) -> type[Event] | None:
    """The type that events stored under this name are of now; None if it is not known."""
    while older := UPCASTERS.get(kind):
        kind = older.newer
    return KINDS.get(kind)


def tombstones() -> Sequence[str]:
    """The names of types that close their stream, which has no key then."""
    return names_of(type_ for type_ in KINDS.values() if type_.closes)


class _Sealed(dict[str, bool | None]):
    """Whether events are sealed, by the name they are stored under; None for unknown names."""

    def __missing__(self, kind: str) -> bool | None:
        type_ = type_of(kind)
        if type_ is None:
            return None
        return self.setdefault(kind, type_.sealed)


SEALED = _Sealed()


def seal_fault(kind: str) -> str:
    """What is wrong with an event that has a key, or none, as no event of its type is stored."""
    sealed = SEALED[kind]
    if sealed is None:
        return "its type is unknown to this version"
    if sealed:
        return "an event of this type is sealed, and this one has no key"
    return "an event of this type is not sealed, and this one has a key"
