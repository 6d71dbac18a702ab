"""What a command is: an intention as a record."""

from dataclasses import Field
from typing import Any, ClassVar, Self, dataclass_transform, get_origin


@dataclass_transform(frozen_default=True)
class Command:
    """An intention; it carries only what the log cannot know.

    The annotations of a subclass are its fields, as in a frozen dataclass. The program has many
    commands, and at each start a dataclass takes twenty times as long to make.
    """

    ignores_state: ClassVar[bool] = False
    """Whether its rule ignores the thread's state."""
    is_small: ClassVar[bool] = False
    """Whether it ends something: the host carries it out even when memory is full."""
    is_prepared: ClassVar[bool] = False
    """Whether it lacks data that only the log or the history has: see `preparation`."""
    is_work: ClassVar[bool] = False
    """Whether it begins a turn, or may give a turn more input."""
    _names: ClassVar[tuple[str, ...]] = ()
    _needed: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        origins: dict[str, object] = {n: get_origin(k) for n, k in cls.__annotations__.items()}
        names = (name for name, origin in origins.items() if origin is not ClassVar)
        cls._names = (*cls._names, *names)
        cls._needed = frozenset(name for name in cls._names if not hasattr(cls, name))
        if any(isinstance(value, Field) for value in vars(cls).values()):
            raise TypeError(f"{cls.__name__}: a default is a value, not a dataclass's field")

    def __init__(self, *positional: object, **named: object) -> None:
        values = dict(zip(self._names, positional, strict=False), **named)
        is_whole = values.keys() >= self._needed and len(values) == len(positional) + len(named)
        if not is_whole or not values.keys() <= set(self._names):
            raise TypeError(f"the fields of {type(self).__name__} are {', '.join(self._names)}")
        self.__dict__.update(values)

    def fields(self) -> dict[str, Any]:
        """Its fields, by name."""
        return dict(zip(self._names, self._values(), strict=True))

    def but(self, **changed: object) -> Self:
        """A copy with these fields changed."""
        return type(self)(**{**self.fields(), **changed})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is not changed: {name}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        pairs = (f"{name}={value!r}" for name, value in self.fields().items())
        return f"{type(self).__name__}({', '.join(pairs)})"

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self._names)
