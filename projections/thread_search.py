"""Searches threads: walks through a list in its order until the time is up."""

from collections.abc import Callable, Sequence

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads
from threadhost.projections.case_folding import folded
from threadhost.projections.listing import ThreadQuery, ThreadRow, conditions, thread_rows

ROWS_A_LOOK = 1_000
"""How many threads are searched between two checks of the time."""
_FROM = "SELECT {by}_ms, id FROM threads{texts} WHERE {where}"
_TEXTS = " JOIN thread_texts ON thread_id = id"
_IN_ORDER = " ORDER BY {by}_ms {way}, id {way} LIMIT ?"
_END = f"{_FROM}{_IN_ORDER} OFFSET ?"
_UP_TO = " AND ({by}_ms, id) {before} (?, ?)"
_HOLDS = " AND (instr(name_folded, ?) > 0 OR instr(preview_folded, ?) > 0)"

Place = tuple[int, str]
"""The key of a thread in an order."""


class SearchPage(NamedTuple):
    """Threads that contain a text; one more than the limit if there are more.

    `stopped_at` is where the walk ended, if that was before the end of the list.
    """

    rows: list[ThreadRow]
    stopped_at: Place | None = None


async def search_page(
    reads: Reads,
    query: ThreadQuery,
    text: str,
    is_over: Callable[[], bool] = lambda: False,
) -> SearchPage:
    """Return the next threads of a query whose name or beginning contains a text."""
    term, places = folded(text), list[Place]()
    while True:
        end = await _end_of_look(reads, query)
        places += await _look(reads, query, term, end)
        if len(places) > query.limit:
            places = places[: query.limit + 1]
            return SearchPage(await _rows(reads, places), places[-1])
        if end is None or is_over():
            return SearchPage(await _rows(reads, places), end)
        query = query._replace(after=end)


async def _end_of_look(reads: Reads, query: ThreadQuery) -> Place | None:
    """Return the key of the last thread to search next; None if that is the list's end."""
    where, values = conditions(query)
    texts = _TEXTS if query.asks_for_texts else ""
    rows = await reads.rows(_completed(_END, query, where, texts), [*values, 1, ROWS_A_LOOK - 1])
    return (int(rows[0][0]), str(rows[0][1])) if rows else None


async def _look(reads: Reads, query: ThreadQuery, term: str, end: Place | None) -> list[Place]:
    """Return the keys of the next threads of a query that contain the term, up to `end`."""
    where, values = conditions(query)
    if end is not None:
        where, values = where + _UP_TO, [*values, *end]
    statement = _completed(_FROM + _HOLDS + _IN_ORDER, query, where)
    rows = await reads.rows(statement, [*values, term, term, query.limit + 1])
    return [(int(at), str(thread_id)) for at, thread_id in rows]


def _completed(statement: str, query: ThreadQuery, where: str, texts: str = _TEXTS) -> str:
    direction, before = ("DESC", ">=") if query.descending else ("ASC", "<=")
    filled = statement.replace("{where}", where).replace("{texts}", texts)
    return filled.format(by=query.sort, way=direction, before=before)


async def _rows(reads: Reads, places: Sequence[Place]) -> list[ThreadRow]:
    """Return the threads with these keys that still exist."""
    by_id = {
        row.id: row for row in await thread_rows(reads, [thread_id for _, thread_id in places])
    }
    return [by_id[thread_id] for _, thread_id in places if thread_id in by_id]
