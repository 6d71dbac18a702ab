"""Keys whose host died within a commit are read as they were before it, and nothing is repaired."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.events.store.sqlite.test_read_only import state_of
from tests.support.program import run_here
from tests.support.store import META, STREAM, message, opened, started
from threadhost.events.base import Erased
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.home import NEXT_HOST_KEY
from threadhost.events.store.host_key import make_host_key
from threadhost.events.store.sqlite.audit_keys import look_at_keys
from threadhost.events.store.sqlite.keys_to_read import keys_to_read
from threadhost.events.store.sqlite.read_only import ReadOnlyLog
from threadhost.events.store.sqlite.rotation import KeyFiles, rotate
from threadhost.projections import all_views

COUNT = "SELECT count(*) FROM keys"


@pytest.fixture
async def home(home: Path) -> Path:
    """A home at rest, with a thread in it."""
    async with opened(home, all_views()) as log:
        await log.append(StreamAppend(STREAM, [started(), message("said")]), meta=META)
    return home


def die_within_a_commit(home: Path) -> None:
    """Leave the file of keys half written, beside a journal that takes it back."""
    keys, journal = home / "keys.db", home / "keys.db-journal"
    with closing(sqlite3.connect(keys, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=TRUNCATE")
        database.execute("PRAGMA cache_size=1")
        database.execute("PRAGMA cache_spill=1")
        database.execute("BEGIN IMMEDIATE")
        database.execute("DELETE FROM keys")
        database.execute("CREATE TABLE more (x)")
        for _ in range(50):
            database.execute("INSERT INTO more VALUES (randomblob(5000))")
        left = keys.read_bytes(), journal.read_bytes()
        database.execute("ROLLBACK")
    assert left[1].startswith(b"\xd9\xd5\x05\xf9")  # of a journal that is to be played back
    for path, content in zip((keys, journal), left, strict=True):
        path.write_bytes(content)


async def said_in(reader: ReadOnlyLog) -> object:
    return (await reader.read(1, 1))[0].event


async def test_sealed_events_are_read_without_repairing_the_key_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_within_a_commit(home)
    before = state_of(home)
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with closing(ReadOnlyLog.open(home)) as reader:
        assert await said_in(reader) == message("said")
    assert len(look_at_keys(home / "keys.db").present) > 0
    assert state_of(home) == before
    assert list(temporary.iterdir()) == []


async def test_a_reader_survives_the_death_of_a_host_and_sees_keys_that_the_next_one_destroys(
    home: Path,
) -> None:
    with closing(ReadOnlyLog.open(home)) as reader:
        die_within_a_commit(home)
        assert await said_in(reader) == message("said")
        async with opened(home) as log:
            assert await said_in(reader) == message("said")
            await log.destroy_keys([STREAM])
            assert await said_in(reader) == Erased(message().kind)


def test_a_transaction_on_the_keys_reads_one_state_though_a_host_rolls_back(home: Path) -> None:
    die_within_a_commit(home)
    with closing(keys_to_read(home / "keys.db")) as keys:
        keys.execute("BEGIN")
        before = keys.execute(COUNT).fetchone()
        (home / "keys.db-journal").write_bytes(b"")
        assert keys.execute(COUNT).fetchone() == before
        assert keys.serialize().startswith(b"SQLite format 3")
        keys.execute("ROLLBACK")


@pytest.mark.parametrize(
    "words",
    ["log verify", "log show", "threads list", "doctor", "du", "backup {}", "export codex --to {}"],
)
def test_every_command_that_only_looks_can_do_so(home: Path, tmp_path: Path, words: str) -> None:
    die_within_a_commit(home)
    before = state_of(home)
    done = run_here(*words.format(tmp_path / "to").split(), "--home", str(home))
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert state_of(home) == before


def test_a_rotation_that_died_as_the_keys_changed_over_is_ended(home: Path) -> None:
    make_host_key(home / NEXT_HOST_KEY)
    die_within_a_commit(home)
    assert not rotate(home, KeyFiles.of(home, None, None)).was_interrupted
    assert run_here("log", "verify", "--home", str(home)).returncode == 0
