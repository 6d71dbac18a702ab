"""A line for the operator: its code, level and words, and of what kind each value in it is.

Values are cleaned by their kind, so that no line can hold what a client, a model, a tool or a
provider said: an identifier has no room for words, and of an exception stays what it is.
"""

import logging
import sys
from collections.abc import Callable, Mapping
from string import Formatter

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import (
    HomeLocked,
    StoreFailed,
    StoreOverloaded,
    StoreUnavailable,
    StoreUnreadable,
)
from threadhost.events.store.faults import system_words
from threadhost.events.words import Line, is_identifier

LOGGER = "threadhost"
UNFIT = "?"
"""What stands for a value that is not of its kind."""
OUR_WORDS = (HomeLocked, StoreFailed, StoreOverloaded, StoreUnavailable, StoreUnreadable)
"""Errors that say what is wrong with the store in words of its own and of the system."""
Value = int | str


class OperatorLine(NamedTuple):
    """One thing that an operator must learn."""

    code: str
    """What it is called, for programs: `NOUN.what_happened`; it never changes."""
    level: int
    words: str
    """With the names of its values in braces."""
    means: str
    """What happened, and what is to be done, for the reference."""
    is_always_said: bool = False
    """Whether it is said whatever the level is: who started the host waits for it."""

    beside: tuple[str, ...] = ()
    """Values that its words do not show."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of its values, in their order."""
        shown = (name for _, name, _, _ in Formatter().parse(self.words) if name)
        return (*shown, *self.beside)

    def emit(self, error: BaseException | None = None, **values: object) -> None:
        """Say it. Of an error that comes with it type and place are said, in a line of one."""
        logger = logging.getLogger(LOGGER)
        if self.is_always_said or logger.isEnabledFor(self.level):
            logger.handle(self.record(error, values))

    def record(self, error: BaseException | None, values: Mapping[str, object]) -> "OperatorRecord":
        """What handlers get of it. Raises KeyError for values that are not its own."""
        clean = {name: KINDS[name](values[name]) for name in self.fields}
        return OperatorRecord(self, clean, error)


class OperatorRecord(logging.LogRecord):
    """A record that knows which line it is, and its values."""

    def __init__(
        self, line: OperatorLine, values: Mapping[str, Value], error: BaseException | None
    ) -> None:
        info = None if error is None else (type(error), error, error.__traceback__)
        words = line.words.format_map(values)
        teller = sys._getframe(3).f_lineno  # noqa: SLF001  (what repeats itself is left out by place)
        super().__init__(LOGGER, line.level, line.code, teller, words, None, info)
        self.operator_line = line
        self.operator_values = values


def fault_words(error: object) -> str:
    """What an exception is, without its own words where they may quote somebody."""
    if isinstance(error, OUR_WORDS):
        return one_line(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {system_words(error)}"
    return type(error).__name__ if isinstance(error, BaseException) else one_line(error)


def one_line(text: object) -> str:
    """A text of the host or the system on one line, cut where it is long."""
    return LINE.cut(str(text))


def identifier(text: object) -> str:
    """An identifier; anything else is left out."""
    return str(text) if is_identifier(str(text)) else UNFIT


def number(value: object) -> int | str:
    """A whole number."""
    return value if isinstance(value, int) else UNFIT


LINE = Line(1000)
Kind = Callable[[object], Value]
IDENTIFIERS = ("deletion_id", "incident", "reason", "thread_id", "turn_id", "transport", "version")
NUMBERS = (
    *("after_ms", "attempt", "before_ms", "clients", "count", "descriptors", "exit_code", "epoch"),
    *("pid", "position", "restarts", "seconds", "stalled_ms", "status"),
)
OPERATORS = (
    "address",
    "file",
    "home",
    "mode",
    "model",
    "names",
    "provider",
    "rule",
    "server",
    "variable",
)
"""What the operator said himself, or the system calls something."""
OURS = ("finding", "hint", "kind", "method", "peer", "place", "said", "what", "whose", "why")
"""Words of the host: of closed sets, or of what it found in its own files."""
KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(IDENTIFIERS, identifier),
    **dict.fromkeys(NUMBERS, number),
    **dict.fromkeys((*OPERATORS, *OURS), one_line),
    "fault": fault_words,
}
"""How each value is cleaned, by its name."""
