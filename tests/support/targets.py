"""Databases that views are kept in: an SQLite file, and a schema of a PostgreSQL server."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.postgres import schema_of, server_url
from threadhost.events.store.target import open_target
from threadhost.projections import all_views

ENGINES = [
    pytest.param(kind, marks=pytest.mark.slices if kind == "postgresql" else ())
    for kind in ("sqlite", "postgresql")
]
Views = dict[str, list[tuple[object, ...]]]
NewTarget = Callable[[], str]


@contextmanager
def targets(kind: str, folder: Path) -> Iterator[NewTarget]:
    """Makes URLs of new, empty databases of one kind; what they need goes with the test."""
    with ExitStack() as stack:
        if kind == "sqlite":
            numbers = iter(range(100))
            yield lambda: f"sqlite:///{folder / f'views-{next(numbers)}.db'}"
        else:
            server = server_url()
            yield lambda: stack.enter_context(schema_of(server))


def rows(url: str, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    """What a table of a database holds, in an order that only its content decides."""
    engine = open_target(url, Path(__file__).parent)
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT {columns} FROM {table}")).fetchall()
    engine.dispose()
    return sorted((tuple(row) for row in found), key=repr)


def views_in(url: str) -> Views:
    """The views in a database."""
    return {table: rows(url, table) for table in all_views().tables}


def views_at(home: Path) -> Views:
    """The views of a host itself, whose home is at rest."""
    file = f"file:{home / 'threadhost.db'}?mode=ro&immutable=1"
    with closing(sqlite3.connect(file, uri=True)) as database:
        return {
            table: sorted(database.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
            for table in all_views().tables
        }


def position_in(url: str) -> int:
    """How far the one projection in a database is."""
    ((found,),) = rows(url, "threadhost_tracking", "notification_id")
    assert isinstance(found, int)
    return found
