"""Pages of short lists in memory."""

from collections.abc import Sequence
from typing import TypeVar

from threadhost.adapters.jsonrpc.cursor import invalid

T = TypeVar("T")


def page(
    items: Sequence[T], cursor: str | None, limit: int | None
) -> tuple[Sequence[T], str | None]:
    """The items of one page and the cursor of the next; a cursor counts the items before it.

    Without a limit it has all items; a limit counts as at least 1. Raises RpcError for an invalid
    cursor.
    """
    start = 0
    if cursor is not None:
        start = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else 0  # noqa: PLR2004
        if not 0 < start < len(items):
            raise invalid(cursor)
    end = len(items) if limit is None else min(len(items), start + max(1, limit))
    return items[start:end], str(end) if end < len(items) else None
