"""`host/thread/logs`: the host's notes of its own work for a thread."""

from typing import Any, Literal

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32, U64


class ThreadLogsParams(Params):
    """A thread, live or stored; `cursor` is the `nextCursor` of the page before."""

    thread_id: str
    cursor: str | None = None
    limit: U32 | None = None
    """How many lines the page has at most, 1 to 1,000; 100 without it, or null."""


class ThreadLogLine(Wire):
    """One line: nothing in it was said by a client or a model.

    `version` is the version of the event in the thread's stream with more details, 0 for none.
    """

    at_ms: U64
    """When it was noted, in milliseconds since 1970."""
    level: Literal["info", "warn", "error"]
    """How much it matters, as logs have it."""
    event: str
    """What happened, in one word."""
    turn_id: str | None = None
    """The turn it belongs to, by its id; null if it is of none."""
    version: U64
    """The version in the thread's stream of the event that says more; 0 if there is none."""
    details: dict[str, Any]
    """Numbers, codes and ids: nothing that a client or a model said."""


class ThreadLogsResponse(Result):
    """A page, the oldest line first; `nextCursor` is null at the end of what there is."""

    data: list[ThreadLogLine]
    """The lines, the oldest first."""
    next_cursor: str | None = None
    """The `cursor` of the page that follows; null at the end of what there is."""
    missing: U64
    """How many entries of the page are gone or cannot be read, as in a home that was damaged; 0 in
    one that is sound. `threadhost log verify` says more."""
