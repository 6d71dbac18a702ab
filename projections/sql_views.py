"""The views in any SQL database: what our handlers write, said in SQLAlchemy Core.

The rules are the handlers' alone; here their statements, which all have one of three forms, are
read and made from the described tables. Nothing that serves imports this.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    update,
)
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from threadhost.events.base import Recorded
from threadhost.events.damage import Damage, Damages
from threadhost.events.named_tuple import NamedTuple
from threadhost.projections.base import Views, Write
from threadhost.projections.tables import metadata

INSERT = re.compile(r"INSERT INTO (\w+) \(([\w, ]+)\) VALUES \(([:\w, ]+)\)")
UPDATE = re.compile(r"UPDATE (\w+) SET (.+) WHERE (.+)")
DELETE = re.compile(r"DELETE FROM (\w+) WHERE (.+)")
TERM = re.compile(r"(\w+) (=|<>|<|<=|>|>=|IS|IS NOT) (:\w+|'[^']*'|\d+|TRUE|FALSE|NULL)")
SUM = re.compile(r"(\w+) = \1 \+ :(\w+)")
JOINS: Mapping[str, Callable[..., ColumnElement[bool]]] = {" AND ": and_, " OR ": or_}
CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}
PLACE = "at_"
"""Before the names of places, which must not be those of columns."""
NUL = "\0"
"""What no text of PostgreSQL can hold."""


class Translated(NamedTuple):
    """A statement of a view for any database."""

    table: str
    statement: Insert | Update | Delete
    prefix: str

    def values(self, values: Mapping[str, object]) -> dict[str, object]:
        """What a handler puts into the places, as the statement calls them."""
        return {self.prefix + name: _storable(value) for name, value in values.items()}


@cache
def translated(statement: str) -> Translated:
    """A statement in Core. Raises LookupError for one that has none of the three forms."""
    if match := INSERT.fullmatch(statement):
        table, columns, places = match.groups()
        if places == ", ".join(f":{name}" for name in columns.split(", ")):
            return Translated(table, insert(metadata.tables[table]), "")
    if match := UPDATE.fullmatch(statement):
        table, terms, where = metadata.tables[match[1]], match[2].split(", "), match[3]
        change = update(table).where(_condition(table, where)).values(_changes(table, terms))
        return Translated(table.name, change, PLACE)
    if match := DELETE.fullmatch(statement):
        table = metadata.tables[match[1]]
        return Translated(table.name, delete(table).where(_condition(table, match[2])), PLACE)
    raise LookupError(f"a view cannot be kept elsewhere by: {statement}")


class SqlViews:
    """Our views, kept in tables of their own names in another database."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self.metadata = metadata
        self.kinds = views.kinds
        """The types of events that change them."""
        self.rules = views.rules
        """What the tables and the handlers are known by."""

    def apply(self, connection: Connection, facts: Sequence[Recorded]) -> Damages:
        """Take events into the tables, in the caller's transaction; what had to be passed over.

        That is what is damaged, or does not fit. Raises what ails the whole database.
        """
        damages = Damages()
        facts = list(damages.noted(facts))
        if self._tried(connection, facts) is not None:
            for fact in facts:
                if error := self._tried(connection, [fact]):
                    reason = f"the views cannot show it: {type(error).__name__}"
                    damages.add(Damage.of(fact, reason))
        return damages

    def _tried(self, connection: Connection, facts: Sequence[Recorded]) -> Exception | None:
        """Apply all of these events or none; what was in the way."""
        try:
            with connection.begin_nested():
                _execute(connection, (w for fact in facts for w in self._views.writes(fact)))
        except DBAPIError as error:
            if not isinstance(error, (DataError, IntegrityError)):
                raise
            return error
        except Exception as error:  # noqa: BLE001  (a damaged event may trip a handler over anything)
            return error
        return None


def _execute(connection: Connection, writes: Iterable[Write]) -> None:
    """Neighbours that share a statement go together; order is kept within a table."""
    runs: dict[str, tuple[Translated, list[dict[str, object]]]] = {}
    for text, values in writes:
        statement = translated(text)
        run = runs.get(statement.table)
        if run is None or run[0] is not statement:
            if run is not None:
                connection.execute(run[0].statement, run[1])
            run = runs[statement.table] = statement, []
        run[1].append(statement.values(values))
    for statement, rows in runs.values():
        connection.execute(statement.statement, rows)


def _condition(table: Table, text: str) -> ColumnElement[bool]:
    for word, join in JOINS.items():
        if word in text:
            return join(*(_comparison(table, term) for term in text.split(word)))
    return _comparison(table, text)


def _comparison(table: Table, term: str) -> ColumnElement[bool]:
    column, sign, value = _term(table, term)
    if value is None:
        return column.is_(None) if sign == "IS" else column.is_not(None)
    compared: ColumnElement[bool] = column.op(sign, is_comparison=True)(value)
    return compared


def _changes(table: Table, terms: Sequence[str]) -> dict[Column[Any], object]:
    return dict(_change(table, term) for term in terms)


def _change(table: Table, term: str) -> tuple[Column[Any], object]:
    """What a column becomes: a value, or the sum of what it is and one."""
    if match := SUM.fullmatch(term):
        column = table.c[match[1]]
        return column, column + bindparam(PLACE + match[2], type_=column.type)
    column, _, value = _term(table, term)
    return column, value


def _term(table: Table, term: str) -> tuple[Column[Any], str, object]:
    match = TERM.fullmatch(term)
    if match is None:
        raise LookupError(f"not a term of a view's statement: {term}")
    column, sign, value = table.c[match[1]], match[2], match[3]
    if value.startswith(":"):
        return column, sign, bindparam(PLACE + value[1:], type_=column.type)
    if value.startswith("'"):
        return column, sign, value[1:-1]
    if value in CONSTANTS:
        return column, sign, CONSTANTS[value]
    return column, sign, int(value)


def _storable(value: object) -> object:
    return value.replace(NUL, "\ufffd") if isinstance(value, str) and NUL in value else value
