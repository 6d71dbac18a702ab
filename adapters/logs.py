"""Log lines on stderr: `time level logger message`, one line each, with nothing a client said."""

import logging
import sys
import traceback
from types import TracebackType

from threadhost.adapters.visible import visible

LEVELS = ("debug", "info", "warning", "error", "critical")
ROOT = "threadhost"
LINES_A_MINUTE_MAX = 60
MINUTE_S = 60
FORM = "%(asctime)s %(levelname)s %(name)s %(message)s"

ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class OneLine(logging.Formatter):
    """Keeps a record on its line; of an exception it shows type and place, never the message.

    Messages of exceptions quote what was wrong with the data they met, so clients' data.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, without anything that a terminal would obey."""
        parts = super().format(record).splitlines()
        return visible("\\n".join(parts))

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - logging's own name
        """Where an exception came from, innermost call first."""
        kind, error, trace = ei
        if kind is None or error is None:
            return ""
        frames = reversed(traceback.extract_tb(trace))
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return f"{kind.__name__} at " + " < ".join(places)


class Sparing(logging.Filter):
    """Lets so many lines of one place in the code through a minute, and counts the others.

    Whatever a client makes happen again and again does not fill a disk.
    """

    def __init__(self, lines_max: int = LINES_A_MINUTE_MAX) -> None:
        super().__init__()
        self._lines_max = lines_max
        self._said: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this one is said; the first of a minute says how many were not."""
        place = record.pathname, record.lineno
        began, count = self._said.get(place, (record.created, 0))
        if not 0 <= record.created - began < MINUTE_S:
            left_out, began, count = max(0, count - self._lines_max), record.created, 0
            if left_out:
                record.msg = f"{record.getMessage()} ({left_out} more like this were left out)"
                record.args = None
        self._said[place] = began, count + 1
        return count < self._lines_max


def configure(level: str) -> None:
    """Send the logs of this program to stderr from a level on. Raises ValueError."""
    if level.lower() not in LEVELS:
        raise ValueError(f"log level {level!r} is not one of {', '.join(LEVELS)}")
    number = logging.getLevelName(level.upper())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(FORM))
    handler.setLevel(number)
    handler.addFilter(Sparing())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(ROOT).setLevel(number)
