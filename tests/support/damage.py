"""Homes that something went wrong with: rows of the log are edited while no host runs on them."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.log_database import change, connected
from threadhost.events.ids import thread_stream
from threadhost.events.store.home import DATABASE

BREAK = "UPDATE events SET payload = x'00' WHERE position = ?"
"""What makes an event whose payload lies in the log unreadable."""


def edit(home: Path, statement: str, *values: Any) -> None:
    """Change one row of a home that nobody uses."""
    with closing(connected(home / DATABASE, isolation_level=None)) as database:
        assert change(database, statement, values) == 1


def positions(home: Path, thread_id: str, kind: str = "%") -> Sequence[int]:
    """Where the events of a thread are whose types are like this."""
    query = "SELECT position FROM events WHERE stream = ? AND type LIKE ? ORDER BY position"
    with closing(connected(home / DATABASE)) as database:
        found = database.execute(query, (thread_stream(thread_id), kind)).fetchall()
    return [position for (position,) in found]


def places(home: Path, kind: str) -> Sequence[int]:
    """Where the events of a type are, of all streams."""
    query = "SELECT position FROM events WHERE type = ? ORDER BY position"
    with closing(connected(home / DATABASE)) as database:
        return [position for (position,) in database.execute(query, (kind,)).fetchall()]


def kind_at(home: Path, position: int) -> str:
    """The type of the event at a position."""
    with closing(connected(home / DATABASE)) as database:
        query = "SELECT type FROM events WHERE position = ?"
        found: str = database.execute(query, (position,)).fetchone()[0]
    return found


def forget_views(home: Path) -> None:
    """Make the views those of another version, which are made anew at the next start."""
    edit(home, "UPDATE view_rules SET fingerprint = 'of another version'")
