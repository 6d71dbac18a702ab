"""What an unreadable message shows: its id, and whether it is a request or an answer."""

import re

from pydantic_core import from_json

from threadhost.events.named_tuple import NamedTuple

Id = str | int
ID_MIN, ID_MAX = -(2**63), 2**63 - 1
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ID_CHARS_MAX = len(str(ID_MIN))
HEAD_BYTES = 2048
"""The bytes of the message that are examined: clients write the id before long members."""
MEMBERS_MAX = 16
"""The members that are examined, of those that may be the message's own."""

_SPELT_OUT = rb'[^"]*\\u00[67][^"]*+'
_MEMBER = (
    rb'[{,]\s*+"(id|method|result|error|%b)"\s*+:\s*+("[^"]*+"|-?[0-9]++(?=\s*+[,}]))?+'
    % _SPELT_OUT
)


class Outline(NamedTuple):
    """The id of a message if it can be read, and whether it has members of a call or an answer."""

    id: Id | None = None
    asks: bool = False
    answers: bool = False


def outline(data: bytes) -> Outline:
    """The outline of a message from its beginning, which need not be a whole object.

    Never raises. An id that occurs twice, or whose end is cut off, does not count.
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
    """The value if it is a valid id of a message, else None."""
    if type(value) is int:
        return value if ID_MIN <= value <= ID_MAX else None
    return value if type(value) is str else None


def integer_id(id: object) -> int | None:
    """The integer that an id stands for, also one that a client wrote as a text or a fraction."""
    value = _read(id) if type(id) is str and len(id) <= _ID_CHARS_MAX else id
    number = int(value) if type(value) is float and value.is_integer() else value
    return number if type(number) is int and valid_id(number) is not None else None


def _read(text: str) -> object:
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        return None


def _name(encoded: bytes) -> str:
    """The name of a member, with escapes decoded; "id" if it cannot be decoded."""
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
    """How many brackets are open after these bytes; -1 within a string."""
    pieces = before.split(b'"')
    if len(pieces) % 2 == 0:
        return -1
    outside = b"".join(pieces[::2])
    opened, closed = map(outside.count, b"{["), map(outside.count, b"}]")
    return sum(opened) - sum(closed)
