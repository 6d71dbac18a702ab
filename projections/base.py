"""What a projection is: tables, and for each event type the writes that keep them in step."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import TypeVar

from sqlalchemy import Connection, Delete, Insert, MetaData, Table, Update

from threadhost.events.base import Event, Recorded
from threadhost.events.store.database import execute, execute_many, insert_many

Statement = Insert | Update | Delete
Write = tuple[Statement, Mapping[str, object]]
"""A statement, made once, that writes and reads one table only, and the values for it: always
the same names for the same statement."""

SCRUB = (
    "CREATE TEMP TABLE kept AS SELECT * FROM {table}",
    "DELETE FROM {table}",
    "INSERT INTO {table} SELECT * FROM temp.kept ORDER BY 1",
    "DROP TABLE temp.kept",
)

E = TypeVar("E", bound=Event)
Handler = Callable[[E, Recorded], Iterable[Write]]

metadata = MetaData()


class Projection:
    """Tables and their handlers; a handler sees an event and its place in the log, nothing else."""

    def __init__(self, *tables: Table, private: Sequence[Table] = ()) -> None:
        self.tables = tables
        self.private = private
        """Tables that hold what sealed events say."""
        self.handlers: dict[type[Event], Handler[Event]] = {}

    def on(self, *types: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """Declare what events of these types do to the tables."""

        def declare(handler: Handler[E]) -> Handler[E]:
            for type_ in types:
                self.handlers[type_] = handler  # type: ignore[assignment]
            return handler

        return declare


Values = Mapping[str, object]


class Prepared:
    """A statement as a string with places, and how to fill these from a write's values."""

    def __init__(self, statement: Statement, names: Sequence[str], connection: Connection) -> None:
        compiled = statement.compile(dialect=connection.dialect, column_keys=names)
        places = tuple(compiled.positiontup or ())
        self.table = str(statement.table.name)  # type: ignore[union-attr]
        self._sql = str(compiled)
        self._inserts = statement.is_insert
        self._deletes = statement.is_delete
        self._names = len(names)
        self._places = len(places)
        self._fixed = {name: compiled.params[name] for name in places if name not in names}
        self._fill = itemgetter(*places) if len(places) > 1 else lambda v: (v[places[0]],)

    def execute(self, connection: Connection, writes: Sequence[Values]) -> int:
        """Execute once for each of the values; returns how many rows were deleted.

        Raises LookupError for values whose names are not those of the first.
        """
        if sum(map(len, writes)) != self._names * len(writes):
            raise LookupError(f"values with other names than before do not fit: {self._sql}")
        if self._fixed:
            writes = [{**self._fixed, **values} for values in writes]
        rows = map(self._fill, writes)
        if self._inserts:
            insert_many(connection, self._sql, self._places, list(chain.from_iterable(rows)))
            return 0
        gone = execute_many(connection, self._sql, list(rows)).rowcount
        return gone if self._deletes else 0


class Views:
    """All projections as one: applied inline in an append's transaction, or to rebuild.

    Writes of neighbouring events that share a statement go to the database together. Order is kept
    within a table, which is all that matters as no statement touches two.
    """

    def __init__(self, *projections: Projection) -> None:
        self.tables: list[Table] = [t for p in projections for t in p.tables]
        self._private = [t.name for p in projections for t in p.private]
        self._prepared: dict[Statement, Prepared] = {}
        self._handlers: dict[type[Event], list[Handler[Event]]] = {}
        for projection in projections:
            for type_, handler in projection.handlers.items():
                self._handlers.setdefault(type_, []).append(handler)

    def create(self, connection: Connection) -> None:
        """Make the tables if they are missing."""
        metadata.create_all(connection, tables=self.tables, checkfirst=True)

    def clear(self, connection: Connection) -> None:
        """Empty all tables."""
        for table in self.tables:
            connection.execute(table.delete())

    def apply(self, connection: Connection, recorded: Sequence[Recorded]) -> Mapping[str, int]:
        """Take events into the tables; returns how many rows were deleted, by table."""
        runs = _Runs(connection, self._prepared)
        open_runs = runs.open
        for fact in recorded:
            for handler in self._handlers.get(type(fact.event), ()):  # type: ignore[arg-type]
                for statement, values in handler(fact.event, fact):  # type: ignore[arg-type]
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
                execute(connection, statement.format(table=name))

    def writes(self, fact: Recorded) -> Iterable[Write]:
        """What an event changes; nothing if it is erased."""
        for handler in self._handlers.get(type(fact.event), ()):  # type: ignore[arg-type]
            yield from handler(fact.event, fact)  # type: ignore[arg-type]


class _Runs:
    """Writes that wait for more of the same statement; one statement for each table at a time."""

    def __init__(self, connection: Connection, prepared: dict[Statement, Prepared]) -> None:
        self.open: dict[Statement, list[Values]] = {}
        self._connection = connection
        self._prepared = prepared
        self._of_table: dict[str, Statement] = {}
        self._removed: dict[str, int] = {}

    def begin(self, statement: Statement, values: Values) -> None:
        """Start a run, after what waits for the same table."""
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = Prepared(statement, list(values), self._connection)
            self._prepared[statement] = prepared
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

    def _finish(self, statement: Statement) -> None:
        prepared = self._prepared[statement]
        gone = prepared.execute(self._connection, self.open.pop(statement))
        if gone > 0:
            self._removed[prepared.table] = self._removed.get(prepared.table, 0) + gone
