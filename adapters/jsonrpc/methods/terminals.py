"""`thread/backgroundTerminals/list`: background commands of a thread; the host runs none."""

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import canonical, thread_reading
from threadhost.adapters.jsonrpc.methods.paging import page
from threadhost.adapters.jsonrpc.models.terminal_list import (
    ThreadBackgroundTerminalsListParams,
    ThreadBackgroundTerminalsListResponse,
)
from threadhost.adapters.jsonrpc.registry import method


@method(
    "thread/backgroundTerminals/list",
    ThreadBackgroundTerminalsListParams,
    scope=thread_reading,
    experimental=True,
    reads=True,
)
async def list_terminals(
    params: ThreadBackgroundTerminalsListParams, call: Call
) -> ThreadBackgroundTerminalsListResponse:
    """Answer that a thread has no background terminals: the host runs no commands."""
    thread_id = canonical(params.thread_id)
    await call.app.reading.known(thread_id)
    nothing: list[object] = []
    listed, following = page(nothing, params.cursor, params.limit)
    return ThreadBackgroundTerminalsListResponse(data=list(listed), next_cursor=following)
