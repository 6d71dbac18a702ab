"""Cursors of lists: a place in an order as opaque text, which stays valid over restarts."""

from base64 import b64decode, urlsafe_b64encode

from pydantic_core import from_json, to_json

from threadhost.adapters.jsonrpc.errors import RpcError, refusal
from threadhost.events.words import truncate

SHOWN_CHARS_MAX = 100
NUMBER_MAX = 2**63 - 1
"""The largest integer that a database can compare."""
_STANDARD = str.maketrans("-_", "+/")


def cursor(*place: str | int) -> str:
    """The cursor of a place."""
    return urlsafe_b64encode(to_json(place)).rstrip(b"=").decode()


def place(text: str, *types: type[str | int]) -> tuple[str | int, ...]:
    """The place of a cursor, with values of these types. Raises RpcError for any other text."""
    # Python 3.15's decoder of this alphabet warns of the characters of the other one.
    encoded = text.translate(_STANDARD) + "=" * (-len(text) % 4)
    try:
        parts = from_json(b64decode(encoded))
    except ValueError:
        raise invalid(text) from None
    if not isinstance(parts, list) or tuple(map(type, parts)) != types:
        raise invalid(text)
    if any(isinstance(part, int) and not 0 <= part <= NUMBER_MAX for part in parts):
        raise invalid(text)
    return tuple(parts)


def invalid(text: str) -> RpcError:
    """The refusal of a text that is no valid cursor."""
    return refusal("invalidCursor", f"invalid cursor: {truncate(text, SHOWN_CHARS_MAX)}")
