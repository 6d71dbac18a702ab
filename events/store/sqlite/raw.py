"""Rows exactly as they are in the file: no value is converted, and no bad row hides another."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from sqlite3 import Connection
from typing import Any

from threadhost.events.store.blobs import PAYLOAD_BYTES_MAX
from threadhost.events.store.rules import COLUMNS
from threadhost.events.store.sqlite.database import NOT_TEXT, ReadableDatabase, rollback
from threadhost.events.store.sqlite.faults import reported_as_damage, words_of

PAGE_ROWS = 1000
SELECT = f"SELECT {', '.join(COLUMNS)} FROM events WHERE position > ? ORDER BY position LIMIT ?"  # noqa: S608


class NoText(bytes):
    """A text that is not UTF-8."""


class Unreadable(Exception):
    """The database cannot return the next rows."""


Row = tuple[Any, ...]


class RawRows:
    """Reads a database in whatever state it is, and reports what is unreadable."""

    def __init__(self, database: ReadableDatabase) -> None:
        self._database = database

    def events(self, after: int, limit: int) -> Iterator[Row]:
        """Yield a page of the rows of the log after a position, in order. Raises Unreadable."""
        last = after
        try:
            with self._reading() as connection:
                for row in connection.execute(SELECT, (after, limit)):
                    last = row[0]
                    yield row
                return
        except sqlite3.Error as error:
            if NOT_TEXT not in str(error):
                raise Unreadable(words_of(error)) from None
        try:
            yield from self.all(SELECT, (last, 1))
        except sqlite3.Error as error:
            raise Unreadable(words_of(error)) from None

    def next_readable(self, position: int) -> int | None:
        """Return the position before the next readable row, some way after an unreadable one."""
        step = 1
        while position + step < 2**62:
            try:
                with self._reading() as connection:
                    row = connection.execute(
                        "SELECT position FROM events WHERE position > ? LIMIT 1", (position + step,)
                    ).fetchone()
                return None if row is None else int(row[0]) - 1
            except sqlite3.Error:
                step *= 2
        return None

    def all(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of a query. Raises sqlite3.Error."""
        with self._reading() as connection:
            try:
                return connection.execute(query, values).fetchall()
            except sqlite3.OperationalError as error:
                if NOT_TEXT not in str(error):
                    raise
            connection.text_factory = _text
            try:
                return connection.execute(query, values).fetchall()
            finally:
                connection.text_factory = str

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """All reads of this thread in the block are of one moment."""
        if self._database.in_memory:
            with self._database.lock:
                yield
            return
        with self._database.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield
            finally:
                rollback(connection)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with reported_as_damage(), self._database.reading() as connection:
            before = connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, PAYLOAD_BYTES_MAX)
            try:
                yield connection
            finally:
                connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, before)


def _text(raw: bytes) -> str | NoText:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return NoText(raw)
