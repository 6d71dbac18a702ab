"""`thread/search`: threads whose name or beginning holds a text."""

import re

from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, RpcError
from threadhost.adapters.jsonrpc.methods.listing import page_of, query_of
from threadhost.adapters.jsonrpc.models.thread_list import ThreadListParams
from threadhost.adapters.jsonrpc.models.thread_search import (
    ThreadSearchParams,
    ThreadSearchResponse,
    ThreadSearchResult,
)
from threadhost.adapters.jsonrpc.registry import method
from threadhost.projections.listing import ThreadRow

AROUND_CHARS = 80
"""What is shown of a text before and after the place that was found."""


@method("thread/search", ThreadSearchParams, experimental=True)
async def search_threads(params: ThreadSearchParams, call: Call) -> ThreadSearchResponse:
    """One page of the threads that a list would show and that hold a text, letter by letter."""
    if not params.search_term.strip():
        raise RpcError(INVALID_REQUEST, "thread/search requires a non-empty searchTerm")
    wanted = ThreadListParams(
        cursor=params.cursor,
        limit=params.limit,
        sort_key=params.sort_key,
        sort_direction=params.sort_direction,
        source_kinds=params.source_kinds,
        archived=params.archived,
        search_term=params.search_term,
    )
    query = query_of(wanted)
    if query is None:
        return ThreadSearchResponse(data=[])
    page = page_of(query, call)
    return ThreadSearchResponse(
        data=[_result(row, params.search_term, call) for row in page.rows],
        next_cursor=page.next_cursor,
        backwards_cursor=page.backwards_cursor,
    )


def _result(row: ThreadRow, term: str, call: Call) -> ThreadSearchResult:
    thread = render.thread(row, call.app.host.threads.status(row.id))
    return ThreadSearchResult(thread=thread, snippet=snippet(row, term))


def snippet(row: ThreadRow, term: str) -> str:
    """The text around the first hit in a thread's name, or else in its beginning."""
    # The search knows of upper and lower case in ASCII alone, as SQLite's LIKE does.
    pattern = re.compile(re.escape(term), re.IGNORECASE | re.ASCII)
    for text in (row.name or "", row.preview or ""):
        hit = pattern.search(text)
        if hit is not None:
            return _cut(text, max(0, hit.start() - AROUND_CHARS), hit.end() + AROUND_CHARS)
    return ""


def _cut(text: str, start: int, end: int) -> str:
    return f"{'…' * (start > 0)}{text[start:end]}{'…' * (end < len(text))}"
