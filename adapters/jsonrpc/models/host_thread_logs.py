"""`host/thread/logs`: the host's notes of its own work for a thread."""

from typing import Any, Literal

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32, U64


class ThreadLogsParams(Params):
    """A thread, live or stored; `cursor` is the `nextCursor` of the page before."""

    thread_id: str
    cursor: str | None = None
    limit: U32 | None = None
    """The largest number of lines of the page, 1 to 1,000; 100 if absent or null."""


class ThreadLogLine(Wire):
    """One line of the program log; it contains no words of clients or models.

    `version` is the version of the event in the thread's stream with more details, 0 for none.
    """

    at_ms: U64
    """The time of the line, in milliseconds since 1970."""
    level: Literal["info", "warn", "error"]
    """The level of the line."""
    event: str
    """The event, in one word."""
    turn_id: str | None = None
    """The id of the turn that it belongs to; null for none."""
    version: U64
    """The version, in the thread's stream, of the event with the details; 0 if there is none."""
    details: dict[str, Any]
    """Numbers, codes and ids; no words of clients or models."""


class ThreadLogsResponse(Result):
    """A page, the oldest line first; `nextCursor` is null at the end."""

    data: list[ThreadLogLine]
    """The lines, the oldest first."""
    next_cursor: str | None = None
    """The `cursor` of the next page; null at the end."""
    missing: U64
    """The number of entries of the page that are missing or unreadable in a damaged home; 0 in a
    sound one. `threadhost log verify` says more."""
