"""What a projection is: tables, and for each event type the writes that keep them in step."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from sqlite3 import Connection
from typing import Any, TypeVar

from threadhost.events.base import Damaged, Event, Recorded, names_of
from threadhost.events.store.sqlite.database import insert_many
from threadhost.projections import rules
from threadhost.projections.schema import TABLES

Write = tuple[str, Mapping[str, object]]
"""A statement that writes and reads one table only, and the values for its `:places`: always the
same names for the same statement."""

FORM = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM) (\w+)")
PLACE = re.compile(r":(\w+)")

SCRUB = (
    "CREATE TEMP TABLE kept AS SELECT * FROM {table}",
    "DELETE FROM {table}",
    "INSERT INTO {table} SELECT * FROM temp.kept ORDER BY 1",
    "DROP TABLE temp.kept",
)

E = TypeVar("E", bound=Event | Damaged)
Handler = Callable[[E, Recorded], Iterable[Write]]


def inserting(table: str, *columns: str) -> str:
    """The statement that inserts a row with these columns, each from the place of its name."""
    places = ", ".join(f":{column}" for column in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608  (names of ours)


class Projection:
    """Tables and their handlers; a handler sees an event and its place in the log, nothing else."""

    def __init__(self, *tables: str, private: Sequence[str] = ()) -> None:
        self.tables = tables
        self.private = private
        """Tables that hold what sealed events say."""
        self.handlers: dict[type[object], Handler[Any]] = {}

    def on(self, *types: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """Declare what events of these types do to the tables."""

        def declare(handler: Handler[E]) -> Handler[E]:
            for type_ in types:
                self.handlers[type_] = handler
            return handler

        return declare


Values = Mapping[str, object]


class Prepared:
    """A statement as a string with places, and how to fill these from a write's values."""

    def __init__(self, statement: str) -> None:
        form = FORM.match(statement)
        if form is None:
            raise LookupError(f"not a statement of a view: {statement}")
        verb, self.table = form.groups()
        places = PLACE.findall(statement)
        self._sql = PLACE.sub("?", statement)
        self._inserts = verb == "INSERT INTO"
        self._deletes = verb == "DELETE FROM"
        self._names = len(set(places))
        self._places = len(places)
        self._fill = itemgetter(*places) if len(places) > 1 else lambda v: (v[places[0]],)

    def execute(self, connection: Connection, writes: Sequence[Values]) -> int:
        """Execute once for each of the values; returns how many rows were deleted.

        Raises LookupError for values whose names are not those of the first.
        """
        if sum(map(len, writes)) != self._names * len(writes):
            raise LookupError(f"values with other names than before do not fit: {self._sql}")
        rows = map(self._fill, writes)
        if self._inserts:
            insert_many(connection, self._sql, self._places, list(chain.from_iterable(rows)))
            return 0
        gone = connection.executemany(self._sql, rows).rowcount
        return gone if self._deletes else 0


class Views:
    """All projections as one: applied inline in an append's transaction, or to rebuild.

    Writes of neighbouring events that share a statement go to the database together. Order is kept
    within a table, which is all that matters as no statement touches two.
    """

    def __init__(
        self, *projections: Projection, schema: Mapping[str, Sequence[str]] = TABLES
    ) -> None:
        self.tables = [table for p in projections for table in p.tables]
        self._schema = schema
        self.rules = rules.fingerprint(self.statements)
        """What the tables and the handlers are known by."""
        self._private = [table for p in projections for table in p.private]
        self._prepared: dict[str, Prepared] = {}
        self._handlers: dict[type[object], list[Handler[Any]]] = {}
        for projection in projections:
            for type_, handler in projection.handlers.items():
                self._handlers.setdefault(type_, []).append(handler)

    @property
    def statements(self) -> tuple[str, ...]:
        """What makes the tables and their indices."""
        return tuple(s for table in self.tables for s in self._schema[table])

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names that events are stored under which change the tables."""
        return names_of(type_ for type_ in self._handlers if issubclass(type_, Event))

    def create(self, connection: Connection) -> None:
        """Make the tables; those that were made by other rules, anew and still empty."""
        if rules.were_made(connection, self.rules):
            return
        for table in self.tables:
            connection.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in self._schema[table]:
                connection.execute(statement)
        rules.write_down(connection, None if rules.has_events(connection) else self.rules)

    def create_anew(self, connection: Connection) -> None:
        """Make all tables anew and still empty, whatever stands in their places."""
        connection.execute(rules.DROP)
        self.create(connection)

    def clear(self, connection: Connection) -> None:
        """Empty all tables."""
        for table in self.tables:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608  (names of ours)

    def apply(self, connection: Connection, recorded: Sequence[Recorded]) -> Mapping[str, int]:
        """Take events into the tables; returns how many rows were deleted, by table."""
        runs = _Runs(connection, self._prepared)
        open_runs = runs.open
        for fact in recorded:
            for handler in self._handlers.get(type(fact.event), ()):
                for statement, values in handler(fact.event, fact):
                    if statement in open_runs:
                        open_runs[statement].append(values)
                    else:
                        runs.begin(statement, values)
        return runs.end()

    def scrub(self, connection: Connection) -> None:
        """Write the tables that hold private text anew.

        SQLite overwrites what it deletes, but not the copies that were left in gaps of pages when
        rows moved between these; a page is only overwritten as a whole when it is given up.
        """
        for name in self._private:
            for statement in SCRUB:
                connection.execute(statement.format(table=name))

    def writes(self, fact: Recorded) -> Iterable[Write]:
        """What an event changes; nothing if it is erased."""
        for handler in self._handlers.get(type(fact.event), ()):
            yield from handler(fact.event, fact)


class _Runs:
    """Writes that wait for more of the same statement; one statement for each table at a time."""

    def __init__(self, connection: Connection, prepared: dict[str, Prepared]) -> None:
        self.open: dict[str, list[Values]] = {}
        self._connection = connection
        self._prepared = prepared
        self._of_table: dict[str, str] = {}
        self._removed: dict[str, int] = {}

    def begin(self, statement: str, values: Values) -> None:
        """Start a run, after what waits for the same table."""
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = Prepared(statement)
        before = self._of_table.get(prepared.table)
        if before is not None:
            self._finish(before)
        self._of_table[prepared.table] = statement
        self.open[statement] = [values]

    def end(self) -> Mapping[str, int]:
        """Execute what still waits; returns how many rows were deleted, by table."""
        for statement in tuple(self.open):
            self._finish(statement)
        return self._removed

    def _finish(self, statement: str) -> None:
        prepared = self._prepared[statement]
        gone = prepared.execute(self._connection, self.open.pop(statement))
        if gone > 0:
            self._removed[prepared.table] = self._removed.get(prepared.table, 0) + gone
