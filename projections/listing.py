"""Reading the view of threads: one, or a page of many in a chosen order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sqlalchemy import (
    ColumnElement,
    Select,
    UnaryExpression,
    and_,
    bindparam,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql.operators import custom_op

from threadhost.events.store.database import ReadableDatabase
from threadhost.projections.threads import CHOSEN, texts, threads

T = TypeVar("T")
HITS_MAX = 500
"""Up to so many hits of a search are sorted; with more a page is soon full on a walk in order."""

SortKey = Literal["created_at", "updated_at", "recency_at"]
_SORT = {
    "created_at": threads.c.created_at_ms,
    "updated_at": threads.c.updated_at_ms,
    "recency_at": threads.c.recency_at_ms,
}
_COLUMNS = (*threads.c, *(texts.c[name] for name in (*CHOSEN, "name", "preview")))
_JOINED = select(*_COLUMNS).join(texts, texts.c.thread_id == threads.c.id)
_HIT = or_(
    texts.c.name.like(bindparam("pattern"), escape="\\"),
    texts.c.preview.like(bindparam("pattern"), escape="\\"),
)
_HITS = select(texts.c.thread_id).where(_HIT).limit(HITS_MAX + 1)
_ONE = _JOINED.where(threads.c.id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread as the view has it; times in milliseconds since the epoch."""

    id: str
    session_id: str
    parent_id: str | None
    forked_from_id: str | None
    depth: int
    ephemeral: bool
    source: str
    history_mode: str
    created_at_ms: int
    updated_at_ms: int
    recency_at_ms: int
    archived: bool
    listed: bool
    model: str | None
    model_provider: str | None
    cwd: str | None
    originator: str | None
    thread_source: str | None
    agent_nickname: str | None
    agent_role: str | None
    name: str | None
    preview: str | None

    def key(self, sort: SortKey) -> tuple[int, str]:
        """Where the thread stands in this order."""
        return {
            "created_at": self.created_at_ms,
            "updated_at": self.updated_at_ms,
            "recency_at": self.recency_at_ms,
        }[sort], self.id


@dataclass(frozen=True, slots=True)
class ThreadQuery:
    """Which threads, in which order, from where on. None does not filter."""

    sort: SortKey = "created_at"
    descending: bool = True
    after: tuple[int, str] | None = None
    limit: int = 25
    archived: bool = False
    providers: Sequence[str] | None = None
    sources: Sequence[str] | None = None
    cwds: Sequence[str] | None = None
    originators: Sequence[str] | None = None
    parent_id: str | None = None
    ancestor_id: str | None = None
    excluded: Sequence[str] | None = None
    search: str | None = None


def thread_row(database: ReadableDatabase, thread_id: str) -> ThreadRow | None:
    """One thread, archived or not, or None."""
    rows = database.rows(_ONE, {"of": thread_id})
    return ThreadRow(*rows[0]) if rows else None


def thread_page(database: ReadableDatabase, query: ThreadQuery) -> list[ThreadRow]:
    """The next threads of a query; one more than its limit where there are more."""
    if not query.search:
        return [ThreadRow(*row) for row in database.rows(_page(query))]
    pattern = {"pattern": f"%{_escaped(query.search)}%"}
    hits = [row[0] for row in database.rows(_HITS, pattern)]
    if not hits:
        return []
    page = _page(query, hits if len(hits) <= HITS_MAX else None)
    return [ThreadRow(*row) for row in database.rows(page, pattern)]


def _page(query: ThreadQuery, hits: Sequence[str] | None = None) -> Select[*tuple[Any, ...]]:
    """Walk through the threads in order, or sort the few that a search has found."""
    by: ColumnElement[int] = _SORT[query.sort]
    archived: ColumnElement[bool] = threads.c.archived
    where = [threads.c.listed.is_(True), *_filters(query)]
    if hits is not None:
        by, archived = _unindexed(by), _unindexed(archived)
        where.append(threads.c.id.in_(hits))
    elif query.search:
        where.append(_HIT)
    where.append(archived == query.archived)
    if query.after is not None:
        place, start = tuple_(by, threads.c.id), tuple_(*query.after)
        where.append(place < start if query.descending else place > start)
    order = (by.desc(), threads.c.id.desc()) if query.descending else (by.asc(), threads.c.id.asc())
    return _JOINED.where(and_(*where)).order_by(*order).limit(query.limit + 1)


def _unindexed(column: ColumnElement[T]) -> ColumnElement[T]:
    """The column with a sign before it, which keeps SQLite from going by an index of it."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


def _filters(query: ThreadQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, wanted in (
        (texts.c.model_provider, query.providers),
        (threads.c.source, query.sources),
        (texts.c.cwd, query.cwds),
        (texts.c.originator, query.originators),
    ):
        if wanted is not None:
            found.append(column.in_(wanted))
    if query.parent_id is not None:
        found.append(threads.c.parent_id == query.parent_id)
    if query.ancestor_id is not None:
        found.append(threads.c.id.in_(_descendants(query.ancestor_id)))
    if query.excluded:
        found.append(threads.c.id.not_in(query.excluded))
    return found


def _descendants(ancestor_id: str) -> Select[tuple[str]]:
    below = select(threads.c.id).where(threads.c.parent_id == ancestor_id).cte(recursive=True)
    further = threads.alias()
    below = below.union(select(further.c.id).where(further.c.parent_id == below.c.id))
    return select(below.c.id)


def _escaped(term: str) -> str:
    return term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
