"""Writing private tables anew: what was deleted leaves no byte, and what was not stays."""

import pytest

from threadhost.events.store.sqlite.database import Database, Transaction
from threadhost.events.store.sqlite.scrub import Scrubber
from threadhost.events.store.sqlite.tx import SqliteTx
from threadhost.projections import all_views


@pytest.mark.parametrize("is_due", [False, True])
def test_scrubbing_changes_no_row(*, is_due: bool) -> None:
    database = Database(None)
    with Transaction(database, SqliteTx(database.writer)) as tx:
        tx.run("CREATE TABLE store (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        all_views().create(tx)
        tx.write(
            "INSERT INTO thread_texts (thread_id, name) VALUES (:thread_id, :name)",
            [{"thread_id": f"t{n}", "name": f"text {n}"} for n in range(60)],
        )
        tx.write("DELETE FROM thread_texts WHERE thread_id = :of", [{"of": "t3"}])
        if is_due:
            tx.must_erase()
    before = database.rows("SELECT * FROM thread_texts")
    scrubber = Scrubber(database)
    assert scrubber.is_due is is_due
    assert scrubber.scrub(all_views().private)
    assert not scrubber.is_due
    assert database.rows("SELECT * FROM thread_texts") == before
    database.close()
