"""By which rules the views of a home were made: if by others than today's, they are made anew."""

from collections.abc import Iterable
from hashlib import sha256
from sqlite3 import Connection

from threadhost.events.store.database import ReadableDatabase

RULES = 1
"""Raised whenever a handler writes otherwise than before into tables of the same shape."""

TABLE = "CREATE TABLE IF NOT EXISTS view_rules (fingerprint TEXT NOT NULL)"
EXISTS = "SELECT 1 FROM sqlite_master WHERE name = 'view_rules'"
READ = "SELECT fingerprint FROM view_rules"


def fingerprint(statements: Iterable[str]) -> str:
    """What changes with the tables and with the rules."""
    return sha256("\n".join((str(RULES), *statements)).encode()).hexdigest()


def made_by(connection: Connection) -> str | None:
    """The fingerprint of the rules that the views were made by; None if nobody wrote it down."""
    connection.execute(TABLE)
    row = connection.execute(READ).fetchone()
    return str(row[0]) if row else None


def has_events(connection: Connection) -> bool:
    """Whether there is a log beside the views, and something in it that they would have to show."""
    is_log = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone()
    return bool(is_log and connection.execute("SELECT 1 FROM events LIMIT 1").fetchone())


def write_down(connection: Connection, made_by: str | None) -> None:
    """Note the rules that the views are made by; None until they are."""
    connection.execute("DELETE FROM view_rules")
    if made_by is not None:
        connection.execute("INSERT INTO view_rules VALUES (?)", (made_by,))


def are_current(database: ReadableDatabase, wanted: str) -> bool:
    """Whether the views of a home, which may be open elsewhere, are made by these rules."""
    return bool(database.rows(EXISTS)) and database.rows(READ) == [(wanted,)]
