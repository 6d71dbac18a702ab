"""Databases that views are kept in: an SQLite file, and a schema of a PostgreSQL server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import text

from tests.support.postgres import schema_of, server_url
from threadhost.events.store.target import open_target

ENGINES = ("sqlite", "postgresql")
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
