"""Given / when / then for pure rules: facts that were, a command, and what follows from it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest

from threadhost.actors import response as _response_rules  # noqa: F401  (registers the rules)
from threadhost.actors import tree as tree_rules
from threadhost.actors.command import Command
from threadhost.actors.errors import Refusal
from threadhost.actors.thread import Events
from threadhost.actors.thread import decide as decide_thread
from threadhost.events.base import Erased, Event, Meta, Recorded
from threadhost.events.fold import Thread, Tree, fold_thread, fold_tree, no_tree

META = Meta("test", "c", "c", 1)
S = TypeVar("S", Thread, Tree)


def recorded(events: Iterable[Event | Erased], stream: str = "stream") -> list[Recorded]:
    """The events as a log would hold them."""
    return [Recorded(n, stream, n, event, META) for n, event in enumerate(events, 1)]


@dataclass(frozen=True)
class Rules(Generic[S]):
    """A state and the rules that hold in it."""

    state: S
    decide: Callable[[Command, S], Events]

    def when(self, command: Command) -> "Outcome":
        """What the rules say to a command."""
        try:
            return Outcome(list(self.decide(command, self.state)))
        except Refusal as refusal:
            return Outcome([], refusal)


@dataclass(frozen=True)
class Outcome:
    """What came of a command."""

    events: Sequence[Event]
    refusal: Refusal | None = None

    def then(self, *expected: Event) -> None:
        """Exactly these events follow."""
        assert self.refusal is None
        assert list(self.events) == list(expected)

    def then_kinds(self, *expected: str) -> None:
        """Events of exactly these types follow."""
        assert self.refusal is None
        assert [event.kind for event in self.events] == list(expected)

    def refused(self, type_: type[Refusal], text: str) -> None:
        """The command is refused in these words."""
        if self.refusal is None:
            pytest.fail(f"not refused, but {self.events}")
        assert (type(self.refusal), str(self.refusal)) == (type_, text)


def given(*events: Event) -> Rules[Thread]:
    """A thread with this past."""
    return Rules(fold_thread(recorded(events)), decide_thread)


def given_tree(*events: Event, session_id: str = "root") -> Rules[Tree]:
    """A spawn tree with this past."""
    return Rules(fold_tree(recorded(events), no_tree(session_id)), tree_rules.decide)
