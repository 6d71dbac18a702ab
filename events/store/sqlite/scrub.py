"""Rewrites tables, so that no byte of deleted text is left in the pages of a database."""

from collections.abc import Sequence
from time import monotonic

from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database

REST = 10
"""The wait after a scrub, as a multiple of its duration, because other writes wait meanwhile."""
SCRUB = (
    "CREATE TEMP TABLE kept AS SELECT * FROM {table}",
    "DELETE FROM {table}",
    "INSERT INTO {table} SELECT * FROM temp.kept ORDER BY 1",
    "DROP TABLE temp.kept",
)
"""SQLite overwrites what it deletes, but not copies that remain in gaps of pages after rows moved
between pages; a page is only overwritten as a whole when it is freed."""


class Scrubber:
    """Erases what deletions left behind, on the writer's thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._not_before_s = 0.0

    @property
    def is_due(self) -> bool:
        """Whether rows were deleted since the last time."""
        return self._database.writer.execute(schema.IS_SCRUB_DUE).fetchone() is not None

    def scrub(self, tables: Sequence[str]) -> bool:
        """Rewrite these tables if it is due; returns whether nothing is left in their pages now.

        It is put off if the last time was too recent.
        """
        if not self.is_due:
            return True
        began_s = monotonic()
        if began_s < self._not_before_s:
            return False
        with self._database.transaction() as connection:
            for table in tables:
                for statement in SCRUB:
                    connection.execute(statement.format(table=table))
            connection.execute(schema.SCRUBBED)
        ended_s = monotonic()
        self._not_before_s = ended_s + REST * (ended_s - began_s)
        return True
