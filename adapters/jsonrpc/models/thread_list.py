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

    For `project_id` and `section_id` null means "those without one" and absent means "all": ask
    `model_fields_set`.
    """

    experimental: ClassVar[tuple[str, ...]] = (
        *("project_id", "parent_thread_id", "ancestor_thread_id", "attached_to_thread_id"),
        "include_attached_threads",
    )
    cursor: str | None = None
    limit: U32 | None = None
    sort_key: ThreadSortKey | None = None
    sort_direction: SortDirection | None = None
    model_providers: list[str] | None = None
    source_kinds: list[ThreadSourceKind] | None = None
    originators: list[str] | None = None
    archived: bool | None = None
    section_id: str | None = None
    project_id: str | None = None
    cwd: ThreadListCwdFilter | None = None
    use_state_db_only: bool = False
    search_term: str | None = None
    parent_thread_id: str | None = None
    ancestor_thread_id: str | None = None
    attached_to_thread_id: str | None = None
    include_attached_threads: bool = False
    included_thread_ids: list[str] | None = None
    excluded_thread_ids: list[str] | None = None
    current_account_only: bool = False

    def experimental_use(self, method: str) -> str | None:
        """As elsewhere, but `project_id` says something also where it is null."""
        if "project_id" in self.model_fields_set:
            return f"{method}.projectId"
        return super().experimental_use(method)


class ThreadListResponse(Result):
    """One page; the cursors lead on and back from it."""

    data: list[Thread]
    read_states: dict[str, ThreadReadState] | None = Field(default_factory=no_dict)
    next_cursor: str | None = None
    backwards_cursor: str | None = None


class ThreadLoadedListParams(Params):
    """From where, and how many."""

    cursor: str | None = None
    limit: U32 | None = None


class ThreadLoadedListResponse(Result):
    """One page of the ids of loaded threads."""

    data: list[str]
    next_cursor: str | None = None
