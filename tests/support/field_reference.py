"""Every field that a client can send, found in the models of params, with its bound."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Literal, NamedTuple, get_args, get_origin

from threadhost.adapters.config import FieldLimits
from threadhost.adapters.jsonrpc import methods  # noqa: F401  (fills the registry)
from threadhost.adapters.jsonrpc.field_limits import Bound, bound_of
from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.deferred import Deferred
from threadhost.adapters.jsonrpc.registry import registry

LIMITS = FieldLimits()
SIZED = (str, list, dict, object)
WORDS = {"text": "a text or key", "whole": "in all", "entries": "entries"}


class Field(NamedTuple):
    """A field of an object that clients send, and what it may hold."""

    model: type[Wire]
    name: str
    types: frozenset[Any]

    @property
    def needs_bound(self) -> bool:
        """Whether anything of any size fits into it."""
        return not self.types.isdisjoint(SIZED)

    @property
    def bound(self) -> Bound | None:
        """What the table says of it."""
        return bound_of(self.model, self.name)


def types_in(annotation: Any, metadata: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Everything that an annotation allows, inside of lists and maps, too; literals are none."""
    for mark in metadata:
        if isinstance(mark, Deferred):
            module = import_module(f"threadhost.adapters.jsonrpc.models.{mark.module}")
            yield from types_in(getattr(module, mark.name))
            return
    if hasattr(annotation, "__metadata__"):
        yield from types_in(annotation.__origin__, annotation.__metadata__)
        return
    origin = get_origin(annotation)
    if origin is Literal:
        return
    yield annotation if origin is None else origin
    for argument in get_args(annotation):
        yield from types_in(argument)


def fields_of(model: type[Wire]) -> Iterator[Field]:
    """The fields of an object and of all objects that can stand in it, each object once."""
    waiting, seen = [model], {model}
    while waiting:
        one = waiting.pop(0)
        for name, field in one.model_fields.items():
            types = frozenset(types_in(field.annotation, tuple(field.metadata)))
            yield Field(one, name, types)
            inner = [t for t in types if isinstance(t, type) and issubclass(t, Wire)]
            waiting += sorted((t for t in inner if t not in seen), key=lambda t: t.__name__)
            seen.update(inner)


def all_fields() -> dict[tuple[str, str], tuple[Field, list[str]]]:
    """Every field that needs a bound by object and name, with the methods that it belongs to."""
    found: dict[tuple[str, str], tuple[Field, list[str]]] = {}
    for method in sorted(registry, key=lambda m: m.name):
        if method.params_model is None:
            continue
        for field in fields_of(method.params_model):
            if field.needs_bound:
                key = field.model.__name__, field.name
                found.setdefault(key, (field, []))[1].append(method.name)
    return found


def rows() -> Iterator[str]:
    """The table of the reference page: fields of one name and one bound share a line."""
    yield "| field | at most | of |"
    yield "| --- | --- | --- |"
    lines: dict[tuple[str, str], set[str]] = {}
    for field, names in all_fields().values():
        wire_name = field.model.wire_name(field.name)
        lines.setdefault((wire_name, _words(field.bound)), set()).update(names)
    for (name, most), of in sorted(lines.items()):
        yield f"| `{name}` | {most} | {', '.join(f'`{n}`' for n in sorted(of))} |"


def _words(bound: Bound | None) -> str:
    said = [
        f"{getattr(LIMITS, limit):,} {WORDS[what] if what == 'entries' else f'bytes {WORDS[what]}'}"
        f" (`{limit}`)"
        for what, limit in (bound or Bound())._asdict().items()
        if limit
    ]
    return ", ".join(said) or "nothing"
