"""The one way to a terminal: others' text without anything that a terminal would interpret.

That is whatever Unicode does not call printable: control characters, and with them every escape
sequence, characters without width, and those that change the direction of writing. Of a name that
an operator wrote, messages show no value that was written behind it: that may be a secret. Each
kind of name has its own end, as a key may hold a colon (`llama:8b`) and a header none.
"""

import re

from threadhost.events.words import truncate

LINE_BREAK = "\n"
REPLACED = "\ufffd"
HEADER_CHARS_MAX = 80
KEY_ENDS = re.compile(r"=|: ")
HEADER_ENDS = re.compile(r"[:=]")
COMMAND_ENDS = re.compile(r"[\s=]")


def visible(text: str) -> str:
    """The text, safe to print; line breaks stay."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == LINE_BREAK else _sign(c) for c in text)


def visible_json(document: str) -> str:
    """JSON with the same value, safe to print; only its strings need escapes."""
    if document.isprintable():
        return document
    return "".join(c if c.isprintable() or c == LINE_BREAK else _escaped(c) for c in document)


def shown_key(key: str) -> str:
    """A key of a configuration file, without a value that was written into it."""
    return KEY_ENDS.split(key, maxsplit=1)[0]


def shown_header(name: str) -> str:
    """The name of a header, without the value if somebody wrote the whole header there."""
    return truncate(HEADER_ENDS.split(name, maxsplit=1)[0], HEADER_CHARS_MAX)


def shown_command(command: str) -> str:
    """The program of a command: what follows it, or is assigned before it, may hold a secret."""
    program, *arguments = COMMAND_ENDS.split(command, maxsplit=1)
    return program + " …" * len(arguments)


def _sign(character: str) -> str:
    return " " if character == "\t" else REPLACED


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
