"""What can be told of a message that cannot be read: its id, and whether it asks or answers."""

import re

from pydantic_core import from_json

from threadhost.events.named_tuple import NamedTuple

Id = str | int
ID_MIN, ID_MAX = -(2**63), 2**63 - 1
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ID_CHARS_MAX = len(str(ID_MIN))
HEAD_BYTES = 2048
"""Only so much of it is looked at: clients write the id ahead of what is long."""
MEMBERS_MAX = 16
"""Likewise: only so many members that may be its own."""

_SPELT_OUT = rb'[^"]*\\u00[67][^"]*+'
_MEMBER = (
    rb'[{,]\s*+"(id|method|result|error|%b)"\s*+:\s*+("[^"]*+"|-?[0-9]++(?=\s*+[,}]))?+'
    % _SPELT_OUT
)


class Outline(NamedTuple):
    """The id, if there is one that can be read, and what else of its own the message holds."""

    id: Id | None = None
    asks: bool = False
    answers: bool = False


def outline(data: bytes) -> Outline:
    """What the beginning of these bytes says, taken for an object that need not be whole.

    Never raises. An id that stands there twice, or of which the end is not seen, is none.
    """
    head = data[:HEAD_BYTES]
    if not head.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"{"):
        return Outline()
    plain = head.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    members: list[tuple[str, bytes]] = []
    for count, match in enumerate(re.finditer(_MEMBER, plain)):
        if count == MEMBERS_MAX:
            break
        if _depth(plain[: match.start() + 1]) == 1:
            name, value = (head[slice(*match.span(group))] for group in (1, 2))
            members.append((_name(name), value))
    names = {name for name, _ in members}
    ids = [value for name, value in members if name == "id"]
    request_id = _id(ids[0]) if len(ids) == 1 else None
    return Outline(request_id, "method" in names, "result" in names or "error" in names)


def valid_id(value: object) -> Id | None:
    """The id of a message, if this is one."""
    if type(value) is int:
        return value if ID_MIN <= value <= ID_MAX else None
    return value if type(value) is str else None


def number_meant(id: object) -> int | None:
    """The number that a text or a fraction stands for, as some clients write all of their ids."""
    value = _read(id) if type(id) is str and len(id) <= _ID_CHARS_MAX else id
    number = int(value) if type(value) is float and value.is_integer() else value
    return number if type(number) is int and valid_id(number) is not None else None


def _read(text: str) -> object:
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        return None


def _name(encoded: bytes) -> str:
    """What a member is called, whose name may be spelt out in escapes; if it is no name, an id."""
    try:
        return str(from_json(b'"%b"' % encoded))
    except ValueError:
        return "id"


def _id(value: bytes) -> Id | None:
    try:
        return valid_id(from_json(value))
    except ValueError:
        return None


def _depth(before: bytes) -> int:
    """How many brackets are open here; -1 within a string."""
    pieces = before.split(b'"')
    if len(pieces) % 2 == 0:
        return -1
    outside = b"".join(pieces[::2])
    opened, closed = map(outside.count, b"{["), map(outside.count, b"}]")
    return sum(opened) - sum(closed)
