"""`thread/search`: threads that contain a text, with the text around the hit."""

from typing import Literal

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U32
from threadhost.adapters.jsonrpc.models.source import ThreadSourceKind
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.adapters.jsonrpc.models.thread_list import SortDirection

ThreadSearchSortKey = Literal["created_at", "updated_at", "recency_at"]


class ThreadSearchParams(Params):
    """The text, the threads to search, their order, and the start of the page."""

    cursor: str | None = None
    limit: U32 | None = None
    sort_key: ThreadSearchSortKey | None = None
    """The time by which hits are sorted; `created_at` if absent or null."""
    sort_direction: SortDirection | None = None
    """`desc` for the newest first, which is the default if absent or null; `asc` for the oldest
    first."""
    source_kinds: list[ThreadSourceKind] | None = None
    """The sources of the threads to return; if absent, empty or null, `cli` and `vscode`."""
    archived: bool | None = None
    """Whether to search only archived threads; null for only the others."""
    search_term: str
    """The text to look for in names and first words, in any case; not blank, at most 1,000
    characters."""
    include_attached_threads: bool = False
    """Ignored: no thread is attached to another here."""
    current_account_only: bool = False
    """Ignored: the host keeps no accounts."""


class ThreadSearchResult(Wire):
    """A thread, and the text around the first place where it was found."""

    thread: Thread
    snippet: str
    """The text around the first place where it was found."""


class ThreadSearchResponse(Result):
    """One page, with the cursors of the next and the previous one."""

    data: list[ThreadSearchResult]
    """The hits, in the requested order."""
    next_cursor: str | None = None
    backwards_cursor: str | None = None
