"""What rules of retention ask the view of threads."""

from collections.abc import Sequence

from threadhost.events.bounds import batches
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads

PAGE_ROWS = 1_000
_SELECT = "SELECT id, parent_id, session_id, updated_at_ms, archived FROM threads"
_PAGE = f"{_SELECT} WHERE id > ? AND copying IS NULL ORDER BY id LIMIT ?"


class ThreadAge(NamedTuple):
    """Where a thread is, when it was last active (milliseconds), and whether it is put away."""

    thread_id: str
    parent_id: str | None
    session_id: str
    active_at_ms: int
    archived: bool


async def thread_ages(reads: Reads) -> list[ThreadAge]:
    """Of all threads, read in pages."""
    ages: list[ThreadAge] = []
    after = ""
    while rows := await reads.rows(_PAGE, (after, PAGE_ROWS)):
        ages += map(_age, rows)
        after = rows[-1][0]
    return ages


async def ages_of(reads: Reads, thread_ids: Sequence[str]) -> list[ThreadAge]:
    """Of these threads, as far as they are there."""
    ages: list[ThreadAge] = []
    for batch in batches(thread_ids, PAGE_ROWS):
        marks = ",".join("?" * len(batch))
        ages += map(_age, await reads.rows(f"{_SELECT} WHERE id IN ({marks})", batch))
    return ages


def _age(row: Sequence[object]) -> ThreadAge:
    return ThreadAge._make([*row[:4], bool(row[4])])
