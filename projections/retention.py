"""Queries of the view of threads for the rules of retention."""

from collections.abc import Sequence

from threadhost.events.bounds import batches
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads

PAGE_ROWS = 1_000
_SELECT = "SELECT id, parent_id, session_id, updated_at_ms, archived FROM threads"
_PAGE = f"{_SELECT} WHERE id > ? AND copying IS NULL ORDER BY id LIMIT ?"


class ThreadAge(NamedTuple):
    """A thread's parent and tree, when it was last active (milliseconds), and if it is archived."""

    thread_id: str
    parent_id: str | None
    session_id: str
    active_at_ms: int
    archived: bool


async def thread_ages(reads: Reads) -> list[ThreadAge]:
    """Return this for all threads, read in pages."""
    ages: list[ThreadAge] = []
    after = ""
    while rows := await reads.rows(_PAGE, (after, PAGE_ROWS)):
        ages += map(_age, rows)
        after = rows[-1][0]
    return ages


async def ages_of(reads: Reads, thread_ids: Sequence[str]) -> list[ThreadAge]:
    """Return this for these threads, if they exist."""
    ages: list[ThreadAge] = []
    for batch in batches(thread_ids, PAGE_ROWS):
        marks = ",".join("?" * len(batch))
        ages += map(_age, await reads.rows(f"{_SELECT} WHERE id IN ({marks})", batch))
    return ages


def _age(row: Sequence[object]) -> ThreadAge:
    return ThreadAge._make([*row[:4], bool(row[4])])
