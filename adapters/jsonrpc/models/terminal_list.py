"""`thread/backgroundTerminals/list`: commands that a thread left running."""

from threadhost.adapters.jsonrpc.models.base import Params, Result
from threadhost.adapters.jsonrpc.models.scalars import U32


class ThreadBackgroundTerminalsListParams(Params):
    """The thread, the start of the page, and its size."""

    thread_id: str
    cursor: str | None = None
    """Refused unless it is null: there is one page, and it is empty."""
    limit: U32 | None = None
    """The largest number of entries of the page, null for any; the page is always empty."""


class ThreadBackgroundTerminalsListResponse(Result):
    """One page of background terminals, which is always empty."""

    data: list[object]
    """The background terminals: always none."""
    next_cursor: str | None = None
