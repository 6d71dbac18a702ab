"""Databases that a test changes by hand, closed at once: one left to the collector is in use."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def changed(path: Path) -> Iterator[sqlite3.Connection]:
    """A database whose changes are committed, and which is closed afterwards."""
    with closing(sqlite3.connect(path)) as database, database:
        yield database
