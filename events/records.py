"""The `NamedTuple` that records are declared with: what `typing` has, in a sixth of the time.

`typing.NamedTuple` writes each class a constructor as text and compiles it, which takes 0.69
million instructions, and a start declares a hundred and fifty. Here constructors share their code
by the number of their fields. What a class does, and what type checkers know of it, is the same.
"""

from collections import _tuplegetter  # type: ignore[attr-defined]  # what a field is there, too
from collections.abc import Iterable
from functools import cache
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Self

NEW = {"new": tuple.__new__}


class _Record(tuple[Any, ...]):
    """What all records can do."""

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Self:
        """A record of values in the order of its fields; TypeError for more or fewer."""
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **values: object) -> Self:
        """The record with other values in some fields; ValueError for what is none."""
        made = tuple.__new__(type(self), map(values.pop, self._fields, self))
        if values:
            raise ValueError(f"Got unexpected field names: {list(values)!r}")
        return made

    def _asdict(self) -> dict[str, Any]:
        """The values by the names of their fields."""
        return dict(zip(self._fields, self, strict=True))

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        named = (f"{name}={value!r}" for name, value in self._asdict().items())
        return f"{type(self).__name__}({', '.join(named)})"


class _Declaration(type):
    """Makes the class that is declared, which is of no special type itself."""

    def __new__(cls, name: str, _: tuple[type, ...], namespace: dict[str, Any]) -> type:
        """The record's class; TypeError for a default that is followed by none."""
        fields = tuple(namespace.get("__annotations__", ()))
        defaults = {field: namespace[field] for field in fields if field in namespace}
        if tuple(defaults) != fields[len(fields) - len(defaults) :]:
            raise TypeError(f"{name}: a field without a default follows one with a default")
        code = _constructor(len(fields)).replace(
            co_varnames=("_cls", *fields), co_name="__new__", co_qualname=f"{name}.__new__"
        )
        new = FunctionType(code, NEW, "__new__", tuple(defaults.values()))
        namespace |= {field: _tuplegetter(at, None) for at, field in enumerate(fields)}
        namespace |= {"__new__": new, "__slots__": (), "__match_args__": fields}
        namespace |= {"_fields": fields, "_field_defaults": defaults}
        return type(name, (_Record,), namespace)


@cache
def _constructor(count: int) -> CodeType:
    names = "".join(f"_{n}, " for n in range(count))
    made: FunctionType = eval(f"lambda _cls, {names}: new(_cls, ({names}))")  # noqa: S307
    return made.__code__


if TYPE_CHECKING:
    from typing import NamedTuple
else:
    NamedTuple = type.__new__(_Declaration, "NamedTuple", (), {})

__all__ = ["NamedTuple"]
