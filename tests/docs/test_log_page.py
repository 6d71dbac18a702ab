"""The page for programs that read the log: its view and its chain are tried with SQLite alone."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

import threadhost
from tests.support.each import each
from tests.support.pages import ROOT
from threadhost.events.store.sqlite.formats import FORMAT_OF_0_1
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase
from threadhost.events.store.sqlite.verify import verify

ALL = "SELECT * FROM events ORDER BY position"
EDITS = {
    "UPDATE events SET principal = 'client:eve' WHERE position = 4": 4,
    "UPDATE events SET stream = x'ff' WHERE position = 5": 5,
    "UPDATE events SET payload = x'00' WHERE position = 6": 6,
    "DELETE FROM events WHERE position = 3": 4,
    "INSERT INTO events SELECT 0, decision, stream, version + 100, type, recorded_at_ms, principal,"
    " correlation_id, causation_id, key_id, payload, blob, digest, chain FROM events"
    " WHERE position = 3": 0,
}


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """The database of a host that closed it after a turn."""
    async with threadhost.open(tmp_path) as host, host.connect() as client:
        thread = await client.start_thread()
        await client.run_turn(thread.id, "hello")
    return tmp_path / "threadhost.db"


@pytest.fixture
def connection(file: Path) -> Iterator[sqlite3.Connection]:
    """The database as any program opens it."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        yield connection


def test_the_chain_of_the_page_is_over_the_rows_of_the_view(connection: sqlite3.Connection) -> None:
    rows = connection.execute(ALL).fetchall()
    [(log_id,)] = connection.execute("SELECT value FROM store WHERE name = 'log_id'").fetchall()
    assert len(rows) > 10
    chain = sha256(f"threadhost log {log_id}".encode()).digest()
    for *columns, _, _, digest, stored in rows:
        text = json.dumps(columns, separators=(",", ":"), ensure_ascii=False)
        chain = sha256(chain + digest + text.encode()).digest()
        assert chain == stored


@each(("statement", "position"), EDITS.items())
def test_an_edit_through_the_view_is_found_at_its_position(
    file: Path, statement: str, position: int
) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        before = connection.execute(ALL).fetchall()
        connection.execute(statement)
        assert connection.execute(ALL).fetchall() != before
        connection.execute("COMMIT")
        with closing(ReadOnlyDatabase(file)) as database:
            assert verify(database).findings[0].position == position
        connection.execute("DELETE FROM events")
        marks = ",".join("?" * len(before[0]))
        connection.executemany(f"INSERT INTO events VALUES ({marks})", before)
    with closing(ReadOnlyDatabase(file)) as database:
        findings = verify(database).findings
        assert [finding for finding in findings if finding.position is not None] == []


def test_the_page_names_the_older_format_as_its_logs_do() -> None:
    assert FORMAT_OF_0_1 in (ROOT / "docs" / "log.md").read_text()
