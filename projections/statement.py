"""The writes of views as data: a statement says which rows of which table it changes, and how."""

from collections.abc import Sequence
from typing import Literal

from threadhost.events.named_tuple import NamedTuple

Form = Literal["INSERT", "UPDATE", "DELETE"]


class Term(NamedTuple):
    """A comparison of a column with the value of a placeholder."""

    column: str
    sign: str
    place: str

    @classmethod
    def of(cls, text: str) -> "Term":
        """Parse `version <=`, a column and a sign, or a column alone, which means `=`.

        The placeholder has the name of the column.
        """
        column, _, sign = text.partition(" ")
        return cls(column, sign or "=", column)

    def __str__(self) -> str:
        """Return the SQL text."""
        return f"{self.column} {self.sign} :{self.place}"


class Statement:
    """A write to one table; each of its values has the name of its column.

    `columns` are inserted or set; `adds` are increased. It applies to the rows for which all
    `terms` (any, with `any_of`) and the constant condition `where` are true. A statement that
    `sets_one_row` only sets columns of the row with a key, so it can also be merged into a row that
    waits to be inserted. `text` is the SQL.
    """

    def __init__(
        self,
        form: Form,
        table: str,
        columns: Sequence[str] = (),
        terms: Sequence[Term] = (),
        *,
        adds: Sequence[str] = (),
        where: str = "",
        any_of: bool = False,
        sets_one_row: bool = False,
    ) -> None:
        self.form = form
        self.table = table
        self.columns = columns
        self.terms = terms
        self.adds = adds
        self.where = where
        self.any_of = any_of
        self.sets_one_row = sets_one_row
        self.text = self._insert() if form == "INSERT" else f"{self._change()} WHERE {self._rows()}"

    def __repr__(self) -> str:
        return self.text

    def _insert(self) -> str:
        places = ", ".join(f":{column}" for column in self.columns)
        return f"INSERT INTO {self.table} ({', '.join(self.columns)}) VALUES ({places})"  # noqa: S608  (names of ours)

    def _change(self) -> str:
        if self.form == "DELETE":
            return f"DELETE FROM {self.table}"  # noqa: S608  (names of ours)
        sets = [f"{column} = :{column}" for column in self.columns]
        sets += [f"{column} = {column} + :{column}" for column in self.adds]
        return f"UPDATE {self.table} SET {', '.join(sets)}"  # noqa: S608  (names of ours)

    def _rows(self) -> str:
        rows = (" OR " if self.any_of else " AND ").join(map(str, self.terms))
        return f"{rows} AND {self.where}" if self.where else rows
