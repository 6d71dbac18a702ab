"""Reading the view of threads: one, or a page of many in a chosen order, by keyset paging."""

from collections.abc import Sequence
from typing import Any, Literal

from threadhost.events.bounds import batches
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads
from threadhost.events.words import AGENT_SOURCE

TEXT_CHARS_MAX = 4_096
"""What is read of one text of a thread; one that is longer ends in `…`."""

AROUND_TEXTS_BYTES = 2_000
JSON_BYTES_A_CHAR = 6

IS_LISTED = "listed = TRUE"
"""Threads that had no turn yet, as all had none once, are in no list, and in no index of lists."""

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
"""A fork is not there for anybody until it is whole."""
AFTER_ANY = "g"
"""Comes after every letter of an id."""
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
        """Whether there is a history: that of a fork may have no turn."""
        return self.listed or self.forked_from_id is not None

    @property
    def bytes_max(self) -> int:
        """More than the thread can take in an answer, where its folder stands three times."""
        texts = (len(value) for value in (*self, self.cwd, self.cwd) if isinstance(value, str))
        return AROUND_TEXTS_BYTES + JSON_BYTES_A_CHAR * sum(texts)

    @classmethod
    def of(cls, row: Sequence[Any]) -> "ThreadRow":
        """The thread in a row of the view, where true and false are numbers."""
        return cls._make([*row[:-3], *map(bool, row[-3:])])

    def key(self, sort: SortKey) -> tuple[int, str]:
        """Where the thread stands in this order."""
        return {
            "created_at": self.created_at_ms,
            "updated_at": self.updated_at_ms,
            "recency_at": self.recency_at_ms,
        }[sort], self.id


class ThreadQuery(NamedTuple):
    """Which threads, in which order, from where on. None does not filter.

    A source that ends in a colon stands for all that begin so.
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
        """Whether a thread is put away; no column, which keeps from its index those that are named.

        A database would walk through a list for the few that are asked for by their ids.
        """
        return "archived" if self.included is None else "coalesce(archived, FALSE)"

    @property
    def by(self) -> str:
        """What the order is by; no column either where threads are named."""
        column = f"{self.sort}_ms"
        return column if self.included is None else f"coalesce({column}, 0)"

    @property
    def asks_for_texts(self) -> bool:
        """Whether it filters by what only the texts of a thread tell."""
        return (self.providers, self.cwds, self.originators) != (None, None, None)


async def thread_row(reads: Reads, thread_id: str) -> ThreadRow | None:
    """One thread, archived or not, or None."""
    rows = await reads.rows(_ONE, (thread_id,))
    return ThreadRow.of(rows[0]) if rows else None


async def thread_rows(reads: Reads, thread_ids: Sequence[str]) -> list[ThreadRow]:
    """Those of a few threads that there are, in no order."""
    if not thread_ids:
        return []
    marks = ",".join("?" * len(thread_ids))
    return list(map(ThreadRow.of, await reads.rows(f"{_JOINED} WHERE id IN ({marks})", thread_ids)))


async def threads_beginning(reads: Reads, letters: str, limit: int) -> list[str]:
    """The ids that begin like this, the first of them."""
    named = {"low": letters, "high": letters + AFTER_ANY, "most": limit}
    return [row[0] for row in await reads.rows(_BEGINNING, named)]


async def threads_named(reads: Reads, name: str, limit: int) -> list[str]:
    """The ids of threads that are called so, the first of them."""
    return [row[0] for row in await reads.rows(_NAMED, {"name": name, "most": limit})]


async def threads_below(reads: Reads, root_id: str) -> list[str]:
    """The ids of all threads below one."""
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
    """The next threads of a query; one more than its limit where there are more."""
    statement, values = _page(query)
    return [ThreadRow.of(row) for row in await reads.rows(statement, values)]


def _page(query: ThreadQuery) -> tuple[str, list[object]]:
    """Walk through the threads in order, or sort the few that are named."""
    where, values = conditions(query)
    direction = "DESC" if query.descending else "ASC"
    return (
        f"{_JOINED} WHERE {where} ORDER BY {query.by} {direction}, id {direction} LIMIT ?",
        [*values, query.limit + 1],
    )


def conditions(query: ThreadQuery) -> tuple[str, list[object]]:
    """What holds of all threads of a query, and the values in it."""
    where = _Where()
    where.add(f"{IS_LISTED} AND {query.is_archived} = ?", query.archived)
    _filter(where, query)
    if query.after is not None:
        where.add(f"({query.by}, id) {'<' if query.descending else '>'} (?, ?)", *query.after)
    return where.text, where.values


class _Where:
    """Conditions that all have to hold, and the values for their places."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self.conditions: list[str] = []

    @property
    def text(self) -> str:
        """The conditions as one."""
        return " AND ".join(self.conditions)

    def add(self, condition: str, *values: object) -> None:
        """One more condition."""
        self.conditions.append(condition)
        self.values += values

    def add_list(self, column: str, values: Sequence[str], *, unlike: bool = False) -> None:
        """The column is one of the values, or is none of them."""
        if not values:
            self.add("TRUE" if unlike else "FALSE")
            return
        places = ",".join("?" * len(values))
        self.add(f"{column} {'NOT ' if unlike else ''}IN ({places})", *values)

    def add_any(self, column: str, values: Sequence[str]) -> None:
        """The column is one of the values, or begins with one of those that end in a colon."""
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
    if query.excluded:
        where.add_list("id", query.excluded, unlike=True)
