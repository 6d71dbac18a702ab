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
"""A statement, and a value for each column that it names, by the name of that."""
NEAR = 8
"""So many of the newest rows that wait are looked at for the one that a change names."""

E = TypeVar("E", bound=Event | Damaged | ItemHead)
Handler = Callable[[E, Recorded], Iterable[Write]]


class Projection:
    """Tables and their handlers; a handler sees an event and its place in the log, nothing else."""

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
    """All projections as one: applied inline in an append's transaction, or to rebuild.

    Writes of neighbouring events that share a statement go to the database together. Order is kept
    within a table, which is all that matters as no statement touches two. What changes a row that
    waits to be inserted is inserted with it.
    """

    def __init__(self, *projections: Projection) -> None:
        self.described = [table for p in projections for table in p.tables]
        self.tables = [table.name for table in self.described if table.of_events]
        """The tables that hold what events say, and no more."""
        self.private = [table.name for table in self.described if table.is_private]
        """The tables that hold what sealed events say."""
        self._handlers: dict[type[object], list[Handler[Any]]] = {}
        for projection in projections:
            for type_, handler in projection.handlers.items():
                self._handlers.setdefault(type_, []).append(handler)
        self._drops = tuple(table.drop for table in self.described if table.goes_with)
        for event_type in (ThreadDeleted, TreeTargetsReleased):
            self._handlers.setdefault(event_type, []).append(self._drop)

    @property
    def statements(self) -> tuple[str, ...]:
        """What makes the tables and their indices."""
        return tuple(s for table in self.described for s in table.statements)

    @cached_property
    def rules(self) -> str:
        """What the tables and the handlers are known by: a change of either makes them anew."""
        handlers = chain.from_iterable(self._handlers.values())
        return rules.fingerprint((*self.statements, *map(str, self._drops)), handlers)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names that events are stored under which change the tables."""
        return names_of(type_ for type_ in self._handlers if issubclass(type_, Event))

    def create(self, tx: Tx) -> None:
        """Make the tables; those that were made by other rules, anew and still empty.

        What no event can fill again stays, as long as it has the columns that it should have.
        """
        if rules.were_made(tx, self.rules):
            return
        for table in self.described:
            if table.of_events or not _fits(tx, table):
                tx.run(f"DROP TABLE IF EXISTS {table.name}")
            for statement in table.statements:
                tx.run(statement)
        rules.write_down(tx, None if rules.has_events(tx) else self.rules)

    def create_anew(self, tx: Tx) -> None:
        """Make all tables anew and still empty, whatever stands in their places."""
        tx.run(rules.DROP)
        self.create(tx)

    def clear(self, tx: Tx) -> None:
        """Empty all tables of events."""
        for table in self.tables:
            tx.run(f"DELETE FROM {table}")  # noqa: S608  (names of ours)

    def apply(self, tx: Tx, recorded: Sequence[Recorded]) -> Mapping[str, int]:
        """Take events into the tables; returns how many rows were deleted, by table."""
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
        """Nothing of a thread stays that is deleted, or that had no stream to be deleted."""
        thread_ids = (event.thread_id,) if isinstance(event, ThreadDeleted) else event.thread_ids
        for thread_id in thread_ids:
            place = {"of": thread_id}
            for statement in self._drops:
                yield statement, place

    def writes(self, fact: Recorded) -> Iterable[Write]:
        """What an event changes; nothing if it is erased."""
        for handler in self._handlers.get(type(fact.event), ()):
            yield from handler(fact.event, fact)


def _fits(tx: Tx, table: Table) -> bool:
    """Whether a table is there with all its columns."""
    columns = ", ".join(column.name for column in table.columns)
    query = f"SELECT {columns} FROM {table.name} WHERE 1 = 0"  # noqa: S608  (names of ours)
    return not isinstance(tx.attempt(lambda: tx.run(query)), Exception)


class _Runs:
    """Writes that wait for more of the same statement; one statement for each table at a time."""

    def __init__(self, tx: Tx) -> None:
        self.open: dict[Statement, list[Values]] = {}
        self._tx = tx
        self._of_table: dict[str, Statement] = {}
        self._removed: dict[str, int] = {}

    def begin(self, statement: Statement, values: Values) -> None:
        """Take a write that no open run is of: after what waits for its table, or within that."""
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
    """Whether a change could be made in the row that it is of, which is not inserted yet."""
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
