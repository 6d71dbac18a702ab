"""The database of a log as somebody with SQLite alone may edit it: each row with its names."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from threadhost.events.store.sqlite.schema import EDITS, EVENTS_VIEW, HAS_TABLE


def editable(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Have the connection edit `events` like a table with the names in it."""
    views = connection.execute("SELECT name FROM temp.sqlite_master WHERE type = 'view'")
    if ("events",) not in views.fetchall():
        connection.execute(EVENTS_VIEW)
    triggers = connection.execute("SELECT 1 FROM temp.sqlite_master WHERE type = 'trigger'")
    if not triggers.fetchall():
        for edit, changes in EDITS.items():
            connection.execute(
                f"CREATE TEMP TRIGGER at_{edit} INSTEAD OF {edit} ON events BEGIN {changes} END"
            )
    return connection


def connected(path: Path | str, **options: Any) -> sqlite3.Connection:
    """Open a database to read and edit its events, if there are any; options are of `sqlite3`.

    In a log of version 0.1 `events` is the table itself.
    """
    connection = sqlite3.connect(path, **options)
    return editable(connection) if has_rows(connection) else connection


def has_rows(connection: sqlite3.Connection) -> bool:
    """Whether the database is a log in this version's format, as far as it can be read."""
    try:
        return bool(connection.execute(HAS_TABLE, ("event_rows",)).fetchall())
    except sqlite3.DatabaseError:
        return False


def change(connection: sqlite3.Connection, statement: str, values: Sequence[Any] = ()) -> int:
    """Execute an edit of `events` or of another table; returns how many of its rows changed."""
    before = _changes_without_names(connection)
    of_a_table = connection.execute(statement, values).rowcount
    return of_a_table or _changes_without_names(connection) - before


def _changes_without_names(connection: sqlite3.Connection) -> int:
    """The changes so far; names that edits of the view of events added do not count."""
    if not has_rows(connection):
        return connection.total_changes
    (names,) = connection.execute("SELECT count(*) FROM names").fetchone()
    return connection.total_changes - int(names)
