"""Rows of the log go into their table as they are, however many values they share."""

from collections.abc import Iterator, Sequence
from sqlite3 import Connection, Cursor
from typing import Any

import pytest

from threadhost.events.store.rows import LogRow
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database, Transaction
from threadhost.events.store.sqlite.tx import SqliteTx

ALIKE = LogRow(1, 1, "thread-a", 1, "a.b.v1", 7, "who", "what", "why", 3, b"p", None, b"d", b"c")


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database(None)
    for statement in schema.STATEMENTS:
        database.writer.execute(statement)
    yield database
    database.close()


def rows_of(count: int, *, odd: int | None = None, **differs: Any) -> list[LogRow]:
    """So many rows of one append, each with values of its own; one of them differs."""
    return [
        ALIKE._replace(
            position=n,
            version=n,
            kind=f"a.b.v{n % 3}",
            causation_id=f"event:thread-b@{n}",
            key_id=None if n % 2 else 3,
            payload=b"p" * (n % 5),
            digest=b"d%d" % n,
            chain=b"c%d" % n,
            **(differs if n == odd else {}),
        )
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("count", [1, 49, 50, 51, 100, 173])
@pytest.mark.parametrize(
    "differs",
    [
        {},
        {"decision": 9},
        {"stream": "thread-z"},
        {"recorded_at_ms": 9},
        {"principal": "z"},
        {"correlation_id": "z"},
        {"blob": "z"},
    ],
)
def test_appended_rows_are_read_back_unchanged(
    database: Database, count: int, differs: dict[str, Any]
) -> None:
    written = rows_of(count, odd=count // 2 + 1, **differs)
    with Transaction(database, SqliteTx(database.writer)) as tx:
        tx.add_events([value for row in written for value in row])
        assert tx.rows(0, count + 1) == written


class Noting:
    """A connection that notes what it executes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.statements: list[str] = []

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Cursor:
        self.statements.append(sql)
        return self._connection.execute(sql, values)


def test_placeholders_in_inserts_have_no_numbers(
    database: Database,
) -> None:
    with Transaction(database, SqliteTx(database.writer)):
        noting: Any = Noting(database.writer)
        SqliteTx(noting).add_events([value for row in rows_of(450) for value in row])
    assert not [sql for sql in noting.statements if "?1" in sql]
    inserts = [sql for sql in noting.statements if "INTO event_rows" in sql]
    assert 1 < len(inserts) < 9
