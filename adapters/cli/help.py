"""The help of commands, which wraps and never cuts, however narrow the terminal is."""

from collections.abc import Iterable, Iterator
from shutil import get_terminal_size
from textwrap import fill

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.commands import COMMANDS, GROUPS, HELP, PROGRAM
from threadhost.adapters.cli.option import Option

COLUMNS_MAX = 100
OWN = (
    Option("--help", "", "Show this and exit.", short="-h"),
    Option("--version", "", "Print the version and exit."),
)


def of_command(command: Command) -> str:
    """What a command does, with all of its options."""
    arguments = [option for option in command.options if option.is_argument]
    options = [option for option in command.options if not option.is_argument]
    required = (f"{option.flag} {option.metavar}" for option in options if option.is_required)
    written = (argument.written for argument in arguments)
    words = " ".join((PROGRAM, command.name, *required, "[OPTIONS]", *written))
    parts = [_usage(words), *map(_filled, command.help.split("\n"))]
    if arguments:
        parts.append("Arguments:\n" + "\n".join(map(_option, arguments)))
    parts.append("Options:\n" + "\n".join(map(_option, (*options, OWN[0]))))
    return "\n\n".join(parts)


def of_group(group: str) -> str:
    """The commands of a group; for the empty group all commands, by their first words."""
    words = " ".join(filter(None, (PROGRAM, group)))
    parts = [_usage(f"{words} COMMAND"), _filled(GROUPS.get(group, HELP))]
    parts.append("Commands:\n" + "\n".join(_commands(group)))
    options = OWN[:1] if group else OWN
    parts.append("Options:\n" + "\n".join(map(_option, options)))
    return "\n\n".join(parts)


def _usage(words: str) -> str:
    return _filled(f"Usage: {words}", hanging_indent=" " * len("Usage: "))


def _commands(group: str) -> Iterator[str]:
    for command in COMMANDS:
        if command.name.startswith(f"{group} " if group else ""):
            yield _entry(command.name.removeprefix(group).strip(), [command.summary])


def _option(option: Option) -> str:
    return _entry(option.written, _facts(option))


def _facts(option: Option) -> Iterable[str]:
    yield option.help
    if option.is_required and not option.is_argument:
        yield "Required."
    if option.default is not None:
        yield f"Default: {option.default}."
    if option.variable is not None:
        yield f"Environment: {option.variable}."


def _entry(name: str, facts: Iterable[str]) -> str:
    return f"{_filled(name, '  ', ' ' * 4)}\n{_filled(' '.join(facts), ' ' * 6)}"


def _filled(text: str, indent: str = "", hanging_indent: str | None = None) -> str:
    """Text wrapped to the terminal's width; lines after the first may have another indent."""
    columns = min(get_terminal_size().columns, COLUMNS_MAX)
    return fill(
        text,
        max(columns, len(indent) + 1),
        initial_indent=indent,
        subsequent_indent=indent if hanging_indent is None else hanging_indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
