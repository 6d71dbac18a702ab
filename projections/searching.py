"""Searching threads: a walk through a list in its order, for as long as there is time."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from threadhost.events.store.database import ReadableDatabase
from threadhost.projections.folding import folded
from threadhost.projections.listing import ThreadQuery, ThreadRow, conditions, thread_rows

ROWS_A_LOOK = 1_000
"""How many threads are looked at between two looks at the time."""
_HOLDS = (
    "(instr(coalesce(name_folded, ''), ?) > 0 OR instr(coalesce(preview_folded, ''), ?) > 0) AS hit"
)
_SEEN = "SELECT id, {by}_ms, {holds} FROM threads JOIN thread_texts ON thread_id = id WHERE {where}"
_IN_ORDER = " ORDER BY {by}_ms {way}, id {way} LIMIT ?"

Place = tuple[int, str]
"""Of a thread in an order."""


class Hits(NamedTuple):
    """Threads that hold a text, one more than the limit where there are more.

    `stopped_at` is where the walk ended, if that was before the end of the list.
    """

    rows: list[ThreadRow]
    stopped_at: Place | None = None


def hits(
    database: ReadableDatabase,
    query: ThreadQuery,
    text: str,
    is_over: Callable[[], bool] = lambda: False,
) -> Hits:
    """The next threads of a query that hold a text in name or beginning; some are looked at."""
    term, found = folded(text), list[Place]()
    while True:
        seen = _look(database, query, term)
        found += [place for place, is_hit in seen if is_hit]
        if len(found) > query.limit:
            found = found[: query.limit + 1]
            return Hits(_rows(database, found), found[-1])
        if len(seen) < ROWS_A_LOOK:
            return Hits(_rows(database, found))
        at, _ = seen[-1]
        if is_over():
            return Hits(_rows(database, found), at)
        query = query._replace(after=at)


def _look(database: ReadableDatabase, query: ThreadQuery, term: str) -> list[tuple[Place, bool]]:
    """Where the next threads of a query stand, and whether each holds the term."""
    where, values = conditions(query)
    way = "DESC" if query.descending else "ASC"
    statement = (_SEEN + _IN_ORDER).format(by=query.sort, way=way, holds=_HOLDS, where=where)
    rows = database.rows(statement, [term, term, *values, ROWS_A_LOOK])
    return [((int(at), str(thread_id)), bool(is_hit)) for thread_id, at, is_hit in rows]


def _rows(database: ReadableDatabase, places: Sequence[Place]) -> list[ThreadRow]:
    """The threads at these places, but for those that are gone by now."""
    found = {row.id: row for row in thread_rows(database, [thread_id for _, thread_id in places])}
    return [found[thread_id] for _, thread_id in places if thread_id in found]
