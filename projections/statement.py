"""What a view writes, as data: a statement says which rows of which table it changes, and how."""

from collections.abc import Sequence
from typing import Literal

from threadhost.events.named_tuple import NamedTuple

Form = Literal["INSERT", "UPDATE", "DELETE"]


class Term(NamedTuple):
    """A column, compared with the value in a place."""

    column: str
    sign: str
    place: str

    @classmethod
    def of(cls, text: str) -> "Term":
        """Of `version <=`, a column and a sign, or of a column that is to be equal.

        It is compared with the value that has the name of the column.
        """
        column, _, sign = text.partition(" ")
        return cls(column, sign or "=", column)

    def __str__(self) -> str:
        """As databases read it."""
        return f"{self.column} {self.sign} :{self.place}"


class Statement:
    """A write to one table; each value that it takes has the name of its column.

    `columns` are inserted or set, `adds` are added to, in the rows of which all `terms` are true
    (any of them, if it is `any_of`) and the constant condition `where`. One that `sets_one_row`
    does no more than set columns of the row with a key: it can be made in a row that waits to be
    inserted, as well. `text` is what a database is given.
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
