"""What messages show of a name behind which somebody may have written a value: a secret, maybe.

Each kind of name has its own end, as a key may hold a colon (`llama:8b`) and a header none.
"""

import re

from threadhost.events.words import truncate

HEADER_CHARS_MAX = 80
KEY_ENDS = re.compile(r"=|: ")
HEADER_ENDS = re.compile(r"[:=]")
COMMAND_ENDS = re.compile(r"[\s=]")


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
