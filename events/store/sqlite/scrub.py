"""Leaving no byte of deleted text in any file: pages written anew, the write-ahead log cut."""

from time import monotonic

from threadhost.events.store.committer import InlineViews
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database

REST = 10
"""How much longer than it took the next one waits, as everything else stands still meanwhile."""


class Scrubber:
    """Erases what deletions left behind, on the writer's thread."""

    def __init__(self, database: Database, views: InlineViews) -> None:
        self._database = database
        self._views = views
        self._not_before_s = 0.0

    def erase(self) -> bool:
        """Do it if it is due; whether nothing is left behind now.

        It takes about 5 ms for each 1,000 threads there are. Not done so soon after the last
        time, or while somebody is reading: to be tried again.
        """
        if self._is_due() and not self._scrub():
            return False
        return self._database.checkpoint()

    def _is_due(self) -> bool:
        return self._database.writer.execute(schema.IS_SCRUB_DUE).fetchone() is not None

    def _scrub(self) -> bool:
        began_s = monotonic()
        if began_s < self._not_before_s:
            return False
        with self._database.transaction() as connection:
            self._views.scrub(connection)
            connection.execute(schema.SCRUBBED)
        ended_s = monotonic()
        self._not_before_s = ended_s + REST * (ended_s - began_s)
        return True
