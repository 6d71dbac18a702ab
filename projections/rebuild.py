"""Making the views anew from the log, and comparing what two ways of making them gave."""

import logging
from collections.abc import Iterator
from sqlite3 import Connection

from threadhost.events.store.database import ReadableDatabase
from threadhost.events.store.log import Log
from threadhost.projections.base import Views
from threadhost.projections.rules import are_current, write_down

PAGE_EVENTS = 1000
logger = logging.getLogger("threadhost.views")


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
        write_down(connection, views.rules)
        return count

    return await log.transact(work)


async def bring_up_to_date(log: Log, views: Views) -> None:
    """Rebuild views that another version of this software made."""
    if not are_current(log.database, views.rules):
        logger.warning("the views were made by other rules: making them anew from the log")
        count = await rebuild(log, views)
        logger.warning("made the views anew from %d events", count)


def dump(database: ReadableDatabase, views: Views) -> Iterator[str]:
    """All rows of all views as lines, in an order that only their content decides."""
    for table in sorted(views.tables):
        rows = database.rows(f"SELECT * FROM {table}")  # noqa: S608  (names of ours)
        yield from sorted(f"{table} {row!r}" for row in rows)
