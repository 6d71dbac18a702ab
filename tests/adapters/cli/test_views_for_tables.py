"""Homes with endless views in the places of tables."""

import pytest

from tests.support.databases import changed
from tests.support.each import each
from tests.support.edited_home import EditedHome, grown
from tests.support.program import run_here

ENDLESS = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
TABLES = (
    *(
        "event_rows",
        "names",
        "stream_state",
        "idempotency",
        "snapshots",
        "store",
        "sealed_end",
        "view_rules",
    ),
    *("threads", "thread_texts", "turns", "items", "spawn_edges", "thread_log", "agent_jobs"),
)
COMMANDS = (
    *(("threads", "list"), ("threads", "show", "ID"), ("threads", "logs", "ID")),
    *(("log", "show", "--limit", "5"), ("log", "tail"), ("doctor",), ("du",), ("jobs", "list")),
    *(("backup", "FILE"), ("gc", "--dry-run"), ("keys", "rotate"), ("rebuild",)),
)
OF_KEYS = "keys", "destroyed", "ring", "seen"
SAID = (0, 1, 3, 4)
"""Fine, not so, not without its key, or that it could not look."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    return grown(tmp_path_factory.mktemp("whole") / "grown")


@pytest.mark.slices
@pytest.mark.timeout(120)
@each(
    ("file", "table"),
    [*[("threadhost.db", name) for name in TABLES], *[("keys.db", name) for name in OF_KEYS]],
)
def test_no_command_reads_a_view_in_the_place_of_a_table_and_log_verify_names_the_view(
    file: str, table: str, whole: EditedHome, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = whole.copied(tmp_path_factory.mktemp(table) / "copy")
    with changed(home.home / file) as database:
        names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        columns = ", ".join(f"x AS {name}" for name in names)
        database.execute(f"ALTER TABLE {table} RENAME TO kept")
        database.execute(f"CREATE VIEW {table} AS {ENDLESS} SELECT {columns} FROM c")
    code, said = home.verify()
    assert code in (1, 3, 4)
    assert "view" in repr(said)
    assert "not authorized" not in repr(said)
    for words in COMMANDS:
        about = {"ID": home.living, "FILE": str(home.kept / "file")}
        done = run_here(*(about.get(word, word) for word in words), "--home", str(home.home))
        assert done.returncode in SAID, (words, done.stderr)
        assert "Traceback" not in done.stderr
        assert "not authorized" not in done.stderr, words
