"""`thread/search`: threads in which a text occurs, with the place where it does."""

from typing import Literal

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32
from threadhost.adapters.jsonrpc.models.source import ThreadSourceKind
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.adapters.jsonrpc.models.thread_list import SortDirection

ThreadSearchSortKey = Literal["created_at", "updated_at", "recency_at"]


class ThreadSearchParams(Params):
    """Which text, in which threads, in what order, from where."""

    cursor: str | None = None
    limit: U32 | None = None
    sort_key: ThreadSearchSortKey | None = None
    sort_direction: SortDirection | None = None
    source_kinds: list[ThreadSourceKind] | None = None
    archived: bool | None = None
    search_term: str
    include_attached_threads: bool = False
    current_account_only: bool = False


class ThreadSearchResult(Wire):
    """A thread, and the text around the first place where it was found."""

    thread: Thread
    snippet: str


class ThreadSearchResponse(Result):
    """One page; the cursors lead on and back from it."""

    data: list[ThreadSearchResult]
    next_cursor: str | None = None
    backwards_cursor: str | None = None
