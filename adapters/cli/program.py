"""The command line: finds the command, shows its help, and ends with its exit code."""

import os
import sys
from collections.abc import Sequence

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.commands import COMMANDS, GROUPS
from threadhost.adapters.cli.failing import fail
from threadhost.adapters.cli.help import of_command, of_group
from threadhost.adapters.cli.output import USAGE, WHILE_READ, flush_output, note, say
from threadhost.adapters.cli.parse import UsageError
from threadhost.adapters.cli.shared_options import JSON

HELP = ("--help", "-h")


def run(words: Sequence[str]) -> int:
    """Run a command line; returns its exit code."""
    try:
        code = _run(words)
        with WHILE_READ:
            flush_output()
    except BrokenPipeError:
        return 0  # the reader of the output closed it
    except Exception as error:  # noqa: BLE001  (no traceback is ever shown)
        return _fail(error, words)
    finally:
        _discard_output()
    return code


def _fail(error: Exception, words: Sequence[str]) -> int:
    name = f"{' '.join(words)} "
    command = next(
        (candidate for candidate in COMMANDS if name.startswith(f"{candidate.name} ")), None
    )
    if command is None:
        return fail(error)
    before = words[: words.index("--")] if "--" in words else words
    as_json = JSON in command.options and JSON.flag in before
    return fail(error, command.failed, as_json=as_json)


def _run(words: Sequence[str]) -> int:
    if words and words[0] == "--version":
        words = ("version", *words[1:])
    group = words[0] if words and words[0] in GROUPS else ""
    remaining = words[bool(group) :]
    if not remaining or remaining[0] in HELP:
        return _help(of_group(group), is_asked=bool(remaining))
    command = _command(" ".join(filter(None, (group, remaining[0]))))
    arguments = remaining[1:]
    if _asks_for_help(arguments):
        return _help(of_command(command), is_asked=True)
    if not command.module:
        from threadhost.adapters.cli.serve import run as serve

        return serve(command.name, arguments, os.environ)
    return command.run(arguments, os.environ)


def _help(text: str, *, is_asked: bool) -> int:
    """Print help; without a request for it, on stderr and with the exit code of a usage error."""
    if not is_asked:
        note(text)
        return USAGE
    say(text)
    return 0


def _asks_for_help(words: Sequence[str]) -> bool:
    before = words[: words.index("--")] if "--" in words else words
    return not set(HELP).isdisjoint(before)


def _command(name: str) -> Command:
    for command in COMMANDS:
        if command.name == name:
            return command
    from difflib import get_close_matches

    last = name.rpartition(" ")[2]
    if last.startswith("-"):
        raise UsageError(f"`{last}` is not expected here; give the command first, see --help")
    group = name.rpartition(" ")[0]
    parts = [command.name.rpartition(" ") for command in COMMANDS]
    names = [last for of_group, _, last in parts if of_group == group]
    near = get_close_matches(last, names if group else [*names, *GROUPS], n=1)
    suggestion = " ".join(filter(None, (group, *near)))
    if not group and not near:
        near = [command.name for command in COMMANDS if command.name.endswith(f" {last}")]
        suggestion = " or ".join(near)
    listed = " ".join(filter(None, ("threadhost", group, "--help")))
    remedy = f"did you mean {suggestion}?" if near else f"`{listed}` lists them"
    raise UsageError(f"no such command: {name}; {remedy}")


def _discard_output() -> None:
    """Discard output that cannot be written; Python would report it at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
