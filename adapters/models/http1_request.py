"""The head of an HTTP/1.1 request as bytes."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadhost.adapters.models.transport import Headers

LINE_END = "\r\n"
TARGET = re.compile(r"[!-~]+")
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
NAMES_MAX = 128
"""How many checked names of headers are cached: every request has the same ones."""


def head_of(method: str, target: str, headers: "Headers") -> bytes:
    """The head; raises ValueError, which quotes nothing of it, if it would not be exactly one.

    The configuration is validated elsewhere, with readable messages; this is the last check.
    """
    lines = [f"{method} {target} HTTP/1.1", *map(": ".join, headers)]
    are_names_valid = all(_is_name(name) for name, _value in headers)
    if not (are_names_valid and TARGET.fullmatch(target) and all(map(_is_line, lines))):
        raise ValueError("a request holds what no line of an HTTP head can hold")
    return (LINE_END.join(lines) + LINE_END + LINE_END).encode("ascii")


def _is_line(line: str) -> bool:
    """Whether it is printable ASCII and tabs alone, and so has no line break."""
    return line.isascii() and (line.isprintable() or line.replace("\t", " ").isprintable())


@lru_cache(NAMES_MAX)
def _is_name(name: str) -> bool:
    return NAME.fullmatch(name) is not None
