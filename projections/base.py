"""What a projection is: tables, and for each event type the writes that keep them in step."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Delete, Insert, MetaData, Table, Update

from threadhost.events.base import Event, Recorded

Statement = Insert | Update | Delete
Write = tuple[Statement, Mapping[str, object]]
"""A statement, made once, that writes and reads one table only, and the values for it."""

E = TypeVar("E", bound=Event)
Handler = Callable[[E, Recorded], Iterable[Write]]

metadata = MetaData()


class Projection:
    """Tables and their handlers; a handler sees an event and its place in the log, nothing else."""

    def __init__(self, *tables: Table) -> None:
        self.tables = tables
        self.handlers: dict[type[Event], Handler[Event]] = {}

    def on(self, *types: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """Declare what events of these types do to the tables."""

        def declare(handler: Handler[E]) -> Handler[E]:
            for type_ in types:
                self.handlers[type_] = handler  # type: ignore[assignment]
            return handler

        return declare


class Views:
    """All projections as one: applied inline in an append's transaction, or to rebuild.

    Writes of neighbouring events that share a statement go to the database together. Order is kept
    within a table, which is all that matters as no statement touches two.
    """

    def __init__(self, *projections: Projection) -> None:
        self.tables: list[Table] = [t for p in projections for t in p.tables]
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
        removed: dict[str, int] = {}
        runs: dict[Table, tuple[Statement, list[Mapping[str, object]]]] = {}
        for fact in recorded:
            for statement, values in self.writes(fact):
                table = statement.table
                run = runs.get(table)  # type: ignore[call-overload]
                if run is not None and run[0] is statement:
                    run[1].append(values)
                    continue
                if run is not None:
                    _flush(connection, run, removed)
                runs[table] = (statement, [values])  # type: ignore[index]
        for run in runs.values():
            _flush(connection, run, removed)
        return removed

    def writes(self, fact: Recorded) -> Iterable[Write]:
        """What an event changes; nothing if it is erased."""
        for handler in self._handlers.get(type(fact.event), ()):  # type: ignore[arg-type]
            yield from handler(fact.event, fact)  # type: ignore[arg-type]


def _flush(
    connection: Connection,
    run: tuple[Statement, list[Mapping[str, object]]],
    removed: dict[str, int],
) -> None:
    statement, values = run
    result = connection.execute(statement, values if len(values) > 1 else values[0])
    if statement.is_delete and result.rowcount > 0:
        name = statement.table.name  # type: ignore[union-attr]
        removed[name] = removed.get(name, 0) + result.rowcount
