"""`thread/list` and `thread/loaded/list`: pages of threads, and of the ids of those loaded."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result
from threadhost.adapters.jsonrpc.models.scalars import U32, OneOrMany
from threadhost.adapters.jsonrpc.models.source import ThreadSourceKind
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.adapters.jsonrpc.models.thread_read import ThreadReadState
from threadhost.events.empty import no_dict

SortDirection = Literal["asc", "desc"]
ThreadSortKey = Literal["created_at", "updated_at", "recency_at", "section_position"]
ThreadListCwdFilter = Annotated[str | list[str], OneOrMany("ThreadListCwdFilter")]


class ThreadListParams(Params):
    """The threads to list, their order, and the start of the page.

    For `project_id` and `section_id` null means "those without one" and absent means "all": see
    `model_fields_set`.
    """

    experimental: ClassVar[tuple[str, ...]] = (
        *("project_id", "parent_thread_id", "ancestor_thread_id", "attached_to_thread_id"),
        "include_attached_threads",
    )
    cursor: str | None = None
    limit: U32 | None = None
    sort_key: ThreadSortKey | None = None
    """The time by which threads are sorted; `created_at` if absent or null, or for a key that no
    thread here has."""
    sort_direction: SortDirection | None = None
    """`desc` for the newest first, which is the default if absent or null; `asc` for the oldest
    first."""
    model_providers: list[str] | None = None
    """The providers of the threads to return; if absent, empty or null, any."""
    source_kinds: list[ThreadSourceKind] | None = None
    """The sources of the threads to return; if absent, empty or null, `cli` and `vscode`, or all
    sources if a parent or an ancestor is given."""
    originators: list[str] | None = None
    """The names of clients that started the threads to return; empty or null for all."""
    archived: bool | None = None
    """Whether to list only archived threads; null for only the others."""
    section_id: str | None = None
    """The section of the threads: no thread has one, so any id finds nothing; absent or null for
    all."""
    project_id: str | None = None
    """The project of the threads: no thread has one, so any id finds nothing; absent or null for
    all."""
    cwd: ThreadListCwdFilter | None = None
    """The working folder or folders of the threads; null for any."""
    use_state_db_only: bool = False
    """Ignored: the host has only one source to list from."""
    search_term: str | None = None
    """A text that the name or the first words must contain, in any case; at most 1,000 characters;
    null for all."""
    parent_thread_id: str | None = None
    """The id of their parent; null for any."""
    ancestor_thread_id: str | None = None
    """The id of an ancestor of theirs, at any depth; null for any."""
    attached_to_thread_id: str | None = None
    """The id of a thread that they are attached to: no thread is attached, so any id finds nothing;
    null for all."""
    include_attached_threads: bool = False
    """Ignored: no thread is attached to another here."""
    included_thread_ids: list[str] | None = None
    """The only threads to list, at most 100; null for all."""
    excluded_thread_ids: list[str] | None = None
    """The threads to leave out; null for none."""
    current_account_only: bool = False
    """Ignored: the host keeps no accounts."""

    def experimental_use(self, method: str) -> str | None:
        """As in Params, but `project_id` is also used if it is null."""
        if "project_id" in self.model_fields_set:
            return f"{method}.projectId"
        return super().experimental_use(method)


class ThreadListResponse(Result):
    """One page, with the cursors of the next and the previous one."""

    data: list[Thread]
    """The threads, in the requested order."""
    read_states: dict[str, ThreadReadState] | None = Field(default_factory=no_dict)
    """Always empty: the host does not store what a person has read."""
    next_cursor: str | None = None
    backwards_cursor: str | None = None


class ThreadLoadedListParams(Params):
    """From where, and how many."""

    cursor: str | None = None
    """The id after which the page begins: the `nextCursor` of the page before; null for the first
    page."""
    limit: U32 | None = None
    """The largest number of ids of the page, at least 1; no limit if absent or null."""


class ThreadLoadedListResponse(Result):
    """One page of the ids of loaded threads."""

    data: list[str]
    """The ids of loaded threads, in their order."""
    next_cursor: str | None = None
