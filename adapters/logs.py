"""Log lines on stderr: `time level logger message`, one line each, with nothing a client said."""

import logging
import sys
import traceback
from types import TracebackType

LEVELS = ("debug", "info", "warning", "error", "critical")
ROOT = "threadhost"
FORM = "%(asctime)s %(levelname)s %(name)s %(message)s"

ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class OneLine(logging.Formatter):
    """Keeps a record on its line; of an exception it shows type and place, never the message.

    Messages of exceptions quote what was wrong with the data they met, so clients' data.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        parts = super().format(record).splitlines()
        return "\\n".join(parts)

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - logging's own name
        """Where an exception came from, innermost call first."""
        kind, error, trace = ei
        if kind is None or error is None:
            return ""
        frames = reversed(traceback.extract_tb(trace))
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return f"{kind.__name__} at " + " < ".join(places)


def configure(level: str) -> None:
    """Send the logs of this program to stderr from a level on. Raises ValueError."""
    if level.lower() not in LEVELS:
        raise ValueError(f"log level {level!r} is not one of {', '.join(LEVELS)}")
    number = logging.getLevelName(level.upper())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(FORM))
    handler.setLevel(number)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(ROOT).setLevel(number)
