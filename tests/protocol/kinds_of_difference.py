"""The ways in which this host may do otherwise than the reference did, each a row of a table."""

from typing import Any, NamedTuple

ANY = object()
"""Fits every value."""


class Silent(NamedTuple):
    """A notification of the reference that we do not send."""

    method: str
    why: str


class Value(NamedTuple):
    """A value that is ours wherever the reference has another; `path` is a regular expression."""

    path: str
    ours: object
    shown: str
    why: str


class Words(NamedTuple):
    """Another sentence in an error of one method."""

    method: str
    theirs: str
    ours: str
    why: str


class Dropped(NamedTuple):
    """A kind of item that our model cannot make yet."""

    item: str
    why: str


class Skipped(NamedTuple):
    """Lines of a transcript that are not replayed."""

    scenario: str
    lines: range
    why: str


class Instead(NamedTuple):
    """Another request in place of a recorded one; `sent` None restarts the host.

    `expected` None stands for what was recorded, with any result.
    """

    scenario: str
    line: int
    sent: dict[str, Any] | None
    expected: list[Any] | None
    why: str


class Added(NamedTuple):
    """Turns that are started after a recorded step; each on a thread, or on a new child of it."""

    scenario: str
    line: int
    thread: str
    text: str
    why: str
    child: str | None = None
    turn: str | None = None


class Answer(NamedTuple):
    """What we say where the reference said something else, or nothing."""

    scenario: str
    line: int
    expected: list[Any]
    why: str


class Ended(NamedTuple):
    """The item of a call that the reference left in progress: it ends here, as failed.

    It does so in the step at `line`.
    """

    scenario: str
    line: int
    call: str
    why: str


class Earlier(NamedTuple):
    """The first notification of a method comes here before the first of another in its turn."""

    scenario: str
    line: int
    method: str
    than: str
    why: str


class Behaviour(NamedTuple):
    """What the reference does in a case, and what we do."""

    case: str
    theirs: str
    ours: str


class Child(NamedTuple):
    """A thread that is started below another, where the recorder wrote the edge by hand."""

    scenario: str
    thread: str
    parent: str


class OneOf(tuple[object, ...]):
    """Fits these values."""

    __slots__ = ()
