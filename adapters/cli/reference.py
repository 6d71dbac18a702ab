"""The reference of the command line, from the table of commands: `... reference FILE`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from threadhost.adapters.cli.commands import COMMANDS, PROGRAM
from threadhost.adapters.cli.option import Option

SHORT_TABLE_LINES = 8
BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"


def reference() -> str:
    """Every command with its arguments and options, as Markdown."""
    return "\n".join(_sections())


def replaced(document: str) -> str:
    """A document with the text between the two marks replaced."""
    before, _, remainder = document.partition(BEGIN)
    _, _, after = remainder.partition(END)
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def _sections() -> Iterator[str]:
    name_by_table: dict[str, str] = {}
    for command in COMMANDS:
        name = f"{PROGRAM} {command.name}"
        yield f"### {name}\n\n{' '.join(command.help.split())}\n"
        table = "\n".join(_table(command.options))
        first = name_by_table.setdefault(table, name)
        is_known = first is not name and table.count("\n") > SHORT_TABLE_LINES
        yield f"{table}\n" if not is_known else f"The options are those of `{first}`.\n"


def _table(options: Sequence[Option]) -> Iterator[str]:
    yield "| argument or option | default | environment | |\n| --- | --- | --- | --- |"
    for option in options:
        written = option.written.replace("|", r"\|")
        default = f"`{option.default}`" if option.default is not None else ""
        default = "required" if option.is_required else default
        variable = f"`{option.variable}`" if option.variable else ""
        yield f"| `{written}` | {default} | {variable} | {option.help} |"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(replaced(target.read_text()))
