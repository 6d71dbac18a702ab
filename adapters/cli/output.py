"""The output of commands: text for people, JSON for programs, and failures in one line."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn, Self

from pydantic_core import to_json

from threadhost.adapters.visible import visible, visible_json
from threadhost.events.words import truncate

if TYPE_CHECKING:
    from rich.console import Console

USAGE = 2
"""The exit code of an invalid command line."""
PIPE_COLUMNS = 200
TITLE_CHARS_MAX = 60


class Failure(Exception):
    """A command cannot do its work; the message names the cause and a remedy."""

    def __init__(self, message: str, code: int = 1, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        """The reason that the host or the store gave; empty for a failure of the command itself."""

    @classmethod
    def of(cls, error: Exception, message: str = "") -> Self:
        """A refusal by a host, its store or the connection, with its own message and reason."""
        from threadhost.adapters.jsonrpc.errors import RpcError

        reason = error.reason if isinstance(error, RpcError) else ""
        return cls(message or str(error), reason=reason or reason_of(error))


def reason_of(error: Exception) -> str:
    """The name of an error's type, in the form of a reason."""
    name = type(error).__name__.removesuffix("Error") or "error"
    return name[:1].lower() + name[1:]


WHILE_READ = suppress(BrokenPipeError)
"""For commands whose exit code matters even if the reader closed the pipe."""


def console() -> "Console":
    """Standard output; wide if no terminal limits its width. Texts are made `visible`."""
    from rich.console import Console

    class VisibleConsole(Console):
        def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401
            shown = (visible(value) if isinstance(value, str) else value for value in objects)
            with _to_output():
                super().print(*shown, **options)

        def on_broken_pipe(self) -> NoReturn:
            raise BrokenPipeError  # as writes without rich do

    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    return VisibleConsole(width=width, highlight=False, markup=False, emoji=False, soft_wrap=True)


def print_json(document: Mapping[str, Any], *, line: bool = False) -> None:
    """Print one JSON document, or one JSON line."""
    text = to_json(document, by_alias=True, indent=None if line else 2).decode()
    with _to_output():
        sys.stdout.write(f"{visible_json(text)}\n")
        sys.stdout.flush()


@contextmanager
def _to_output() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        from threadhost.events.store.faults import system_words

        raise Failure(f"standard output cannot be written: {system_words(error)}") from None


def flush_output() -> None:
    """Write buffered output. Raises Failure, or BrokenPipeError."""
    with _to_output():
        sys.stdout.flush()


def say(text: str) -> None:
    """Print lines of text."""
    with _to_output():
        sys.stdout.write(f"{visible(text)}\n")


def print_result(document: Mapping[str, Any], words: str, *, json: bool) -> None:
    """Print the result of a command: as JSON for programs, or as text."""
    print_json(document) if json else say(words)


def require_terminal(action: str) -> None:
    """Raise Failure without a terminal at which the user can confirm the action."""
    if not sys.stdin.isatty():
        raise Failure(f"{action} asks for confirmation, and there is no terminal; give --yes")


def is_confirmed(question: str) -> bool:
    """Ask at the terminal; returns whether the user answers yes."""
    note(f"{question} [y/N] ", end="")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def note(text: str, *, end: str = "\n") -> None:
    """Print a remark on standard error, apart from the output.

    A write error is ignored: the command continues.
    """
    with suppress(OSError):
        sys.stderr.write(f"{visible(text)}{end}")
        sys.stderr.flush()


def shown(text: object, chars_max: int = TITLE_CHARS_MAX) -> str:
    """Text of a client, shortened to one line of a terminal."""
    beginning = str("" if text is None else text)[: 4 * chars_max]
    clean = "".join(c if c.isprintable() else " " for c in beginning)
    return truncate(" ".join(clean.split()), chars_max)


def local_time(at_ms: int) -> str:
    """A time of this machine's clock, to the second; an invalid time as a number."""
    try:
        return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError, TypeError):
        return shown(f"{at_ms!s:>19}")
