"""Writes names in rows of the log as numbers: most are the same in thousands of rows."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from sqlite3 import Connection
from typing import Any

from threadhost.events.bounds import batches
from threadhost.events.store.rows import LogRow
from threadhost.events.store.sqlite import schema

KEPT_MAX = 20_000
NAMES_A_QUERY = 500
VERSION_DIGITS_MAX = 15
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
COLUMNS = len(LogRow._fields)
STREAM, VERSION, CORRELATION, CAUSATION = map(
    LogRow._fields.index, ("stream", "version", "correlation_id", "causation_id")
)
NAMED = (STREAM, *map(LogRow._fields.index, ("kind", "principal")))
"""The columns that are stored as numbers of names."""


class Names:
    """The numbers of the names in one database, for the connection that writes it.

    Numbers are kept from one transaction to the next. A rollback takes new ones back: no number
    above the newest one in the table counts. After a commit of another connection none counts.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._newest = 0
        self._others_commits = 0

    def numbers(self, connection: Connection, names: Collection[str]) -> Mapping[str, int]:
        """Return the numbers of at least these names, which get one if they have none."""
        self._forget_changed(connection)
        missing = [*dict.fromkeys(name for name in names if name not in self._numbers)]
        if missing:
            if len(self._numbers) > KEPT_MAX:
                self._numbers.clear()
                missing = [*dict.fromkeys(names)]
            self._look_up(connection, missing)
        return self._numbers

    def forget(self) -> None:
        """Look every name up again: names were removed or changed."""
        self._numbers.clear()

    def _forget_changed(self, connection: Connection) -> None:
        newest, others_commits = connection.execute(schema.NEWEST_NAME).fetchone()
        if others_commits != self._others_commits:
            self.forget()
            self._others_commits = others_commits
        elif newest < self._newest:
            self._numbers = {n: number for n, number in self._numbers.items() if number <= newest}
        self._newest = newest

    def _look_up(self, connection: Connection, names: Sequence[str]) -> None:
        numbers = self._numbers
        for batch in batches(names, NAMES_A_QUERY):
            marks = ",".join("?" * len(batch))
            numbers.update(
                connection.execute(f"{schema.NUMBERS_OF_NAMES} ({marks})", batch).fetchall()
            )
        for name in names:
            if name not in numbers:
                self._newest += 1
                connection.execute(schema.ADD_NAME, (self._newest, name))
                numbers[name] = self._newest


def numbered(connection: Connection, names: Names, values: Sequence[Any]) -> list[Any]:
    """Return the values of rows of the log, one row after the other, as their table has them."""
    stored = list(values)
    columns = [values[column::COLUMNS] for column in NAMED]
    numbers = names.numbers(connection, [name for column in columns for name in column])
    for column, named in zip(NAMED, columns, strict=True):
        stored[column::COLUMNS] = map(numbers.__getitem__, named)
    stored[CORRELATION::COLUMNS] = map(_correlation_as_stored, values[CORRELATION::COLUMNS])
    stored[CAUSATION::COLUMNS] = map(_cause_as_stored, columns[0], values[CAUSATION::COLUMNS])
    return stored


@lru_cache(1_000)
def _correlation_as_stored(correlation: str) -> str | bytes:
    """Return the bytes of a UUID in its usual form, or any other text as it is."""
    return bytes.fromhex(correlation.replace("-", "")) if UUID(correlation) else correlation


def _cause_as_stored(stream: str, cause: str) -> str | int:
    """Return the version of an event of the same stream, or any other cause as it is."""
    prefix = f"event:{stream}@"
    if not cause.startswith(prefix):
        return cause
    version = cause[len(prefix) :]
    is_plain = version.isdecimal() and len(version) <= VERSION_DIGITS_MAX
    return int(version) if is_plain and str(int(version)) == version else cause
