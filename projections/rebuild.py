"""Making the views anew from the log, and comparing what two ways of making them gave."""

import logging
from collections.abc import Iterator, Sequence
from sqlite3 import Connection

from threadhost.events.base import Recorded
from threadhost.events.damage import Damage, Damages
from threadhost.events.lost import with_start, with_tombstone
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite.database import ReadableDatabase
from threadhost.events.store.sqlite.faults import hits_the_whole_store
from threadhost.events.words import numbered
from threadhost.projections.base import Views
from threadhost.projections.rules import are_current, write_down

PAGE_EVENTS = 1000
PAGE_BYTES = 16 * 1024 * 1024
logger = logging.getLogger("threadhost.views")


async def rebuild(log: Log, views: Views) -> int:
    """Empty the views and apply the whole log, in one transaction; returns the events read.

    Readers see the old views until it commits. What is damaged, or does not fit into the views, is
    passed over and named in the log of the host.
    """

    def work(connection: Connection) -> int:
        views.clear(connection)
        after = count = 0
        damages = Damages()
        while page := log.read(after, PAGE_EVENTS, PAGE_BYTES):
            noted = (with_start(fact, log.read_at) for fact in damages.noted(page))
            facts = [with_tombstone(fact, log.is_closed) for fact in noted]
            _apply(connection, views, facts, damages)
            after, count = page[-1].position, count + len(page)
        if damages:
            without = numbered(damages.count, "event")
            logger.warning("the views are made without %s: %s", without, damages)
        write_down(connection, views.rules)
        return count

    return await log.transact(work)


def _apply(
    connection: Connection, views: Views, facts: Sequence[Recorded], damages: Damages
) -> None:
    if _tried(connection, views, facts) is None:
        return
    for fact in facts:
        if error := _tried(connection, views, [fact]):
            damages.add(Damage.of(fact, f"the views cannot show it: {type(error).__name__}"))


def _tried(connection: Connection, views: Views, facts: Sequence[Recorded]) -> Exception | None:
    """Apply all of these events or none; what was in the way. Raises what ails the whole store."""
    connection.execute("SAVEPOINT facts")
    try:
        views.apply(connection, facts)
    except Exception as error:
        if hits_the_whole_store(error):
            raise
        connection.execute("ROLLBACK TO facts")
        found: Exception | None = error
    else:
        found = None
    connection.execute("RELEASE facts")
    return found


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
