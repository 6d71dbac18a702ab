"""`host/thread/logs`: what the host noted of its own work for a thread."""

from typing import Any, Literal

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32, U64


class ThreadLogsParams(Params):
    """A thread, live or stored; `cursor` is the `nextCursor` of the page before."""

    thread_id: str
    cursor: str | None = None
    limit: U32 | None = None


class ThreadLogLine(Wire):
    """One line: nothing in it was said by a client or a model.

    `version` is that of the event in the thread's stream which says more, 0 if there is none.
    """

    seq: U64
    at_ms: U64
    level: Literal["info", "warn", "error"]
    event: str
    turn_id: str | None = None
    version: U64
    details: dict[str, Any]


class ThreadLogsResponse(Result):
    """A page, the oldest line first; `nextCursor` is null at the end of what there is."""

    data: list[ThreadLogLine]
    next_cursor: str | None = None
