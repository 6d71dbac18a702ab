"""What a writer stores in a row: readers refuse anything else, and checks report it."""

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
"""The columns of a row, with the types that each may hold."""
ROW_TYPES = frozenset(product(*COLUMNS.values()))
"""All combinations of types that the columns of a row may have."""
AT_MS_MAX = 253_402_300_800_000
"""The first moment of the year 10,000."""


def mistyped_columns(row: Sequence[object]) -> str:
    """Return the names of the columns, in order, whose values no writer stores."""
    columns = zip(COLUMNS.items(), row, strict=False)
    return ", ".join(name for (name, types), value in columns if type(value) not in types)


def type_of(kind: str) -> type[Event] | None:
    """Return the current type of events stored under this name; None if it is unknown."""
    while older := UPCASTERS.get(kind):
        kind = older.newer
    return KINDS.get(kind)


def tombstones() -> Sequence[str]:
    """Return the names of types that close their stream, whose key is then destroyed."""
    return names_of(type_ for type_ in KINDS.values() if type_.closes)


class _Sealed(dict[str, bool | None]):
    """Whether events are sealed, by their stored name; None for unknown names."""

    def __missing__(self, kind: str) -> bool | None:
        type_ = type_of(kind)
        if type_ is None:
            return None
        return self.setdefault(kind, type_.sealed)


SEALED = _Sealed()


def seal_fault(kind: str) -> str:
    """Return what is wrong with an event that has a key but must not, or has none but must."""
    sealed = SEALED[kind]
    if sealed is None:
        return "its type is unknown to this version"
    if sealed:
        return "an event of this type is sealed, and this one has no key"
    return "an event of this type is not sealed, and this one has a key"
