"""`thread/search`: threads that contain a text, with the text around the hit."""

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
    """By which time hits are ordered; `created_at` without it, or null."""
    sort_direction: SortDirection | None = None
    """`desc` for the newest first, as without it, or null; `asc` for the oldest first."""
    source_kinds: list[ThreadSourceKind] | None = None
    """Where threads may come from; without it, empty or null, `cli` and `vscode`."""
    archived: bool | None = None
    """Whether threads that are put away are searched, and only these; null for the others."""
    search_term: str
    """The text to look for in names and first words, in any case; not blank, at most 1,000
    characters."""
    include_attached_threads: bool = False
    """Taken and not used: no thread is attached to another here."""
    current_account_only: bool = False
    """Taken and not used: the host keeps no accounts."""


class ThreadSearchResult(Wire):
    """A thread, and the text around the first place where it was found."""

    thread: Thread
    snippet: str
    """The text around the first place where it was found."""


class ThreadSearchResponse(Result):
    """One page; the cursors lead on and back from it."""

    data: list[ThreadSearchResult]
    """The hits, in the order asked for."""
    next_cursor: str | None = None
    backwards_cursor: str | None = None
