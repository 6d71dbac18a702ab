"""Another program's database, read from an exact copy."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

OpenFile = Callable[[str], AbstractContextManager[int]]
"""Opens a file for reading by its name and yields the descriptor. Raises OSError."""
COPY_BYTES = 1024 * 1024
ATTEMPTS = 5
JOURNALS = ("-wal", "-journal")
COLUMNS = (
    "SELECT name FROM pragma_table_info(?) WHERE EXISTS"
    " (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)"
)
"""Only of a table: a view may be endless."""


class Unreadable(Exception):
    """A database cannot be read; the message says why."""


class BeingWritten(Unreadable):
    """A database is being written all the time, and can be read later."""


class ForeignDatabase:
    """A copy of another program's database, with the tables and columns that exist."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table with the existing ones of these columns; none if it is missing.

        Raises Unreadable.
        """
        try:
            described = self._connection.execute(COLUMNS, (table, table))
            present = {str(row[0]) for row in described}
            selected = [name for name in columns if name in present]
            if not selected:
                return
            names = ", ".join(f'"{name}"' for name in selected)
            for row in self._connection.execute(f'SELECT {names} FROM "{table}"'):  # noqa: S608  (of ours)
                yield dict(zip(selected, row, strict=True))
        except sqlite3.Error as error:
            raise Unreadable(str(error)) from None


@contextmanager
def foreign_database(name: str, open_file: OpenFile) -> Iterator[ForeignDatabase]:
    """Read a database that its owner may be writing just now. Raises Unreadable, or OSError."""
    with TemporaryDirectory(prefix="threadhost-") as folder:
        copy = Path(folder, "copy")
        _copy_all(name, open_file, copy)
        try:
            with closing(sqlite3.connect(copy)) as connection:
                connection.text_factory = _as_text
                connection.execute("PRAGMA trusted_schema = OFF")
                yield ForeignDatabase(connection)
        except sqlite3.Error as error:
            raise Unreadable(str(error)) from None


def _as_text(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")


def _copy_all(name: str, open_file: OpenFile, copy: Path) -> None:
    """Copy a database and its journals, again until nothing was written during the copy.

    SQLite then completes or rolls back, in the copy, what a journal has begun.
    """
    for _ in range(ATTEMPTS):
        with open_file(name) as database:
            before = _mark(database), *(_copied(name, end, open_file, copy) for end in JOURNALS)
            _copy(database, copy)
            after = _mark(database), *(_mark_of(name + end, open_file) for end in JOURNALS)
            if before == after:
                return
    raise BeingWritten("it is being written; stop codex, or try again")


def _copied(name: str, end: str, open_file: OpenFile, copy: Path) -> tuple[int, ...]:
    """Copy a journal, if there is one; returns a mark that changes with every write."""
    target = copy.with_name(copy.name + end)
    target.unlink(missing_ok=True)
    try:
        with open_file(name + end) as journal:
            mark = _mark(journal)
            _copy(journal, target)
            return mark
    except FileNotFoundError:
        return ()


def _mark_of(name: str, open_file: OpenFile) -> tuple[int, ...]:
    try:
        with open_file(name) as journal:
            return _mark(journal)
    except FileNotFoundError:
        return ()


def _copy(source: int, target: Path) -> None:
    with target.open("wb") as copied:
        at = 0
        while part := os.pread(source, COPY_BYTES, at):
            copied.write(part)
            at += len(part)


def _mark(descriptor: int) -> tuple[int, ...]:
    """Return a mark that changes with every write to a file."""
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
