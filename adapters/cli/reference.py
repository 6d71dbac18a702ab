"""The reference of the command line, made from the commands themselves: `... reference FILE`."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import typer
from typer.core import TyperArgument, TyperGroup, TyperOption

from threadhost.adapters.cli.program import app

SHORT_TABLE_LINES = 8
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"


def reference() -> str:
    """Every command with its arguments and options, as Markdown."""
    return "\n".join(_group(typer.main.get_group(app), ()))


def replaced(document: str) -> str:
    """A document with what stands between the two marks made anew."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def _group(group: TyperGroup, path: tuple[str, ...]) -> Iterator[str]:
    known: dict[str, str] = {}
    for verb, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _group(command, (*path, verb))
            continue
        name = " ".join(("threadhost", *path, verb))
        yield f"### {name}\n\n{' '.join((command.help or '').split())}\n"
        table = "\n".join(_table(command.params))
        first = known.setdefault(table, name)
        is_known = first is not name and table.count("\n") > SHORT_TABLE_LINES
        if table:
            yield f"{table}\n" if not is_known else f"The options are those of `{first}`.\n"


def _table(parameters: Iterable[object]) -> Iterator[str]:
    given = tuple(parameters)
    arguments = [p for p in given if isinstance(p, TyperArgument)]
    options = [p for p in given if isinstance(p, TyperOption) and p.name != "help"]
    if arguments or options:
        yield "| argument or option | default | environment | |\n| --- | --- | --- | --- |"
        yield from map(_argument, arguments)
        yield from map(_option, options)


def _argument(argument: TyperArgument) -> str:
    return f"| `{argument.metavar}` | | | {argument.help} |"


def _option(option: TyperOption) -> str:
    value = "" if option.is_flag else f" {option.metavar}"
    default = option.default if option.show_default and not option.is_flag else None
    first = default[0] if isinstance(default, list) else default
    shown = "" if first is None else f"`{first}`"
    variable = f"`{option.envvar}`" if option.envvar else ""
    flags = ", ".join(option.opts)
    text = f"{flags}{value}".replace("|", r"\|")
    return f"| `{text}` | {shown} | {variable} | {option.help} |"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(replaced(target.read_text()))
