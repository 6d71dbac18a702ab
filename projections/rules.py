"""By which rules the views of a home were made: if by others than today's, they are made anew."""

from collections.abc import Iterable
from hashlib import sha256
from sqlite3 import Connection, OperationalError

from threadhost.events.store.sqlite.database import ReadableDatabase

RULES = 1
"""Raised whenever a handler writes otherwise than before into tables of the same shape."""

TABLE = "CREATE TABLE IF NOT EXISTS view_rules (fingerprint TEXT NOT NULL)"
DROP = "DROP TABLE IF EXISTS view_rules"
EXISTS = "SELECT 1 FROM sqlite_master WHERE name = 'view_rules'"
MADE_BY = "SELECT count(*), max(CAST(fingerprint AS BLOB) = CAST(? AS BLOB)) FROM view_rules"


def fingerprint(statements: Iterable[str]) -> str:
    """What changes with the tables and with the rules."""
    return sha256("\n".join((str(RULES), *statements)).encode()).hexdigest()


def were_made(connection: Connection, wanted: str) -> bool:
    """Whether the views were made by these rules; not if nobody wrote it down."""
    connection.execute(TABLE)
    try:
        return bool(connection.execute(MADE_BY, (wanted,)).fetchone() == (1, 1))
    except OperationalError:  # it is another table
        connection.execute(DROP)
        connection.execute(TABLE)
        return False


def has_events(connection: Connection) -> bool:
    """Whether there is a log beside the views, and something in it that they would have to show."""
    is_log = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone()
    return bool(is_log and connection.execute("SELECT 1 FROM events LIMIT 1").fetchone())


def write_down(connection: Connection, made_by: str | None) -> None:
    """Note the rules that the views are made by; None until they are."""
    connection.execute("DELETE FROM view_rules")
    if made_by is not None:
        connection.execute("INSERT INTO view_rules (fingerprint) VALUES (?)", (made_by,))


def are_current(database: ReadableDatabase, wanted: str) -> bool:
    """Whether the views of a home, which may be open elsewhere, are made by these rules."""
    return bool(database.rows(EXISTS)) and database.rows(MADE_BY, (wanted,)) == [(1, 1)]
