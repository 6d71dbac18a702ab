"""The definition of a projection: tables, and the writes to them for each type of event."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar

from threadhost.events.base import Damaged, Event, Recorded, names_of
from threadhost.events.store.port import Tx, Values
from threadhost.events.thread import ThreadDeleted
from threadhost.events.tree import TreeTargetsReleased
from threadhost.events.turn import ItemHead
from threadhost.projections import rules
from threadhost.projections.statement import Statement
from threadhost.projections.table import Table

Write = tuple[Statement, Mapping[str, object]]
"""A statement, and the values of the columns that it names, by column."""
NEAR = 8
"""How many of the newest waiting rows are searched for the row that a change concerns."""

E = TypeVar("E", bound=Event | Damaged | ItemHead)
Handler = Callable[[E, Recorded], Iterable[Write]]


class Projection:
    """Tables and their handlers; a handler sees only an event and its place in the log."""

    def __init__(self, *tables: Table) -> None:
        self.tables = tables
        self.handlers: dict[type[object], Handler[Any]] = {}

    def on(self, *types: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """Declare what events of these types do to the tables."""

        def declare(handler: Handler[E]) -> Handler[E]:
            for type_ in types:
                self.handlers[type_] = handler
            return handler

        return declare


class Views:
    """All projections together: applied inline in an append's transaction, or in a rebuild.

    Writes of neighbouring events with the same statement are executed together. Their order is kept
    within a table; that suffices, because no statement touches two tables. A change of a row that
    still waits to be inserted is merged into the insertion.
    """

    def __init__(self, *projections: Projection) -> None:
        self.described = [table for p in projections for table in p.tables]
        self.tables = [table.name for table in self.described if table.of_events]
        """The tables that consist only of what events say."""
        self.private = [table.name for table in self.described if table.is_private]
        """The tables with content of sealed events."""
        self._handlers: dict[type[object], list[Handler[Any]]] = {}
        for projection in projections:
            for type_, handler in projection.handlers.items():
                self._handlers.setdefault(type_, []).append(handler)
        self._drops = tuple(table.drop for table in self.described if table.goes_with)
        for event_type in (ThreadDeleted, TreeTargetsReleased):
            self._handlers.setdefault(event_type, []).append(self._drop)

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements that create the tables and their indices."""
        return tuple(s for table in self.described for s in table.statements)

    @cached_property
    def rules(self) -> str:
        """The digest of the tables and the handlers: if it changes, the views are rebuilt."""
        handlers = chain.from_iterable(self._handlers.values())
        return rules.fingerprint((*self.statements, *map(str, self._drops)), handlers)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The stored names of the types of events that change the tables."""
        return names_of(type_ for type_ in self._handlers if issubclass(type_, Event))

    def create(self, tx: Tx) -> None:
        """Create the tables; recreate, empty, those that other rules made.

        A table that is not made of events is kept, as long as it has all its columns.
        """
        if rules.were_made(tx, self.rules):
            return
        for table in self.described:
            if table.of_events or not _fits(tx, table):
                tx.run(f"DROP TABLE IF EXISTS {table.name}")
            for statement in table.statements:
                tx.run(statement)
        rules.write_down(tx, None if rules.has_events(tx) else self.rules)

    def recreate(self, tx: Tx) -> None:
        """Recreate all tables, empty, whatever exists under their names."""
        tx.run(rules.DROP)
        self.create(tx)

    def clear(self, tx: Tx) -> None:
        """Empty all tables that are made of events."""
        for table in self.tables:
            tx.run(f"DELETE FROM {table}")  # noqa: S608  (names of ours)

    def apply(self, tx: Tx, recorded: Sequence[Recorded]) -> Mapping[str, int]:
        """Apply events to the tables; returns how many rows were deleted, by table."""
        runs = _Runs(tx)
        open_runs = runs.open
        for fact in recorded:
            for handler in self._handlers.get(type(fact.event), ()):
                for statement, values in handler(fact.event, fact):
                    if statement in open_runs:
                        open_runs[statement].append(values)
                    else:
                        runs.begin(statement, values)
        return runs.end()

    def _drop(self, event: ThreadDeleted | TreeTargetsReleased, fact: Recorded) -> Iterable[Write]:
        """Delete all rows of a deleted thread, also of one that had no stream."""
        thread_ids = (event.thread_id,) if isinstance(event, ThreadDeleted) else event.thread_ids
        for thread_id in thread_ids:
            place = {"of": thread_id}
            for statement in self._drops:
                yield statement, place

    def writes(self, fact: Recorded) -> Iterable[Write]:
        """Return what an event changes; nothing if it is erased."""
        for handler in self._handlers.get(type(fact.event), ()):
            yield from handler(fact.event, fact)


def _fits(tx: Tx, table: Table) -> bool:
    """Whether a table exists with all its columns."""
    columns = ", ".join(column.name for column in table.columns)
    query = f"SELECT {columns} FROM {table.name} WHERE 1 = 0"  # noqa: S608  (names of ours)
    return not isinstance(tx.attempt(lambda: tx.run(query)), Exception)


class _Runs:
    """Collects writes of the same statement; one statement for each table at a time."""

    def __init__(self, tx: Tx) -> None:
        self.open: dict[Statement, list[Values]] = {}
        self._tx = tx
        self._of_table: dict[str, Statement] = {}
        self._removed: dict[str, int] = {}

    def begin(self, statement: Statement, values: Values) -> None:
        """Take a write of a new statement: merge it into waiting rows, or execute them first."""
        before = self._of_table.get(statement.table)
        if before is not None:
            if _is_taken_in(before, self.open[before], statement, values):
                return
            self._finish(before)
        self._of_table[statement.table] = statement
        self.open[statement] = [values]

    def end(self) -> Mapping[str, int]:
        """Execute what still waits; returns how many rows were deleted, by table."""
        for statement in tuple(self.open):
            self._finish(statement)
        return self._removed

    def _finish(self, statement: Statement) -> None:
        rows = self._tx.write(statement.text, self.open.pop(statement))
        if rows > 0:
            self._removed[statement.table] = self._removed.get(statement.table, 0) + rows


def _is_taken_in(
    before: Statement, waiting: list[Values], statement: Statement, values: Values
) -> bool:
    """Merge a change into its row if that still waits to be inserted; returns whether it did."""
    if before.form != "INSERT" or not statement.sets_one_row:
        return False
    if not all(column in before.columns for column in statement.columns):
        return False
    for index in range(-1, -1 - min(NEAR, len(waiting)), -1):
        row = waiting[index]
        if all(row[term.column] == values[term.column] for term in statement.terms):
            waiting[index] = {**row, **values}
            return True
    return False
