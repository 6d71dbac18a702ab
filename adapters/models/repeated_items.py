"""Which items of an answer its end repeats: it may name them otherwise, or not at all."""

from collections.abc import Iterator

from threadhost.actors.models import FunctionCall, OutputItem
from threadhost.adapters.models.answer_part import UNNAMED, Part, Place, canonical, kind_of

Key = tuple[object, ...]


class Unmatched:
    """The items that have yet to be repeated; each is found once, at a cost that does not grow."""

    def __init__(self, parts: list[Part]) -> None:
        self._parts = dict.fromkeys(parts)
        self._by: dict[Key, list[Part]] = {}
        for part in reversed(parts):
            for key in _keys_of(part):
                self._by.setdefault((part.kind, *key), []).append(part)

    def take(self, place: Place, item: OutputItem) -> Part | None:
        """The one that is repeated: by its names, by what it says, else one that is open."""
        kind = kind_of(item)
        known = (self._first((kind, *key)) for key in _keys_for(place, item))
        part = next((one for one in known if one is not None), None)
        if part is None:
            open_ = [one for one in self._parts if one.kind == kind and not one.is_done]
            part = next((one for one in open_ if one.fits(item)), next(iter(open_), None))
        if part is not None:
            del self._parts[part]
        return part

    def _first(self, key: Key) -> Part | None:
        """The first that is not taken."""
        parts = self._by.get(key, [])
        while parts and parts[-1] not in self._parts:
            parts.pop()
        return parts[-1] if parts else None


def _keys_of(part: Part) -> Iterator[Key]:
    """By what an item can be known."""
    yield from _by_place(part.place)
    for item in {part.ended, part.made} - {None}:
        yield "said", item
    if isinstance(part.made, FunctionCall):
        given = canonical(part.made.arguments)
        name = part.made.name
        yield from (("call", "" if name == UNNAMED else name, given), ("a call", given))


def _keys_for(place: Place, item: OutputItem) -> Iterator[Key]:
    """By what an item is looked for, surest first."""
    yield from _by_place(Place(id=place.id))
    yield "said", item
    if isinstance(item, FunctionCall):
        given = canonical(item.arguments)
        named: tuple[Key, ...] = (("call", item.name, given), ("call", "", given))
        yield from named if item.name else (("a call", given),)
    yield from _by_place(Place(at=place.at))


def _by_place(place: Place) -> Iterator[Key]:
    if place.id is not None:
        yield "id", place.id
    if place.at is not None:
        yield "at", place.at
