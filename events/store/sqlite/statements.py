"""Statements of views, written with `:places`, in the form that SQLite executes fastest."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from sqlite3 import Connection

from threadhost.events.store.port import Values
from threadhost.events.store.sqlite.inserting import ROWS_A_STATEMENT, insert_many

EQUALS = re.compile(r"= :\w+")
MARKS = ",".join("?" * ROWS_A_STATEMENT)
PLACE = re.compile(r":(\w+)")


class Prepared:
    """A statement with `?` placeholders, and how to fill them from a write's values."""

    def __init__(self, statement: str) -> None:
        places = PLACE.findall(statement)
        self._sql = PLACE.sub("?", statement)
        self._inserts = statement.startswith("INSERT")
        self._deletes = statement.startswith("DELETE")
        self._names = len(set(places))
        self._places = len(places)
        self._fill = itemgetter(*places) if len(places) > 1 else lambda v: (v[places[0]],)
        by_one_value = self._deletes and self._names == 1 and " AND " not in statement
        self._of_many = EQUALS.sub(f"IN ({MARKS})", statement) if by_one_value else ""
        """The same deletion for many values at once, if one value identifies a row."""

    def execute(self, connection: Connection, writes: Sequence[Values]) -> int:
        """Execute once for each of the values; returns how many rows were deleted.

        Raises LookupError if the values have other names than the first ones.
        """
        if sum(map(len, writes)) != self._names * len(writes):
            raise LookupError(f"values with other names than before do not fit: {self._sql}")
        if len(writes) == 1:
            deleted = connection.execute(self._sql, self._fill(writes[0])).rowcount
            return deleted if self._deletes else 0
        rows = map(self._fill, writes)
        if self._inserts:
            insert_many(connection, self._sql, self._places, list(chain.from_iterable(rows)))
            return 0
        if not self._of_many or len(writes) < ROWS_A_STATEMENT:
            deleted = connection.executemany(self._sql, rows).rowcount
            return deleted if self._deletes else 0
        return self._delete(connection, list(rows))

    def _delete(self, connection: Connection, rows: Sequence[Sequence[object]]) -> int:
        batched = len(rows) // ROWS_A_STATEMENT * ROWS_A_STATEMENT
        deleted = max(0, connection.executemany(self._sql, rows[batched:]).rowcount)
        for start in range(0, batched, ROWS_A_STATEMENT):
            batch = [row[0] for row in rows[start : start + ROWS_A_STATEMENT]]
            deleted += connection.execute(self._of_many, batch * self._places).rowcount
        return deleted


@cache
def prepared(statement: str) -> Prepared:
    """Parse a statement, once for each; views have some dozens."""
    return Prepared(statement)
