"""`thread/search`: threads whose name or beginning contains a text."""

from functools import partial

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import invalid_field_error
from threadhost.adapters.jsonrpc.large_answers import SMALLER_PAGES
from threadhost.adapters.jsonrpc.methods.listing import page_of, query_of
from threadhost.adapters.jsonrpc.models.thread_list import ThreadListParams
from threadhost.adapters.jsonrpc.models.thread_search import (
    ThreadSearchParams,
    ThreadSearchResponse,
    ThreadSearchResult,
)
from threadhost.adapters.jsonrpc.registry import method
from threadhost.projections.case_folding import SEARCHED_CHARS_MAX, folded, place_of
from threadhost.projections.listing import ThreadRow

AROUND_CHARS = 80
"""The characters that are shown before and after a hit."""


@method("thread/search", ThreadSearchParams, experimental=True, reads=True, large=SMALLER_PAGES)
async def search_threads(params: ThreadSearchParams, call: Call) -> ThreadSearchResponse:
    """Return one page of the listed threads that contain a text."""
    return await call.session.cancellable.run(call.cancel_key, search_page(params, call))


async def search_page(params: ThreadSearchParams, call: Call) -> ThreadSearchResponse:
    """The page of hits; blanks around the search term do not count. Raises RpcError."""
    text = params.search_term.strip()
    term = folded(text)
    if not term.strip():
        raise invalid_field_error("searchTerm", "thread/search requires a non-empty searchTerm")
    list_params = ThreadListParams(
        cursor=params.cursor,
        limit=params.limit,
        sort_key=params.sort_key,
        sort_direction=params.sort_direction,
        source_kinds=params.source_kinds,
        archived=params.archived,
        search_term=text,
    )
    query = query_of(list_params, call.session.folder)
    if query is None:
        return ThreadSearchResponse(data=[])
    page = await page_of(query, text, call)
    snippets = await call.app.off_loop.run(lambda: [snippet(row, term) for row in page.rows])
    return ThreadSearchResponse(
        data=list(map(partial(_result, call), page.rows, snippets)),
        next_cursor=page.next_cursor,
        backwards_cursor=page.backwards_cursor,
    )


def _result(call: Call, row: ThreadRow, around: str) -> ThreadSearchResult:
    thread = call.app.shown.thread(row)
    return ThreadSearchResult(thread=thread, snippet=around)


def snippet(row: ThreadRow, term: str) -> str:
    """The text around the first hit in a thread's name, or else in its beginning."""
    for text in (row.name or "", row.preview or ""):
        searched = text[:SEARCHED_CHARS_MAX]
        if term in folded(searched):
            # `place_of` folds letter by letter: it misses a hit that only combined letters give.
            start, end = place_of(term, searched) or (0, 0)
            return _cut(text, max(0, start - AROUND_CHARS), end + AROUND_CHARS)
    return ""


def _cut(text: str, start: int, end: int) -> str:
    words = " ".join(text[start:end].split())
    return f"{'…' * (start > 0)}{words}{'…' * (end < len(text))}"
