"""The page for programs that read the log: its view and its chain are tried on a log."""

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import threadhost
from tests.support.log_database import connected
from tests.support.pages import ROOT, blocks
from threadhost.events.store.sqlite.formats import FORMAT_OF_0_1

PAGE = (ROOT / "docs" / "log.md").read_text()


async def test_the_view_on_the_page_shows_the_rows_that_the_chain_is_over(tmp_path: Path) -> None:
    async with threadhost.open(tmp_path) as host, host.connect() as client:
        thread = await client.start_thread()
        await client.run_turn(thread.id, "hello")
    [view] = [block.text for block in blocks(PAGE) if block.language == "sql"]
    file = tmp_path / "threadhost.db"
    with closing(sqlite3.connect(file)) as reader, closing(connected(file)) as ours:
        reader.execute(view)
        rows = reader.execute("SELECT * FROM events ORDER BY position").fetchall()
        assert rows == ours.execute("SELECT * FROM events ORDER BY position").fetchall()
        [(log_id,)] = reader.execute("SELECT value FROM store WHERE name = 'log_id'").fetchall()
    assert len(rows) > 10
    chain = sha256(f"threadhost log {log_id}".encode()).digest()
    for *columns, _, _, digest, stored in rows:
        text = json.dumps(columns, separators=(",", ":"), ensure_ascii=False)
        chain = sha256(chain + digest + text.encode()).digest()
        assert chain == stored


def test_the_page_names_the_older_format_as_its_logs_do() -> None:
    assert FORMAT_OF_0_1 in PAGE
