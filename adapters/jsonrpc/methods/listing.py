"""`thread/list` and `thread/loaded/list`: pages of threads, and of the ids of live ones."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import get_args

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.client_profile import kept_name
from threadhost.adapters.jsonrpc.cursor import cursor, invalid, place
from threadhost.adapters.jsonrpc.errors import INVALID_PARAMS, invalid_field_error, refusal
from threadhost.adapters.jsonrpc.large_answers import SMALLER_PAGES
from threadhost.adapters.jsonrpc.methods.common import absolute, canonical, page_limit
from threadhost.adapters.jsonrpc.models.ids import thread_id as thread_id_of
from threadhost.adapters.jsonrpc.models.thread_list import (
    ThreadListParams,
    ThreadListResponse,
    ThreadLoadedListParams,
    ThreadLoadedListResponse,
)
from threadhost.adapters.jsonrpc.registry import method
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import AGENT_JOB, AGENT_SOURCE
from threadhost.projections.listing import SortKey, ThreadQuery, ThreadRow
from threadhost.projections.thread_search import SearchPage

AT_MS_MAX = 2**63 - 1
SEARCH_CHARS_MAX = 1000
INCLUDED_MAX = 100
INTERACTIVE = ("cli", "vscode")
SOURCES: Mapping[str, Sequence[str]] = {
    "subAgent": (AGENT_SOURCE, AGENT_JOB),
    "subAgentOther": (AGENT_JOB,),
}
"""The sources of threads by kind, for kinds that are named otherwise."""
UNSUPPORTED_FILTERS = ("section_id", "project_id", "attached_to_thread_id")
"""Filters that match no thread of this host."""
SORT_KEYS = get_args(SortKey)


@method("thread/list", ThreadListParams, reads=True, large=SMALLER_PAGES)
async def list_threads(params: ThreadListParams, call: Call) -> ThreadListResponse:
    """List one page of stored threads that had a turn."""
    query = query_of(params, call.session.folder)
    if query is None:
        return ThreadListResponse(data=[])
    page = await page_of(query, params.search_term, call)
    return ThreadListResponse(
        data=[call.app.shown.thread(row) for row in page.rows],
        next_cursor=page.next_cursor,
        backwards_cursor=page.backwards_cursor,
    )


class ThreadPage(NamedTuple):
    """The threads of a page, and the cursors of the next page and of the way back."""

    rows: list[ThreadRow]
    next_cursor: str | None
    backwards_cursor: str | None


async def page_of(query: ThreadQuery, text: str | None, call: Call) -> ThreadPage:
    """The next threads of a query; with a text, only those that contain it.

    They are fewer than its limit if all would be too large for an answer or take too long to find.
    """
    rows, stopped_at = (
        await _search(query, text, call) if text else (await call.app.reading.page(query), None)
    )
    page = _fitting(rows[: query.limit], call.app.settings.limits.page_bytes_max)
    last = page[-1].key(query.sort) if len(rows) > len(page) else stopped_at
    following = None if last is None else cursor(query.sort, *last)
    return ThreadPage(page, following, _cursor(page[0], query) if page else None)


async def _search(query: ThreadQuery, text: str, call: Call) -> SearchPage:
    app = call.app
    until = app.clock.monotonic() + app.settings.limits.search_timeout_ms / 1000
    look = partial(app.reading.hits, query, text, lambda: app.clock.monotonic() > until)
    return await app.off_loop.awaited(look)


def _fitting(rows: list[ThreadRow], bytes_max: int) -> list[ThreadRow]:
    """The first rows that fit into the limit, at least one."""
    sizes = accumulate(row.bytes_max for row in rows)
    count = sum(1 for size in sizes if size <= bytes_max)
    return rows[: max(1, count)]


def query_of(params: ThreadListParams, folder: str) -> ThreadQuery | None:
    """The query of the view, with relative paths from this folder; None if nothing can match.

    Raises RpcError.
    """
    if params.search_term is not None and len(params.search_term) > SEARCH_CHARS_MAX:
        words = f"searchTerm is longer than {SEARCH_CHARS_MAX} characters"
        raise invalid_field_error("searchTerm", words)
    included = None if params.included_thread_ids is None else _included(params.included_thread_ids)
    if included == [] or any(getattr(params, name) is not None for name in UNSUPPORTED_FILTERS):
        return None
    sort: SortKey = "created_at"
    if params.sort_key in SORT_KEYS:
        sort = params.sort_key  # type: ignore[assignment]
    cwds = [params.cwd] if isinstance(params.cwd, str) else params.cwd
    return ThreadQuery(
        sort=sort,
        descending=params.sort_direction != "asc",
        after=_place(params.cursor, sort),
        limit=page_limit(params.limit),
        archived=bool(params.archived),
        providers=params.model_providers or None,
        sources=_sources(params),
        cwds=None if cwds is None else [absolute(cwd, folder) for cwd in cwds],
        originators=params.originators and [*map(kept_name, params.originators)],
        parent_id=_canonical(params.parent_thread_id, "parent"),
        ancestor_id=_canonical(params.ancestor_thread_id, "ancestor"),
        included=included,
        excluded=_all_canonical(params.excluded_thread_ids or (), "excluded"),
    )


def _included(thread_ids: list[str]) -> list[str]:
    if len(thread_ids) > INCLUDED_MAX:
        words = f"includedThreadIds accepts at most {INCLUDED_MAX} entries"
        raise refusal("tooManyItems", words, code=INVALID_PARAMS)
    return _all_canonical(thread_ids, "included")


def _all_canonical(thread_ids: Sequence[str], kind: str) -> list[str]:
    try:
        return [thread_id_of(text) for text in thread_ids]
    except ValueError as error:
        words = f"invalid {kind} thread id: {error}"
        raise refusal("invalidId", words, code=INVALID_PARAMS) from None


def _canonical(thread_id: str | None, kind: str) -> str | None:
    return None if thread_id is None else canonical(thread_id, f"{kind} thread")


def _sources(params: ThreadListParams) -> list[str] | None:
    if params.source_kinds:
        return [source for kind in params.source_kinds for source in SOURCES.get(kind, (kind,))]
    if params.parent_thread_id is not None or params.ancestor_thread_id is not None:
        return None
    return list(INTERACTIVE)


def _cursor(row: ThreadRow, query: ThreadQuery) -> str:
    return cursor(query.sort, *row.key(query.sort))


def _place(text: str | None, sort: SortKey) -> tuple[int, str] | None:
    if text is None:
        return None
    sorted_by, at, thread_id = place(text, str, int, str)
    if sorted_by != sort or not 0 <= int(at) <= AT_MS_MAX:
        raise invalid(text)
    return int(at), str(thread_id)


def _thread_id(text: str) -> str:
    try:
        return thread_id_of(text)
    except ValueError:
        raise invalid(text) from None


@method("thread/loaded/list", ThreadLoadedListParams, reads=True, large=SMALLER_PAGES)
async def list_loaded(params: ThreadLoadedListParams, call: Call) -> ThreadLoadedListResponse:
    """List one page of the ids of loaded threads, in the order of ids."""
    ids = sorted(call.app.host.live.ids())
    if params.cursor is not None:
        after = _thread_id(params.cursor)
        ids = [thread_id for thread_id in ids if thread_id > after]
    limit = max(1, params.limit) if params.limit is not None else len(ids)
    page = ids[:limit]
    return ThreadLoadedListResponse(
        data=page, next_cursor=page[-1] if len(ids) > len(page) else None
    )
