"""What a projection is: tables, and for each event type the writes that keep them in step."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from itertools import chain
from typing import Any, TypeVar

from threadhost.events.base import Damaged, Event, Recorded, names_of
from threadhost.events.store.port import Tx, Values
from threadhost.events.thread import ThreadDeleted
from threadhost.events.tree import TreeTargetsReleased
from threadhost.projections import rules
from threadhost.projections.table import Table

Write = tuple[str, Mapping[str, object]]
"""A statement that writes and reads one table only, and the values for its `:places`: always the
same names for the same statement."""

FORM = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM) (\w+)")
CHANGE = re.compile(r"UPDATE \w+ SET ((?:(?:, )?\w+ = :\w+)+) WHERE ((?:(?: AND )?\w+ = :\w+)+)")
EQUATION = re.compile(r"(\w+) = :(\w+)")
Pairs = tuple[tuple[str, str], ...]
Change = tuple[Pairs, Pairs, frozenset[str]]
"""What an `UPDATE` sets, and of which rows: columns, each with the place of a value; and the latter
columns alone."""
NEAR = 8
"""So many of the newest rows that wait are looked at for the one that a change names."""

E = TypeVar("E", bound=Event | Damaged)
Handler = Callable[[E, Recorded], Iterable[Write]]


def inserting(table: str, *columns: str) -> str:
    """The statement that inserts a row with these columns, each from the place of its name."""
    places = ", ".join(f":{column}" for column in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608  (names of ours)


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


@cache
def table_of(statement: str) -> str:
    """The one table that a statement writes. Raises LookupError for what is no view's."""
    form = FORM.match(statement)
    if form is None:
        raise LookupError(f"not a statement of a view: {statement}")
    return form[2]


@cache
def change_of(statement: str) -> Change | None:
    """What a statement changes that does no more than set columns of the rows that it names."""
    form = CHANGE.fullmatch(statement)
    if form is None:
        return None
    sets, of = (tuple(EQUATION.findall(part)) for part in form.groups())
    return sets, of, frozenset(column for column, _ in of)


def _changed(row: Values, change: Change, values: Values) -> Values | None:
    """The row as it is then; None if it is another one, or does not say all that is set."""
    sets, of, _ = change
    for column, place in of:
        if values[place] is None or row.get(column) != values[place]:
            return None
    if not all(column in row for column, _ in sets):
        return None
    return {**row, **{column: values[place] for column, place in sets}}


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
        self._keys = {table.name: table.keys for table in self.described}
        self._handlers: dict[type[object], list[Handler[Any]]] = {}
        for projection in projections:
            for type_, handler in projection.handlers.items():
                self._handlers.setdefault(type_, []).append(handler)
        self._drops = tuple(table.drop for table in self.described if table.goes_with)
        for gone in (ThreadDeleted, TreeTargetsReleased):
            self._handlers.setdefault(gone, []).append(self._drop)

    @property
    def statements(self) -> tuple[str, ...]:
        """What makes the tables and their indices."""
        return tuple(s for table in self.described for s in table.statements)

    @cached_property
    def rules(self) -> str:
        """What the tables and the handlers are known by."""
        handlers = chain.from_iterable(self._handlers.values())
        return rules.fingerprint((*self.statements, *self._drops), handlers)

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
        runs = _Runs(tx, self._keys)
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
        gone = (event.thread_id,) if isinstance(event, ThreadDeleted) else event.thread_ids
        for thread_id in gone:
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
    look = f"SELECT {columns} FROM {table.name} WHERE 1 = 0"  # noqa: S608  (names of ours)
    return not isinstance(tx.attempt(lambda: tx.run(look)), Exception)


class _Runs:
    """Writes that wait for more of the same statement; one statement for each table at a time."""

    def __init__(self, tx: Tx, keys: Mapping[str, frozenset[frozenset[str]]]) -> None:
        self.open: dict[str, list[Values]] = {}
        self._tx = tx
        self._keys = keys
        self._of_table: dict[str, str] = {}
        self._removed: dict[str, int] = {}

    def begin(self, statement: str, values: Values) -> None:
        """Start a run, after what waits for the same table."""
        table = table_of(statement)
        before = self._of_table.get(table)
        if before is not None:
            if self._is_taken_in(table, before, statement, values):
                return
            self._finish(before)
        self._of_table[table] = statement
        self.open[statement] = [values]

    def _is_taken_in(self, table: str, before: str, statement: str, values: Values) -> bool:
        """Whether a change was made in the one row of its key, which is not inserted yet."""
        change = change_of(statement)
        if change is None or not before.startswith("INSERT"):
            return False
        if change[-1] not in self._keys[table]:
            return False
        waiting = self.open[before]
        for index in range(-1, -1 - min(NEAR, len(waiting)), -1):
            changed = _changed(waiting[index], change, values)
            if changed is not None:
                waiting[index] = changed
                return True
        return False

    def end(self) -> Mapping[str, int]:
        """Execute what still waits; returns how many rows were deleted, by table."""
        for statement in tuple(self.open):
            self._finish(statement)
        return self._removed

    def _finish(self, statement: str) -> None:
        gone = self._tx.write(statement, self.open.pop(statement))
        if gone > 0:
            table = table_of(statement)
            self._removed[table] = self._removed.get(table, 0) + gone
