"""A noun's own part of a thread's state: stored beside the rest, and known only to that noun."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from threadhost.events.thread import Thread

S = TypeVar("S")
PARTS: dict[str, "Part[object]"] = {}
"""The parts by their names in the state."""
Follows = Callable[[Any, Thread, Thread], Thread]
FOLLOWERS: dict[type, list[Follows]] = {}
"""By type of event: rules that change parts of nouns which do not own the event."""


def follows(*types: type) -> Callable[[Follows], Follows]:
    """Declare what events of these types, or gaps, do to a part: `rule(fact, before, after)`.

    The rule returns the new `after`. Rules run only for threads that have a part.
    """

    def declare(rule: Follows) -> Follows:
        for type_ in types:
            FOLLOWERS.setdefault(type_, []).append(rule)
        return rule

    return declare


class Part(Generic[S]):
    """The place where a noun keeps its folded record; `empty` until the first of its events.

    Raises ValueError for a name that is taken.
    """

    def __init__(self, name: str, empty: S) -> None:
        if name in PARTS:
            raise ValueError(f"part {name} is declared twice")
        self._name = name
        self._empty = empty
        PARTS[name] = self  # type: ignore[assignment]

    def of(self, thread: Thread) -> S:
        """This part of a thread's state."""
        state: S = thread.parts.get(self._name, self._empty)
        return state

    def put(self, thread: Thread, state: S) -> Thread:
        """The thread with this part changed."""
        return thread._replace(parts={**thread.parts, self._name: state})

    def read(self, stored: object) -> S:
        """Read this part from its JSON. Raises pydantic.ValidationError."""
        return self._shape.validate_python(stored)

    @cached_property
    def _shape(self) -> TypeAdapter[S]:
        return TypeAdapter(type(self._empty))
