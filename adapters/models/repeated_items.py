"""Matches the items at an answer's end with earlier ones: their ids may differ, or be missing."""

from collections.abc import Iterator

from threadhost.actors.models import FunctionCall, OutputItem
from threadhost.adapters.models.answer_part import UNNAMED, Part, Place, canonical, kind_of

Key = tuple[object, ...]


class Unmatched:
    """The items not matched yet; each match has a constant cost."""

    def __init__(self, parts: list[Part]) -> None:
        self._parts = dict.fromkeys(parts)
        self._by: dict[Key, list[Part]] = {}
        for part in reversed(parts):
            for key in _keys_of(part):
                self._by.setdefault((part.kind, *key), []).append(part)

    def take(self, place: Place, item: OutputItem) -> Part | None:
        """The item that is repeated: by its ids, by its content, else an open one."""
        kind = kind_of(item)
        candidates = (self._first((kind, *key)) for key in _keys_for(place, item))
        part = next((p for p in candidates if p is not None), None)
        if part is None:
            unfinished = [p for p in self._parts if p.kind == kind and not p.is_done]
            part = next((p for p in unfinished if p.fits(item)), next(iter(unfinished), None))
        if part is not None:
            del self._parts[part]
        return part

    def _first(self, key: Key) -> Part | None:
        """The first that is not matched."""
        parts = self._by.get(key, [])
        while parts and parts[-1] not in self._parts:
            parts.pop()
        return parts[-1] if parts else None


def _keys_of(part: Part) -> Iterator[Key]:
    """The keys under which an item is found."""
    yield from _by_place(part.place)
    for item in {part.ended, part.made} - {None}:
        yield "said", item
    if isinstance(part.made, FunctionCall):
        arguments = canonical(part.made.arguments)
        name = part.made.name
        yield from (("call", "" if name == UNNAMED else name, arguments), ("a call", arguments))


def _keys_for(place: Place, item: OutputItem) -> Iterator[Key]:
    """The keys for which an item is searched, surest first."""
    yield from _by_place(Place(id=place.id))
    yield "said", item
    if isinstance(item, FunctionCall):
        arguments = canonical(item.arguments)
        named: tuple[Key, ...] = (("call", item.name, arguments), ("call", "", arguments))
        yield from named if item.name else (("a call", arguments),)
    yield from _by_place(Place(at=place.at))


def _by_place(place: Place) -> Iterator[Key]:
    if place.id is not None:
        yield "id", place.id
    if place.at is not None:
        yield "at", place.at
