"""`thread/search/stream`: a search that sends its first hits early; and the ends of searches."""

import asyncio
from collections.abc import Iterator

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.large_answers import SMALLER_PAGES
from threadhost.adapters.jsonrpc.methods.common import page_limit
from threadhost.adapters.jsonrpc.methods.search import search_page
from threadhost.adapters.jsonrpc.models.thread_search import (
    ThreadSearchParams,
    ThreadSearchResponse,
    ThreadSearchResult,
)
from threadhost.adapters.jsonrpc.models.thread_search_stream import (
    ThreadSearchCancelParams,
    ThreadSearchCancelResponse,
    ThreadSearchPartialNotification,
)
from threadhost.adapters.jsonrpc.registry import method

FIRST_HITS = 5
GROWTH = 4
"""The factor between the sizes of successive parts: a hundred hits take three searches."""


@method(
    "thread/search/stream", ThreadSearchParams, experimental=True, reads=True, large=SMALLER_PAGES
)
async def stream_search(params: ThreadSearchParams, call: Call) -> ThreadSearchResponse:
    """Search like `thread/search`, and send first hits early, in `thread/search/partial`."""
    return await call.session.cancellable.run(call.cancel_key, _in_parts(params, call))


async def _in_parts(params: ThreadSearchParams, call: Call) -> ThreadSearchResponse:
    """The parts as one page; the hits of each part but the last are notified as they are found.

    A thread that has moved in the order meanwhile is in the page once, where it was found first.
    """
    limits = call.app.settings.limits
    room_bytes = limits.frame_bytes_max - limits.page_bytes_max
    hits: dict[str, ThreadSearchResult] = {}
    backwards_cursor, cursor = None, params.cursor
    for limit, is_last in _parts(page_limit(params.limit)):
        part = await search_page(params.model_copy(update={"limit": limit, "cursor": cursor}), call)
        new_hits = {hit.thread.id: hit for hit in part.data if hit.thread.id not in hits}
        hits |= new_hits
        backwards_cursor, cursor = backwards_cursor or part.backwards_cursor, part.next_cursor
        room_bytes -= len(part.encode())
        if cursor is None or is_last or room_bytes < 0:
            break
        _tell([*new_hits.values()], call)
        # Lets the loop send the part, and read a request to cancel, before the next part.
        await asyncio.sleep(0)
    return ThreadSearchResponse(
        data=[*hits.values()], next_cursor=cursor, backwards_cursor=backwards_cursor
    )


def _parts(limit: int) -> Iterator[tuple[int, bool]]:
    """The limit of each part of a page, and whether it is the last one."""
    size = FIRST_HITS
    while limit > size:
        yield size, False
        limit -= size
        size *= GROWTH
    yield limit, True


def _tell(hits: list[ThreadSearchResult], call: Call) -> None:
    partial = ThreadSearchPartialNotification(request_id=call.request_id, data=hits)
    call.session.delivery.deliver_now(call.app.hub.notice(partial))


@method(
    "thread/search/cancel", ThreadSearchCancelParams, experimental=True, reads=True, is_ahead=True
)
async def cancel_search(params: ThreadSearchCancelParams, call: Call) -> ThreadSearchCancelResponse:
    """Cancel a `thread/search` of this connection; no error if it is over or never existed."""
    call.session.cancel(("thread/search", params.request_id))
    return ThreadSearchCancelResponse()


@method(
    "thread/search/stream/cancel",
    ThreadSearchCancelParams,
    experimental=True,
    reads=True,
    is_ahead=True,
)
async def cancel_stream(params: ThreadSearchCancelParams, call: Call) -> ThreadSearchCancelResponse:
    """Cancel a `thread/search/stream` of this connection, like `thread/search/cancel`."""
    call.session.cancel(("thread/search/stream", params.request_id))
    return ThreadSearchCancelResponse()
