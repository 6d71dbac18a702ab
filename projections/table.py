"""Tables of views as data: each is in its noun's file, and everything else is derived from it."""

from collections.abc import Sequence
from functools import cache
from typing import Literal

from threadhost.events.named_tuple import NamedTuple
from threadhost.projections.statement import Statement, Term

Kind = Literal["text", "key", "integer", "long", "boolean"]
"""A `key` is an indexed text; a `long` is a position or a time, 64 bits everywhere."""
SQLITE: dict[Kind, str] = {
    "text": "TEXT",
    "key": "TEXT",
    "integer": "INTEGER",
    "long": "INTEGER",
    "boolean": "BOOLEAN",
}


class Column(NamedTuple):
    """One column; a value may be missing if it `may_be_null`."""

    name: str
    kind: Kind = "text"
    may_be_null: bool = False


class Index(NamedTuple):
    """An index over some columns; with `where`, only of the rows for which that is true."""

    name: str
    columns: tuple[str, ...]
    is_unique: bool = False
    where: str = ""


class Table(NamedTuple):
    """A table with its key; `is_private` if it holds content of sealed events.

    A row is deleted with any thread that a column in `goes_with` names. A table that is not made
    `of_events` cannot be rebuilt from them, so a rebuild keeps it. Rows are stored in the order of
    the key, or with `lie_as_written` in the order of writing, so that rows of many keys that are
    written together fill only a few pages.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indices: tuple[Index, ...] = ()
    is_private: bool = False
    goes_with: tuple[str, ...] = ()
    of_events: bool = True
    lie_as_written: bool = False

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements that create it and its indices in SQLite, if they are missing."""
        return _statements(self)

    def insert(self, *columns: str) -> Statement:
        """Return the statement that inserts a row with these columns, or with all columns."""
        return Statement("INSERT", self.name, columns or [column.name for column in self.columns])

    def update(
        self, *columns: str, of: Sequence[str] = (), adds: Sequence[str] = (), where: str = ""
    ) -> Statement:
        """Return the statement that sets columns, and adds to others, in the rows that match `of`.

        Each `of` is a column, or a column and a sign (`version <=`); without any it is the key.
        `where` is an additional condition.
        """
        terms = [Term.of(text) for text in of or self.key]
        unique = [index.columns for index in self.indices if index.is_unique and not index.where]
        is_key = any(set(of or self.key) == set(key) for key in (self.key, *unique))
        sets_one_row = is_key and not adds and not where
        return Statement(
            "UPDATE", self.name, columns, terms, adds=adds, where=where, sets_one_row=sets_one_row
        )

    def delete(self, *of: str) -> Statement:
        """Return the statement that deletes the rows that match `of`, or the row with that key."""
        return Statement("DELETE", self.name, terms=[Term.of(text) for text in of or self.key])

    @property
    def drop(self) -> Statement:
        """The statement that deletes the rows that belong to the thread `:of`."""
        return _drop(self)


@cache
def _drop(table: Table) -> Statement:
    terms = [Term(column, "=", "of") for column in table.goes_with]
    return Statement("DELETE", table.name, terms=terms, any_of=True)


@cache
def _statements(table: Table) -> tuple[str, ...]:
    return (_table(table), *(_index(table, index) for index in table.indices))


def _table(table: Table) -> str:
    lines = [_column(column) for column in table.columns]
    lines.append(f"PRIMARY KEY ({', '.join(table.key)})")
    body = ",\n    ".join(lines)
    order = "" if table.lie_as_written else " WITHOUT ROWID"
    return f"CREATE TABLE IF NOT EXISTS {table.name} (\n    {body}\n){order}"


def _column(column: Column) -> str:
    null = "" if column.may_be_null else " NOT NULL"
    return f"{column.name} {SQLITE[column.kind]}{null}"


def _index(table: Table, index: Index) -> str:
    unique, where = "UNIQUE " * index.is_unique, f" WHERE {index.where}" if index.where else ""
    columns = ", ".join(index.columns)
    return f"CREATE {unique}INDEX IF NOT EXISTS {index.name} ON {table.name} ({columns}){where}"
