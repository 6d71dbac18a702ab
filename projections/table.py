"""Tables of views as data: each stands in its noun's own file, and all else is made from that."""

from collections.abc import Sequence
from functools import cache
from typing import Literal

from threadhost.events.named_tuple import NamedTuple
from threadhost.projections.statement import Statement, Term

Kind = Literal["text", "key", "integer", "long", "boolean"]
"""A `key` is a text that an index holds; a `long` is a position or a time, 64 bits everywhere."""
SQLITE: dict[Kind, str] = {
    "text": "TEXT",
    "key": "TEXT",
    "integer": "INTEGER",
    "long": "INTEGER",
    "boolean": "BOOLEAN",
}


class Column(NamedTuple):
    """One column; what `may_be_null` may be missing in a row."""

    name: str
    kind: Kind = "text"
    may_be_null: bool = False


class Index(NamedTuple):
    """An index over some columns; with `where`, of the rows alone that this is true of."""

    name: str
    columns: tuple[str, ...]
    is_unique: bool = False
    where: str = ""


class Table(NamedTuple):
    """A table with its key; `is_private` if it holds what sealed events say.

    A row goes with each thread that one of the columns in `goes_with` names, when that is deleted.
    What is not made `of_events` cannot be made anew from them, and is kept instead. Rows lie in the
    order of the key, or where they `lie_as_written` in that, so that those of many keys which are
    written together fill a few pages.
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
        """What makes it and its indices in SQLite, where they are missing."""
        return _statements(self)

    def insert(self, *columns: str) -> Statement:
        """What inserts a row, of which these columns are given; without a name, each of them."""
        return Statement("INSERT", self.name, columns or [column.name for column in self.columns])

    def update(
        self, *columns: str, of: Sequence[str] = (), adds: Sequence[str] = (), where: str = ""
    ) -> Statement:
        """What sets columns, and adds to others, of the rows where those `of` are as given.

        Each `of` is a column, or one and a sign (`version <=`); without any it is the row with that
        key. `where` is more that has to be true of them.
        """
        terms = [Term.of(text) for text in of or self.key]
        unique = [index.columns for index in self.indices if index.is_unique and not index.where]
        is_key = any(set(of or self.key) == set(key) for key in (self.key, *unique))
        sets_one_row = is_key and not adds and not where
        return Statement(
            "UPDATE", self.name, columns, terms, adds=adds, where=where, sets_one_row=sets_one_row
        )

    def delete(self, *of: str) -> Statement:
        """What deletes the rows where these are as given, or the row with that key."""
        return Statement("DELETE", self.name, terms=[Term.of(text) for text in of or self.key])

    @property
    def drop(self) -> Statement:
        """What deletes the rows that go with the thread `:of`."""
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
