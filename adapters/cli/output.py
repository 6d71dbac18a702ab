"""What commands print: text for people, JSON for programs, and failures in one line."""

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
"""The exit code of a command line that makes no sense by itself."""
PIPE_COLUMNS = 200
TITLE_CHARS_MAX = 60


class Failure(Exception):
    """A command cannot do what it was told; the message names what is wrong and what would do."""

    def __init__(self, message: str, code: int = 1, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        """What the host called it, or the store; empty where the command itself cannot go on."""

    @classmethod
    def of(cls, error: Exception, message: str = "") -> Self:
        """What a host, its store or the way to it refused, by its own words and reason."""
        from threadhost.adapters.jsonrpc.errors import RpcError

        reason = error.reason if isinstance(error, RpcError) else ""
        return cls(message or str(error), reason=reason or reason_of(error))


def reason_of(error: Exception) -> str:
    """The name of an error's type, in the form that reasons have."""
    name = type(error).__name__.removesuffix("Error") or "error"
    return name[:1].lower() + name[1:]


WHILE_READ = suppress(BrokenPipeError)
"""Around printing of a command whose exit code counts also for who reads no more of it."""


def console() -> "Console":
    """Standard output; wide where no terminal says how wide it is. Texts are made `visible`."""
    from rich.console import Console

    class VisibleConsole(Console):
        def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401
            shown = (visible(value) if isinstance(value, str) else value for value in objects)
            with _to_output():
                super().print(*shown, **options)

        def on_broken_pipe(self) -> NoReturn:
            raise BrokenPipeError  # as what writes without rich does

    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    return VisibleConsole(width=width, highlight=False, markup=False, emoji=False, soft_wrap=True)


def print_json(document: Mapping[str, Any], *, line: bool = False) -> None:
    """One JSON document, or one JSON line."""
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
    """Let go of what is printed so far. Raises Failure, or BrokenPipeError."""
    with _to_output():
        sys.stdout.flush()


def say(text: str) -> None:
    """Lines for people, as they are."""
    with _to_output():
        sys.stdout.write(f"{visible(text)}\n")


def print_result(document: Mapping[str, Any], words: str, *, json: bool) -> None:
    """What a command came to: as JSON for programs, or in words for people."""
    print_json(document) if json else say(words)


def require_terminal(action: str) -> None:
    """Raise Failure where nobody can answer what is asked ahead of this."""
    if not sys.stdin.isatty():
        raise Failure(f"{action} asks first, and there is no terminal to answer at; give --yes")


def is_confirmed(question: str) -> bool:
    """Whether somebody at the terminal says yes."""
    note(f"{question} [y/N] ", end="")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def note(text: str, *, end: str = "\n") -> None:
    """Something to know beside what is printed; on standard error, whatever reads the rest.

    Where that is full nobody can be told, and what was asked for is done all the same.
    """
    with suppress(OSError):
        sys.stderr.write(f"{visible(text)}{end}")
        sys.stderr.flush()


def shown(text: object, chars_max: int = TITLE_CHARS_MAX) -> str:
    """Text of a client, fit for one line of a terminal."""
    beginning = str("" if text is None else text)[: 4 * chars_max]
    clean = "".join(c if c.isprintable() else " " for c in beginning)
    return truncate(" ".join(clean.split()), chars_max)


def local_time(at_ms: int) -> str:
    """A time as this machine's clock shows it, to the second; one that is none as a number."""
    try:
        return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError, TypeError):
        return shown(f"{at_ms!s:>19}")
