"""Log lines on stderr: `time level code message`, or JSON, one line each; no client content."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from time import gmtime, strftime
from typing import Any

from threadhost.adapters.visible import visible, visible_json
from threadhost.events.operator_line import fault_words

LEVELS = ("debug", "info", "warning", "error", "critical")
ROOT = "threadhost"
LINES_A_MINUTE_MAX = 60
MINUTE_S = 60
FORMATS = ("text", "json")
ASYNCIO = "asyncio"
"""Its records begin with what happened; further lines name tasks, with exceptions' messages."""


class TextFormatter(logging.Formatter):
    """A record as one line of text; of an exception its type and place, never the message.

    Messages of exceptions quote the data at fault, which is clients' data.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, without anything that a terminal would interpret."""
        words = visible("\\n".join(words_of(record).splitlines()))
        line = getattr(record, "operator_line", None)
        if line is not None and line.is_always_said:
            return words
        name = record.name if line is None else line.code
        text = f"{utc(record)} {record.levelname} {name} {words}"
        return f"{text}\\n{where(record.exc_info)}" if record.exc_info else text


def utc(record: logging.LogRecord) -> str:
    """The time of the record, to the millisecond."""
    return f"{strftime('%Y-%m-%dT%H:%M:%S', gmtime(record.created))}.{int(record.msecs):03d}Z"


def words_of(record: logging.LogRecord) -> str:
    """The message of a record; exceptions in it are shown by type and place, not by message."""
    if record.name == ASYNCIO:
        return record.getMessage().partition("\n")[0]
    if not isinstance(record.args, tuple):
        return record.getMessage()
    safe = copy(record)
    safe.args = tuple(
        fault_words(arg) if isinstance(arg, BaseException) else arg for arg in record.args
    )
    return safe.getMessage()


def where(info: Any) -> str:  # noqa: ANN401  (what a record has of an exception, or True)
    """The type of the exception and where it was raised, innermost call first."""
    kind, error, trace = info
    if kind is None or error is None:
        return ""
    frames = reversed(traceback.extract_tb(trace))
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return f"{kind.__name__} at " + " < ".join(places)


class JsonFormatter(logging.Formatter):
    """A record as an object: `time`, `level`, `code` or `logger`, `message`, and its values."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, whatever it holds."""
        from pydantic.alias_generators import to_camel
        from pydantic_core import to_json

        document: dict[str, Any] = {"time": utc(record), "level": record.levelname.lower()}
        line = getattr(record, "operator_line", None)
        document |= {"logger": record.name} if line is None else {"code": line.code}
        document["message"] = words_of(record)
        values = getattr(record, "operator_values", {})
        document |= {to_camel(name): value for name, value in values.items()}
        if record.exc_info:
            document["error"] = where(record.exc_info)
        return visible_json(to_json(document).decode("utf-8", "replace"))


class RateLimitFilter(logging.Filter):
    """Lets a number of lines of one place in the code through a minute, and counts the others.

    So a client that repeats a fault cannot fill a disk.
    """

    def __init__(self, lines_max: int = LINES_A_MINUTE_MAX) -> None:
        super().__init__()
        self._lines_max = lines_max
        self._counts: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is written; the first of a minute says how many were omitted."""
        place = record.pathname, record.lineno
        began, count = self._counts.get(place, (record.created, 0))
        if not 0 <= record.created - began < MINUTE_S:
            left_out, began, count = max(0, count - self._lines_max), record.created, 0
            if left_out:
                record.msg = f"{record.getMessage()} ({left_out} more like this were left out)"
                record.args = None
        self._counts[place] = began, count + 1
        return count < self._lines_max


def is_said(level: int) -> bool:
    """Whether this level is written; if not, the code that would write need not be imported."""
    return logging.getLogger(ROOT).isEnabledFor(level)


class LevelFilter(logging.Filter):
    """Lets records from a level on through, and those that are written at any level."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this record is written."""
        line = getattr(record, "operator_line", None)
        return record.levelno >= self._level or (line is not None and line.is_always_said)


def configure(level: str, form: str = "text") -> None:
    """Send the logs of this program to stderr from a level on. Raises ValueError."""
    if level.lower() not in LEVELS:
        raise ValueError(f"log level {level!r} is not one of {', '.join(LEVELS)}")
    number = logging.getLevelName(level.upper())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter() if form == "text" else JsonFormatter())
    handler.addFilter(LevelFilter(number))
    handler.addFilter(RateLimitFilter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(ROOT).setLevel(number)


@contextmanager
def lines_of_a_command(level: str) -> Iterator[None]:
    """The same while a command has a host of its own."""
    root, own = logging.getLogger(), logging.getLogger(ROOT)
    before = root.handlers, root.level, own.level
    configure(level)
    try:
        yield
    finally:
        root.handlers = before[0]
        root.setLevel(before[1])
        own.setLevel(before[2])
