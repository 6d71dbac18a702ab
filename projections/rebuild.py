"""Making the views anew from the log, and comparing what two ways of making them gave."""

from collections.abc import Iterator
from sqlite3 import Connection

from threadhost.events.store.database import ReadableDatabase
from threadhost.events.store.log import Log
from threadhost.projections.base import Views

PAGE_EVENTS = 1000


async def rebuild(log: Log, views: Views) -> int:
    """Empty the views and apply the whole log, in one transaction; returns the events read.

    Readers see the old views until it commits.
    """

    def work(connection: Connection) -> int:
        views.clear(connection)
        after = count = 0
        while page := log.read(after, PAGE_EVENTS):
            views.apply(connection, page)
            after, count = page[-1].position, count + len(page)
        return count

    return await log.transact(work)


def dump(database: ReadableDatabase, views: Views) -> Iterator[str]:
    """All rows of all views as lines, in an order that only their content decides."""
    for table in sorted(views.tables):
        rows = database.rows(f"SELECT * FROM {table}")  # noqa: S608  (names of ours)
        yield from sorted(f"{table} {row!r}" for row in rows)
