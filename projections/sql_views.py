"""The views in any SQL database: the handlers' writes as statements of SQLAlchemy Core.

All rules are in the handlers; this module only translates their statements for the described
tables. The server never imports it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Delete,
    Insert,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    text,
    update,
)
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.sql.elements import BindParameter, ColumnElement

from threadhost.events.base import Recorded
from threadhost.events.damage import Damage, DamageReport
from threadhost.events.named_tuple import NamedTuple
from threadhost.projections.base import Views, Write
from threadhost.projections.statement import Statement
from threadhost.projections.tables import metadata

PLACE = "at_"
"""The prefix of placeholders, whose names must differ from those of columns."""
NUL = "\0"
"""The character that no text of PostgreSQL can hold."""


class Translated(NamedTuple):
    """A statement of a view for any database."""

    table: str
    statement: Insert | Update | Delete
    prefix: str

    def values(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return a handler's values by the names of the statement's placeholders."""
        return {self.prefix + name: _storable(value) for name, value in values.items()}


@cache
def translated(statement: Statement) -> Translated:
    """Translate a statement into Core."""
    table = metadata.tables[statement.table]
    if statement.form == "INSERT":
        return Translated(table.name, insert(table), "")
    rows = _rows(table, statement)
    if statement.form == "DELETE":
        return Translated(table.name, delete(table).where(rows), PLACE)
    sets = {table.c[name]: _place(table.c[name], name) for name in statement.columns}
    sums = {table.c[name]: table.c[name] + _place(table.c[name], name) for name in statement.adds}
    return Translated(table.name, update(table).where(rows).values(sets | sums), PLACE)


class SqlViews:
    """Our views in another database, under their own names."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self.metadata = metadata
        self.kinds = views.kinds
        """The types of events that change them."""
        self.rules = views.rules
        """The digest of the tables and the handlers."""

    def apply(self, connection: Connection, facts: Sequence[Recorded]) -> DamageReport:
        """Apply events to the tables, in the caller's transaction; returns the skipped events.

        Events are skipped if they are damaged or do not fit. Raises errors of the whole database.
        """
        damages = DamageReport()
        facts = list(damages.noted(facts))
        if self._tried(connection, facts) is not None:
            for fact in facts:
                if error := self._tried(connection, [fact]):
                    reason = f"the views cannot show it: {type(error).__name__}"
                    damages.add(Damage.of(fact, reason))
        return damages

    def _tried(self, connection: Connection, facts: Sequence[Recorded]) -> Exception | None:
        """Apply all of these events or none; returns the error that prevented it."""
        try:
            with connection.begin_nested():
                _execute(connection, (w for fact in facts for w in self._views.writes(fact)))
        except DBAPIError as error:
            if not isinstance(error, (DataError, IntegrityError)):
                raise
            return error
        except Exception as error:  # noqa: BLE001  (a damaged event may break a handler)
            return error
        return None


def _execute(connection: Connection, writes: Iterable[Write]) -> None:
    """Execute neighbours with the same statement together; order is kept within a table."""
    runs: dict[str, tuple[Translated, list[dict[str, object]]]] = {}
    for written, values in writes:
        statement = translated(written)
        run = runs.get(statement.table)
        if run is None or run[0] is not statement:
            if run is not None:
                connection.execute(run[0].statement, run[1])
            run = runs[statement.table] = statement, []
        run[1].append(statement.values(values))
    for statement, rows in runs.values():
        connection.execute(statement.statement, rows)


def _rows(table: Table, statement: Statement) -> ColumnElement[bool]:
    terms: list[ColumnElement[bool]] = [
        table.c[column].op(sign, is_comparison=True)(_place(table.c[column], place))
        for column, sign, place in statement.terms
    ]
    rows = or_(*terms) if statement.any_of else and_(*terms)
    return and_(rows, text(statement.where)) if statement.where else rows


def _place(column: Column[Any], name: str) -> BindParameter[Any]:
    return bindparam(PLACE + name, type_=column.type)


def _storable(value: object) -> object:
    return value.replace(NUL, "\ufffd") if isinstance(value, str) and NUL in value else value
