"""`_replace` of records with many fields, which folds ask for at every event."""

from typing import Any, TypeVar

R = TypeVar("R")


def quick_replace(record: type[R]) -> type[R]:
    """Give a `NamedTuple` a `_replace` that takes a third of the time of the one it comes with.

    That one asks for each field whether it is to be changed; this one sets those that are. It
    raises the same ValueError for a field that there is not.
    """
    fields: tuple[str, ...] = vars(record)["_fields"]
    make: Any = tuple.__new__
    place = {name: number for number, name in enumerate(fields)}

    def _replace(self: tuple[object, ...], **changes: object) -> tuple[object, ...]:
        values = list(self)
        try:
            for name, value in changes.items():
                values[place[name]] = value
        except KeyError:
            unknown = [name for name in changes if name not in place]
            raise ValueError(f"Got unexpected field names: {unknown!r}") from None
        changed: tuple[object, ...] = make(record, values)
        return changed

    record._replace = _replace  # type: ignore[attr-defined]
    return record
