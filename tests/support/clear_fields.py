"""What stands in the clear for ever: the texts in structural events, and what each may hold."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from tests.support import any_events as _any_events  # noqa: F401  (every type is declared)
from threadhost.events.base import KINDS
from threadhost.events.words import Identifier, Line, OneOf

PLAIN = (int, bool, type(None))
MARKS = (Identifier, OneOf, Line)


class ClearText(NamedTuple):
    """A text in a structural event: which event, where in it, and what it may be."""

    kind: str
    path: str
    mark: Identifier | OneOf | Line | tuple[str, ...]

    @property
    def in_words(self) -> str:
        """What it may be, for people."""
        if isinstance(self.mark, Identifier):
            return "an identifier"
        if isinstance(self.mark, Line):
            return f"a line of the host's, at most {self.mark.chars_max} characters"
        words = self.mark.words if isinstance(self.mark, OneOf) else self.mark
        more = f"; or `{prefix}` and an identifier" if (prefix := _prefix(self.mark)) else ""
        return "one of " + ", ".join(f"`{word}`" for word in sorted(words)) + more


def _prefix(mark: object) -> str:
    return mark.prefix if isinstance(mark, OneOf) else ""


def clear_texts() -> Iterator[ClearText]:
    """Every text in every structural event. Raises TypeError where one may hold anything."""
    for kind, type_ in sorted(KINDS.items()):
        if not type_.sealed:
            yield from _of_model(kind, "", type_)


def _of_model(kind: str, path: str, model: type[BaseModel]) -> Iterator[ClearText]:
    for name, field in model.model_fields.items():
        yield from _of(kind, f"{path}{name}", field.annotation, field.metadata)


def _of(kind: str, path: str, annotation: Any, marks: list[Any]) -> Iterator[ClearText]:
    mark = next((one for one in marks if isinstance(one, MARKS)), None)
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation is str and mark is not None:
        yield ClearText(kind, path, mark)
    elif origin is Annotated:
        yield from _of(kind, path, inner[0], [*inner[1:]])
    elif origin is Literal:
        yield ClearText(kind, path, inner)
    elif origin in (list, dict, Union, types.UnionType):
        for one in inner:
            yield from _of(kind, path, one, marks)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _of_model(kind, f"{path}.", annotation)
    elif annotation not in PLAIN:
        raise TypeError(f"{kind}: {path} may hold anything ({annotation}) and is never erased")
