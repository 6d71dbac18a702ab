"""Cursors: a place in an order as text that clients hand back unread; good across restarts."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from pydantic_core import from_json, to_json

from threadhost.adapters.jsonrpc.errors import RpcError, refusal

SHOWN_CHARS_MAX = 100
NUMBER_MAX = 2**63 - 1
"""What a database can compare with a number of its own."""


def cursor(*place: str | int) -> str:
    """The text of a place."""
    return urlsafe_b64encode(to_json(place)).rstrip(b"=").decode()


def place(text: str, *types: type[str | int]) -> tuple[str | int, ...]:
    """The place that a text stands for, of these types. Raises RpcError for any other text."""
    try:
        parts = from_json(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        raise invalid(text) from None
    if not isinstance(parts, list) or tuple(map(type, parts)) != types:
        raise invalid(text)
    if any(isinstance(part, int) and not 0 <= part <= NUMBER_MAX for part in parts):
        raise invalid(text)
    return tuple(parts)


def invalid(text: str) -> RpcError:
    """What is said of a text that stands for no place here."""
    return refusal("invalidCursor", f"invalid cursor: {text[:SHOWN_CHARS_MAX]}")
