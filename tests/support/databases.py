"""Databases that a test changes by hand, closed at once: one left to the collector is in use."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.support.log_database import connected


@contextmanager
def changed(path: Path) -> Iterator[sqlite3.Connection]:
    """A database whose changes are committed, and which is closed afterwards."""
    with closing(connected(path)) as database, database:
        yield database
