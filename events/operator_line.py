"""A line for the operator: its code, level and words, and the kind of each value in it.

Each value is cleaned according to its kind, so that no line can hold text of a client, a model, a
tool or a provider: an identifier has no room for words, and an exception becomes its type.
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
"""Stands in place of a value that is not of its kind."""
OUR_WORDS = (HomeLocked, StoreFailed, StoreOverloaded, StoreUnavailable, StoreUnreadable)
"""Errors whose messages consist only of the store's and the system's own words."""
Value = int | str


class OperatorLine(NamedTuple):
    """A line that an operator may read."""

    code: str
    """Its name, for programs: `NOUN.what_happened`; it never changes."""
    level: int
    words: str
    """The message, with the names of its values in braces."""
    means: str
    """What happened and what to do about it, for the reference."""
    is_always_said: bool = False
    """Whether it is written at every level: the person who started the host waits for it."""

    beside: tuple[str, ...] = ()
    """Values that the message does not show."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of its values, in their order."""
        shown = (name for _, name, _, _ in Formatter().parse(self.words) if name)
        return (*shown, *self.beside)

    def emit(self, error: BaseException | None = None, **values: object) -> None:
        """Write the line. For an error it also says type and place, on one line."""
        logger = logging.getLogger(LOGGER)
        if self.is_always_said or logger.isEnabledFor(self.level):
            logger.handle(self.record(error, values))

    def record(self, error: BaseException | None, values: Mapping[str, object]) -> "OperatorRecord":
        """Return the record for handlers. Raises KeyError for values that are not its own."""
        clean = {name: KINDS[name](values[name]) for name in self.fields}
        return OperatorRecord(self, clean, error)


class OperatorRecord(logging.LogRecord):
    """A log record with its operator line and its values."""

    def __init__(
        self, line: OperatorLine, values: Mapping[str, Value], error: BaseException | None
    ) -> None:
        info = None if error is None else (type(error), error, error.__traceback__)
        words = line.words.format_map(values)
        teller = sys._getframe(3).f_lineno  # noqa: SLF001  (handlers drop repeats by place)
        super().__init__(LOGGER, line.level, line.code, teller, words, None, info)
        self.operator_line = line
        self.operator_values = values


def fault_words(error: object) -> str:
    """Describe an exception, without its message if that may quote somebody."""
    if isinstance(error, OUR_WORDS):
        return one_line(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {system_words(error)}"
    return type(error).__name__ if isinstance(error, BaseException) else one_line(error)


def one_line(text: object) -> str:
    """Return a text of the host or the system on one line, cut if it is long."""
    return LINE.cut(str(text))


def identifier(text: object) -> str:
    """Return an identifier; replace anything else by `UNFIT`."""
    return str(text) if is_identifier(str(text)) else UNFIT


def number(value: object) -> int | str:
    """Return a whole number; replace anything else by `UNFIT`."""
    return value if isinstance(value, int) else UNFIT


LINE = Line(1000)
Kind = Callable[[object], Value]
IDENTIFIERS = ("deletion_id", "incident", "reason", "thread_id", "turn_id", "transport", "version")
NUMBERS = (
    *("after_ms", "attempt", "before_ms", "clients", "count", "descriptors", "done", "exit_code"),
    *("epoch", "pid", "position", "restarts", "seconds", "stalled_ms", "status"),
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
"""Values that the operator wrote, or names that the system gives."""
OURS = ("at", "finding", "hint", "kind", "method", "peer", "place", "said", "what", "whose", "why")
"""Values in the host's own words: of closed sets, or found in its own files."""
KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(IDENTIFIERS, identifier),
    **dict.fromkeys(NUMBERS, number),
    **dict.fromkeys((*OPERATORS, *OURS), one_line),
    "fault": fault_words,
}
"""How each value is cleaned, by its name."""
