"""Requests with one field that is far too large: every method, every field, at any depth."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import AfterValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tests.support.field_reference import SIZED, types_in
from threadhost.adapters.config import FieldLimits
from threadhost.adapters.jsonrpc.field_limits import bound_of
from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.registry import registry

PIECE = "x" * 1000
MESSAGE = {"type": "message", "role": "user", "content": PIECE}
LIMITS = FieldLimits()
Found = Iterator[tuple[str, dict[str, Any], bool]]


class Bulk(NamedTuple):
    """A request of which one field is large, and whether that is more than the field may be."""

    method: str
    place: str
    params: dict[str, Any]
    is_too_large: bool


def bulks(size_bytes: int, known: Mapping[str, Any]) -> Iterator[Bulk]:
    """A request for each field of each method; `known` are values that fields of a name have."""
    for method in sorted(registry, key=lambda m: m.name):
        if method.params_model is not None and method.name != "initialize":
            for place, params, is_over in _in_object(method.params_model, size_bytes, known):
                yield Bulk(method.name, f"{method.name} {place}", params, is_over)


def _in_object(model: type[Wire], size_bytes: int, known: Mapping[str, Any]) -> Found:
    sound = smallest(model, known)
    for name, field in model.model_fields.items():
        types, wire_name = _types(field), model.wire_name(name)
        if not types.isdisjoint(SIZED):
            large = {**sound, wire_name: _large(field, size_bytes)}
            yield wire_name, large, _most_bytes(model, name) < size_bytes
        for inner in _objects(types):
            for place, value, is_over in _in_object(inner, size_bytes, known):
                held = {"k": value} if dict in types else value
                params = {**sound, wire_name: [held] if list in types else held}
                yield f"{wire_name}.{place}", params, is_over


def _most_bytes(model: type[Wire], name: str) -> int:
    """What a field may have, as far as that is a number of bytes."""
    bound = bound_of(model, name)
    limits = bound.limits if bound else ()
    return min((getattr(LIMITS, n) for n in limits if n != "entries_max"), default=2**63)


def _types(field: FieldInfo) -> set[Any]:
    return set(types_in(field.annotation, tuple(field.metadata)))


def _objects(types: set[Any]) -> list[type[Wire]]:
    """The objects that a field can hold, plain text before others."""
    found = [t for t in types if isinstance(t, type) and issubclass(t, Wire)]
    return sorted(found, key=lambda t: (t.__name__ != "TextInput", t.__name__))


def _large(field: FieldInfo, size_bytes: int) -> Any:
    """So many bytes, in the shape that a field has."""
    types, pieces = _types(field), size_bytes // len(PIECE)
    objects, words = _objects(types), _words(field.annotation)
    if list in types and objects:
        one = smallest(objects[0], {})
        return [one] * (size_bytes // len(str(one)))
    if list in types and words:
        return words[:1] * (size_bytes // (len(words[0]) + 3))
    if list in types:
        return [MESSAGE if dict in types else f"/{PIECE}"] * pieces
    if dict in types and objects:
        return {f"{n:05}{PIECE}": smallest(objects[0], {}) for n in range(pieces)}
    return {"k": "x" * size_bytes} if dict in types else "/" + "x" * size_bytes


def smallest(model: type[Wire], known: Mapping[str, Any]) -> dict[str, Any]:
    """An object with what it must have, and no more."""
    return {
        model.wire_name(name): known[name] if name in known else _value(field)
        for name, field in model.model_fields.items()
        if field.is_required() or name == "type"
    }


def _value(field: FieldInfo) -> Any:
    """The smallest value of a field."""
    if field.default is not PydanticUndefined:
        return field.default
    types = _types(field)
    if list in types:
        return []
    if dict in types:
        return {}
    if objects := _objects(types):
        return smallest(objects[0], {})
    if str in types:
        is_path = any(isinstance(mark, AfterValidator) for mark in field.metadata)
        return "/x" if is_path else "x"
    words = _words(field.annotation)
    return words[0] if words else bool not in types and 0


def _words(annotation: Any) -> list[Any]:
    """The words of a closed set that an annotation names."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [word for argument in get_args(annotation) for word in _words(argument)]
