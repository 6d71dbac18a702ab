"""Named tuples that are made in a third of the time: a start makes a hundred and fifty of them.

They behave like the library's. The library compiles a constructor from source for each class; here
one is compiled for each number of fields and renamed. `_replace` visits only the fields that
change; the library's visits every field.
"""

from functools import cache
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414  (re-exported)
else:
    from collections import _tuplegetter
    from collections.abc import Iterable

    _VALUE = 1  # annotationlib.Format.VALUE
    _GLOBALS = {"__builtins__": {}, "_tuple": tuple.__new__}

    class _Declared(type):
        def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if bases[0] is tuple or NamedTuple not in bases:
                return super().__new__(mcs, name, bases, body)
            return super().__new__(mcs, name, bases, {**body, **_of_fields(name, body)})

    class NamedTuple(tuple, metaclass=_Declared):
        """The base of a class whose annotations become the fields of a tuple."""

        __slots__ = ()

        @classmethod
        def _make(cls, values: Iterable[object]) -> Self:
            record = tuple.__new__(cls, values)
            if len(record) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(record)}")
            return record

        def _replace(self, /, **changes: object) -> Self:
            values, places = [*self], self._places
            try:
                for name, value in changes.items():
                    values[places[name]] = value
            except KeyError:
                unknown = [name for name in changes if name not in places]
                raise ValueError(f"Got unexpected field names: {unknown!r}") from None
            return tuple.__new__(type(self), values)

        __replace__ = _replace

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            fields = [f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True)]
            return f"{type(self).__name__}({', '.join(fields)})"

        def __getnewargs__(self) -> tuple[object, ...]:
            return (*self,)

    def _of_fields(name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return a class's attributes. Raises TypeError if a default precedes a field without."""
        types = _annotations(body)
        fields = (*types,)
        defaults = {field: body[field] for field in fields if field in body}
        if (*defaults,) != fields[len(fields) - len(defaults) :]:
            raise TypeError(f"{name}: fields without a default come before those with one")
        constructor = _constructor(name, fields, (*defaults.values(),))
        constructor.__annotations__ = types
        return {
            "__slots__": (),
            "__new__": constructor,
            "__match_args__": fields,
            "_fields": fields,
            "_field_defaults": defaults,
            "_places": {field: place for place, field in enumerate(fields)},
            **{field: _tuplegetter(place, field) for place, field in enumerate(fields)},
        }

    def _annotations(body: dict[str, Any]) -> dict[str, Any]:
        """Return a class's annotations; from Python 3.14 on its body has a function for them."""
        annotate = body.get("__annotate_func__")
        return annotate(_VALUE) if annotate else body.get("__annotations__", {})

    def _constructor(
        name: str, fields: tuple[str, ...], defaults: tuple[object, ...]
    ) -> FunctionType:
        names = ("_cls", *fields)
        full = f"{name}.__new__"
        code = _constructs(len(fields)).replace(co_varnames=names, co_qualname=full)
        return FunctionType(code, _GLOBALS, "__new__", defaults)

    @cache
    def _constructs(count: int) -> CodeType:
        fields = "".join(f"_{place}," for place in range(count))
        constructor: FunctionType = eval(f"lambda _cls,{fields}: _tuple(_cls,({fields}))", _GLOBALS)  # noqa: S307  (a text of ours)
        return constructor.__code__.replace(co_name="__new__")
