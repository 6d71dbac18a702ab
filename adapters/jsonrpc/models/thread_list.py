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
    """Which threads, in what order, from where.

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
    """By which time threads are ordered; `created_at` without it, null, or for what no thread here
    has."""
    sort_direction: SortDirection | None = None
    """`desc` for the newest first, as without it, or null; `asc` for the oldest first."""
    model_providers: list[str] | None = None
    """Providers that threads may have; without it, empty or null, any."""
    source_kinds: list[ThreadSourceKind] | None = None
    """Where threads may come from; without it, empty or null, `cli` and `vscode`, or all where a
    parent or an ancestor is given."""
    originators: list[str] | None = None
    """Clients that threads may have been started by, by their names; empty or null for all."""
    archived: bool | None = None
    """Whether those are listed that are put away, and only these; null for the others."""
    section_id: str | None = None
    """The section that threads stand in: none does, so any id finds nothing; null and absent find
    all."""
    project_id: str | None = None
    """The project that threads belong to: none does, so any id finds nothing; null and absent find
    all."""
    cwd: ThreadListCwdFilter | None = None
    """The folder, or folders, that threads work in; null for any."""
    use_state_db_only: bool = False
    """Taken and not used: there is nothing else to list from."""
    search_term: str | None = None
    """A text that the name or the first words have to hold, in any case; at most 1,000 characters;
    null for all."""
    parent_thread_id: str | None = None
    """The thread that they were started right below, by its id; null for any."""
    ancestor_thread_id: str | None = None
    """A thread that they stand below, at any depth, by its id; null for any."""
    attached_to_thread_id: str | None = None
    """A thread that they are attached to: none is, so any id finds nothing; null for all."""
    include_attached_threads: bool = False
    """Taken and not used: no thread is attached to another here."""
    included_thread_ids: list[str] | None = None
    """The only threads that may be listed, at most 100; null for all."""
    excluded_thread_ids: list[str] | None = None
    """Threads that are left out; null for none."""
    current_account_only: bool = False
    """Taken and not used: the host keeps no accounts."""

    def experimental_use(self, method: str) -> str | None:
        """As in Params, but `project_id` is also used if it is null."""
        if "project_id" in self.model_fields_set:
            return f"{method}.projectId"
        return super().experimental_use(method)


class ThreadListResponse(Result):
    """One page; the cursors lead on and back from it."""

    data: list[Thread]
    """The threads, in the order asked for."""
    read_states: dict[str, ThreadReadState] | None = Field(default_factory=no_dict)
    """Always empty: what a person has read is not kept."""
    next_cursor: str | None = None
    backwards_cursor: str | None = None


class ThreadLoadedListParams(Params):
    """From where, and how many."""

    cursor: str | None = None
    """The id behind which the page begins: the `nextCursor` of the page before; null for the
    first."""
    limit: U32 | None = None
    """How many ids the page has at most, at least 1; all without it, or null."""


class ThreadLoadedListResponse(Result):
    """One page of the ids of loaded threads."""

    data: list[str]
    """The ids of loaded threads, in their order."""
    next_cursor: str | None = None
