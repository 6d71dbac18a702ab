"""A home at rest whose log has the tables of version 0.1, with the same events."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from tests.support.log_database import connected
from threadhost.events.store.files import fingerprint
from threadhost.events.store.home import DATABASE, KEYS
from threadhost.events.store.host_key import read_host_key
from threadhost.events.store.sqlite.formats import FORMAT_OF_0_1, OF_0_1
from threadhost.events.store.sqlite.keys import KeyRing

NO_UTF_8 = b"\xff\xfe\x80"
LOG_ID = "SELECT value FROM store WHERE name = 'log_id'"
DOWNGRADE = (
    "CREATE TEMP TABLE held AS SELECT * FROM events",
    "DROP VIEW temp.events",
    "DROP VIEW main.events",
    "DROP TABLE event_rows",
    "DROP TABLE names",
    *OF_0_1,
    "INSERT INTO events SELECT * FROM held ORDER BY position",
    "DROP TABLE held",
    f"UPDATE store SET value = '{FORMAT_OF_0_1}' WHERE name = 'format'",
)


def downgraded(home: Path) -> Path:
    """Give the log of a home the tables of version 0.1, as if a host of that had closed it."""
    path = home / DATABASE
    with closing(connected(path, isolation_level=None)) as connection:
        to_tables_of_0_1(connection)
        connection.execute("VACUUM")
        (log_id,) = connection.execute(LOG_ID).fetchone()
    with closing(KeyRing(home / KEYS, read_host_key(home), log_id)) as keys:
        keys.record_end(keys.recorded_end.end, fingerprint(path))
    return home


def to_tables_of_0_1(connection: Connection) -> None:
    """Move the rows of an open log, and name its format."""
    connection.execute("BEGIN")
    for statement in DOWNGRADE:
        connection.execute(statement)
    connection.execute("COMMIT")


def log_of_0_1(
    path: Path, rows: Sequence[Sequence[Any]], edit: Callable[[str], str] = lambda made: made
) -> Path:
    """Make the log of version 0.1 with these rows; those that `edit` lets its tables take.

    `NO_UTF_8` is stored as a text.
    """
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in OF_0_1:
            connection.execute(edit(statement))
        for row in rows:
            marks = ("CAST(? AS TEXT)" if value == NO_UTF_8 else "?" for value in row)
            connection.execute(f"INSERT INTO events VALUES ({', '.join(marks)})", row)
        names = ("format", FORMAT_OF_0_1), ("log_id", "log"), ("release", "0.1")
        connection.executemany("INSERT INTO store VALUES (?, ?)", names)
        connection.execute("PRAGMA writable_schema = ON")
        for statement in OF_0_1:
            made = statement.replace("IF NOT EXISTS ", "")
            kept = edit(statement).replace("IF NOT EXISTS ", "")
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE sql = ?", (made, kept))
    return path
