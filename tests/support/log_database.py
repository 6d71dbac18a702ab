"""The database of a log as somebody with SQLite alone may edit it: each row with its names."""

import sqlite3
from pathlib import Path
from typing import Any

from threadhost.events.store.sqlite.schema import EVENTS_VIEW

COLUMNS = (
    "position",
    "decision",
    "stream",
    "version",
    "type",
    "recorded_at_ms",
    "principal",
    "correlation_id",
    "causation_id",
    "key_id",
    "payload",
    "blob",
    "digest",
    "chain",
)
NAMED = ("stream", "type", "principal")
NAMES = ", ".join(f"(NEW.{column})" for column in NAMED)
NEW = {
    column: f"(SELECT id FROM names WHERE name IS NEW.{column})"
    if column in NAMED
    else f"NEW.{column}"
    for column in COLUMNS
}
ADD_NAMES = f"INSERT OR IGNORE INTO names (name) VALUES {NAMES};"
OLD_ROW = "WHERE position = OLD.position;"
CHANGES = ", ".join(f"{column} = {value}" for column, value in NEW.items())
EDITS = {
    "INSERT": f"{ADD_NAMES} INSERT INTO event_rows VALUES ({', '.join(NEW.values())});",
    "UPDATE": f"{ADD_NAMES} UPDATE event_rows SET {CHANGES} {OLD_ROW}",
    "DELETE": f"DELETE FROM event_rows {OLD_ROW}",
}
"""What an edit of the view of events changes in its tables."""


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
    """Open the database of a log to read and edit its events; options are those of `sqlite3`."""
    return editable(sqlite3.connect(path, **options))
