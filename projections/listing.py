"""Reads the view of threads: one, or a page of many in a chosen order, by keyset paging."""

from collections.abc import Sequence
from typing import Any, Literal

from threadhost.events.bounds import batches
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads
from threadhost.events.words import AGENT_SOURCE

TEXT_CHARS_MAX = 4_096
"""The longest part that is read of a thread's text; a longer text is cut and ends in `…`."""

AROUND_TEXTS_BYTES = 2_000
JSON_BYTES_A_CHAR = 6

IS_LISTED = "listed = TRUE"
"""Threads that had no turn yet are in no list, and in no index of lists; every thread begins so."""

SortKey = Literal["created_at", "updated_at", "recency_at"]
_TEXTS = (
    *("model", "model_provider", "cwd", "originator", "thread_source", "agent_nickname"),
    *("agent_role", "effort", "name", "preview", "git_sha", "git_branch", "git_origin_url"),
)
_CUT = "CASE WHEN length({0}) > {1} THEN substr({0}, 1, {1} - 1) || '…' ELSE {0} END"
_JOINED = (
    "SELECT id, session_id, parent_id, forked_from_id, depth, source, history_mode, created_at_ms,"  # noqa: S608  (of ours)
    f" updated_at_ms, recency_at_ms, {', '.join(_CUT.format(n, TEXT_CHARS_MAX) for n in _TEXTS)},"
    " daybreak, memory_mode, ephemeral, archived, listed"
    " FROM threads JOIN thread_texts ON thread_id = id AND copying IS NULL"
)
"""A fork is invisible until it is complete."""
AFTER_ANY = "g"
"""Sorts after every letter of an id."""
_BEGINNING = (
    "SELECT id FROM threads WHERE id >= :low AND id < :high AND copying IS NULL"
    " ORDER BY id LIMIT :most"
)
_NAMED = "SELECT thread_id FROM thread_texts WHERE name = :name ORDER BY thread_id LIMIT :most"
_ONE = f"{_JOINED} WHERE id = ?"
_BELOW = (
    "id IN (WITH RECURSIVE below (id) AS (SELECT id FROM threads WHERE parent_id = ?"
    " UNION SELECT threads.id FROM threads JOIN below ON threads.parent_id = below.id)"
    " SELECT id FROM below)"
)

AT_ONCE_MAX = 256
"""How many threads one query names."""
_AGENTS_ABOVE = (
    "WITH RECURSIVE above (id) AS (SELECT id FROM threads WHERE id IN ({})"
    " UNION SELECT parent_id FROM threads JOIN above USING (id) WHERE source = ?)"
    " SELECT id, parent_id FROM threads JOIN above USING (id)"
    " WHERE source = ? AND parent_id IS NOT NULL"
)


class ThreadRow(NamedTuple):
    """A thread as the view has it; times in milliseconds since the epoch."""

    id: str
    session_id: str
    parent_id: str | None
    forked_from_id: str | None
    depth: int
    source: str
    history_mode: str
    created_at_ms: int
    updated_at_ms: int
    recency_at_ms: int
    model: str | None
    model_provider: str | None
    cwd: str | None
    originator: str | None
    thread_source: str | None
    agent_nickname: str | None
    agent_role: str | None
    effort: str | None
    name: str | None
    preview: str | None
    git_sha: str | None
    git_branch: str | None
    git_origin_url: str | None
    daybreak: int | None
    memory_mode: str | None
    ephemeral: bool
    archived: bool
    listed: bool

    @property
    def begun(self) -> bool:
        """Whether it has a history; a fork has one even without a turn."""
        return self.listed or self.forked_from_id is not None

    @property
    def bytes_max(self) -> int:
        """An upper limit of its size in an answer, which contains its folder three times."""
        texts = (len(value) for value in (*self, self.cwd, self.cwd) if isinstance(value, str))
        return AROUND_TEXTS_BYTES + JSON_BYTES_A_CHAR * sum(texts)

    @classmethod
    def of(cls, row: Sequence[Any]) -> "ThreadRow":
        """Make a thread of a row of the view, in which booleans are numbers."""
        return cls._make([*row[:-3], *map(bool, row[-3:])])

    def key(self, sort: SortKey) -> tuple[int, str]:
        """Return the key of the thread in this order."""
        return {
            "created_at": self.created_at_ms,
            "updated_at": self.updated_at_ms,
            "recency_at": self.recency_at_ms,
        }[sort], self.id


class ThreadQuery(NamedTuple):
    """Which threads, in which order, after which key. None does not filter.

    A source that ends in a colon matches all sources with that prefix.
    """

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
    included: Sequence[str] | None = None
    excluded: Sequence[str] | None = None

    @property
    def is_archived(self) -> str:
        """The expression for "archived"; for named threads one that no index serves.

        The database would otherwise walk through a whole list to find a few threads by their ids.
        """
        return "archived" if self.included is None else "coalesce(archived, FALSE)"

    @property
    def by(self) -> str:
        """The expression to order by; for named threads, too, one that no index serves."""
        column = f"{self.sort}_ms"
        return column if self.included is None else f"coalesce({column}, 0)"

    @property
    def asks_for_texts(self) -> bool:
        """Whether it filters by columns of the threads' texts."""
        return (self.providers, self.cwds, self.originators) != (None, None, None)


async def thread_row(reads: Reads, thread_id: str) -> ThreadRow | None:
    """Return one thread, archived or not, or None."""
    rows = await reads.rows(_ONE, (thread_id,))
    return ThreadRow.of(rows[0]) if rows else None


async def thread_rows(reads: Reads, thread_ids: Sequence[str]) -> list[ThreadRow]:
    """Return those of these threads that exist, in no order."""
    rows: list[ThreadRow] = []
    for batch in batches(thread_ids, AT_ONCE_MAX):
        marks = ",".join("?" * len(batch))
        rows += map(ThreadRow.of, await reads.rows(f"{_JOINED} WHERE id IN ({marks})", batch))
    return rows


async def threads_with_prefix(reads: Reads, prefix: str, limit: int) -> list[str]:
    """Return the first ids with this prefix."""
    named = {"low": prefix, "high": prefix + AFTER_ANY, "most": limit}
    return [row[0] for row in await reads.rows(_BEGINNING, named)]


async def threads_named(reads: Reads, name: str, limit: int) -> list[str]:
    """Return the first ids of threads with this name."""
    return [row[0] for row in await reads.rows(_NAMED, {"name": name, "most": limit})]


async def threads_below(reads: Reads, root_id: str) -> list[str]:
    """Return the ids of all threads below one."""
    rows = await reads.rows(f"SELECT id FROM threads WHERE {_BELOW} ORDER BY id", (root_id,))  # noqa: S608
    return [row[0] for row in rows]


async def agents_above(reads: Reads, thread_ids: Sequence[str]) -> dict[str, str]:
    """The parents of these threads and of all above them, as far as they are agents."""
    parents: dict[str, str] = {}
    for batch in batches(thread_ids, AT_ONCE_MAX):
        query = _AGENTS_ABOVE.format(",".join("?" * len(batch)))
        rows = await reads.rows(query, (*batch, AGENT_SOURCE, AGENT_SOURCE))
        parents.update((agent_id, parent_id) for agent_id, parent_id in rows)
    return parents


async def thread_page(reads: Reads, query: ThreadQuery) -> list[ThreadRow]:
    """Return the next threads of a query; one more than its limit if there are more."""
    statement, values = _page(query)
    return [ThreadRow.of(row) for row in await reads.rows(statement, values)]


def _page(query: ThreadQuery) -> tuple[str, list[object]]:
    """Build the query that walks through the threads in order, or sorts the few that are named."""
    where, values = conditions(query)
    direction = "DESC" if query.descending else "ASC"
    return (
        f"{_JOINED} WHERE {where} ORDER BY {query.by} {direction}, id {direction} LIMIT ?",
        [*values, query.limit + 1],
    )


def conditions(query: ThreadQuery) -> tuple[str, list[object]]:
    """Return the condition for a query's threads, and its values."""
    where = _Where()
    where.add(f"{IS_LISTED} AND {query.is_archived} = ?", query.archived)
    _filter(where, query)
    if query.after is not None:
        where.add(f"({query.by}, id) {'<' if query.descending else '>'} (?, ?)", *query.after)
    return where.text, where.values


class _Where:
    """Conditions that are joined by AND, with the values of their placeholders."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self.conditions: list[str] = []

    @property
    def text(self) -> str:
        """The joined conditions."""
        return " AND ".join(self.conditions)

    def add(self, condition: str, *values: object) -> None:
        """Add a condition."""
        self.conditions.append(condition)
        self.values += values

    def add_list(self, column: str, values: Sequence[str], *, unlike: bool = False) -> None:
        """Require that the column is one of the values, or none of them."""
        if not values:
            self.add("TRUE" if unlike else "FALSE")
            return
        places = ",".join("?" * len(values))
        self.add(f"{column} {'NOT ' if unlike else ''}IN ({places})", *values)

    def add_any(self, column: str, values: Sequence[str]) -> None:
        """Require that the column is one of the values, or begins with one that ends in a colon."""
        alternatives = _Where()
        alternatives.add_list(column, [value for value in values if not value.endswith(":")])
        for value in values:
            if value.endswith(":"):
                alternatives.add(f"substr({column}, 1, {len(value)}) = ?", value)
        self.add(f"({' OR '.join(alternatives.conditions)})", *alternatives.values)


def _filter(where: _Where, query: ThreadQuery) -> None:
    for column, values in (
        ("model_provider", query.providers),
        ("cwd", query.cwds),
        ("originator", query.originators),
    ):
        if values is not None:
            where.add_list(column, values)
    if query.sources is not None:
        where.add_any("source", query.sources)
    if query.parent_id is not None:
        where.add("parent_id = ?", query.parent_id)
    if query.ancestor_id is not None:
        where.add(_BELOW, query.ancestor_id)
    if query.included is not None:
        where.add_list("id", query.included)
    if query.excluded is not None:
        where.add_list("id", query.excluded, unlike=True)
