"""Homes of version 0.1: read as they are, and upgraded whole by the first host that starts."""

import asyncio
import os
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import pytest

import threadhost
from tests.events.store.sqlite.test_read_only import state_of
from tests.support.dying import died, run_doomed
from tests.support.each import each
from tests.support.edited_home import EditedHome, grown, log_text, refusal, started
from tests.support.home_of_0_1 import downgraded
from tests.support.program import run_here
from tests.support.reclaim import reclaim_all
from tests.support.store import META, STREAM, message, now
from tests.support.upgrade_crash import POINTS
from threadhost.events.base import Erased
from threadhost.events.failpoints import arm, disarm
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import HomeLocked, StoreMismatch
from threadhost.events.store.home import DATABASE, HOST_KEY
from threadhost.events.store.library import HomeLog, home_env
from threadhost.events.store.lock import HomeLock
from threadhost.events.store.log import Log
from threadhost.events.store.recorder import ShutdownState
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.formats import FORMAT_OF_0_1
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase, ReadOnlyLog
from threadhost.events.store.sqlite.schema import FORMAT
from threadhost.events.store.sqlite.upgrade import upgrade
from threadhost.projections import all_views


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    """A home of version 0.1 with a large, a deleted and living threads in it."""
    home = grown(tmp_path_factory.mktemp("made") / "of-0.1")
    downgraded(home.home)
    return home


@pytest.fixture
def older(made: EditedHome, tmp_path: Path) -> EditedHome:
    """A copy of it, as a host of version 0.1 left it."""
    return made.copied(tmp_path / "copy")


def format_of(home: Path) -> str:
    with closing(ReadOnlyDatabase(home / DATABASE)) as database:
        return str(database.rows("SELECT value FROM store WHERE name = 'format'")[0][0])


def rows_of(home: Path) -> Sequence[object]:
    with closing(ReadOnlyDatabase(home / DATABASE)) as database:
        return database.rows("SELECT * FROM events ORDER BY position")


FIRST = "SELECT * FROM events WHERE position < 20 ORDER BY position"
SEALED_BODIES = "SELECT payload FROM events WHERE stream = ? AND key_id IS NOT NULL"
COMMANDS = {
    "verify": ("log", "verify"),
    "show": ("log", "show", "--after", "0"),
    "tail": ("log", "tail"),
    "doctor": ("doctor",),
    "du": ("du",),
    "list": ("threads", "list"),
    "thread": ("threads", "show", "{living}"),
    "export": ("export", "codex", "--to", "{folder}/codex"),
    "backup": ("backup", "{folder}/backup"),
    "project": ("project", "--to", "sqlite:///{folder}/views.db", "--until-head"),
}


def run_on(older: EditedHome, name: str, folder: Path) -> str:
    words = [w.format(folder=folder, living=older.living) for w in COMMANDS[name]]
    done = run_here(*words, "--home", str(older.home))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_commands_read_a_home_of_0_1_without_changing_a_byte(
    older: EditedHome, tmp_path: Path
) -> None:
    before, failed = state_of(older.home), {}
    for name in COMMANDS:
        try:
            run_on(older, name, tmp_path)
            assert state_of(older.home) == before
        except AssertionError as error:
            failed[name] = str(error)[:300]
    assert failed == {}


@each("name", ["thread", "list", "tail", "show"])
def test_commands_print_of_a_home_of_0_1_what_they_print_after_the_upgrade(
    tmp_path: Path, made: EditedHome, name: str
) -> None:
    older = made.copied(tmp_path / name)
    before = run_on(older, name, tmp_path)
    upgraded(older.home)
    assert format_of(older.home) == FORMAT
    assert run_on(older, name, tmp_path) == before


def upgraded(home: Path) -> ShutdownState:
    async def start() -> ShutdownState:
        log = Log.open(home, all_views())
        await log.close()
        return log.shutdown_state

    return asyncio.run(start())


def test_a_host_upgrades_a_home_that_was_closed_well_without_checking_it(
    older: EditedHome, caplog: pytest.LogCaptureFixture
) -> None:
    before = rows_of(older.home)
    assert upgraded(older.home) is ShutdownState.CLEAN
    assert rows_of(older.home) == before
    assert upgraded(older.home) is ShutdownState.CLEAN
    assert log_text(caplog).count("upgraded the log") == 1
    assert older.verify()[1]["verdict"] == "sound"


@pytest.mark.slices
@pytest.mark.parametrize("point", POINTS)
def test_a_host_killed_at_any_point_of_an_upgrade_leaves_the_log_whole(
    made: EditedHome, tmp_path: Path, point: str
) -> None:
    before, times, has_died = rows_of(made.home), 0, True
    while has_died:
        older = made.copied(tmp_path / str(times))
        files = {path.name for path in older.home.iterdir()}
        has_died = died(run_doomed("upgrade_crash", older.home, point, times), point, times)
        is_upgraded = point == POINTS[-1] or not has_died
        assert format_of(older.home) == (FORMAT if is_upgraded else FORMAT_OF_0_1)
        assert older.verify()[1]["verdict"] == "sound"
        state = upgraded(older.home)
        assert state is (ShutdownState.UNCLEAN if has_died else ShutdownState.CLEAN)
        assert rows_of(older.home) == before
        assert {path.name for path in older.home.iterdir()} == files
        times += 1
    assert times > (point == POINTS[0])


DAMAGE = (
    "UPDATE events SET payload = x'00' WHERE position = 12",
    "UPDATE events SET type = x'00' WHERE position = 12",
    "UPDATE events SET type = 5 WHERE position = 12",
    "UPDATE events SET stream = CAST(x'ff' AS TEXT) WHERE position = 12",
    "UPDATE events SET stream = 'thread-other' WHERE position = 12",
    "UPDATE events SET principal = zeroblob(16), correlation_id = zeroblob(16) WHERE position = 12",
    "UPDATE events SET correlation_id = upper(correlation_id) WHERE position = 12",
    "UPDATE events SET causation_id = stream || '@1' WHERE position = 12",
    "UPDATE events SET causation_id = 'event:' || stream || '@01' WHERE position = 12",
    "UPDATE events SET version = version + 0.5 WHERE position = 12",
    "UPDATE events SET version = 'x', decision = '', recorded_at_ms = 1.5 WHERE position = 12",
    "UPDATE events SET digest = 'text', chain = 1 WHERE position = 12",
    "UPDATE events SET key_id = 'k', blob = x'00' WHERE position = 12",
    "UPDATE events SET position = -5 WHERE position = 12",
    "UPDATE events SET position = 0 WHERE position = 12",
    f"UPDATE events SET position = {2**63 - 1} WHERE position = 12",
    "DELETE FROM events WHERE position = 12",
    "DELETE FROM events WHERE position > 70",
    "UPDATE stream_state SET version = 2 WHERE version > 5",
)


TWICE = (
    "UPDATE events SET (stream, version) ="
    " (SELECT stream, version FROM events WHERE position = 12) WHERE position = 13"
)


@each("damage", DAMAGE)
def test_a_check_finds_after_an_upgrade_what_it_found_before(
    made: EditedHome, tmp_path: Path, damage: str
) -> None:
    home = made.copied(tmp_path / str(DAMAGE.index(damage)))
    with closing(sqlite3.connect(home.database)) as connection, connection:
        assert connection.execute(damage).rowcount
    code, found = home.verify()
    with closing(Database(home.database)) as database:
        upgrade(database)
    assert home.verify() == (code, found)
    assert found["found"] > 0


async def test_a_host_refuses_a_log_with_a_version_that_stands_twice(older: EditedHome) -> None:
    with closing(sqlite3.connect(older.database)) as connection, connection:
        connection.execute("DROP INDEX events_stream")
        connection.execute(TWICE)
    before = older.database.read_bytes()
    said = await refusal(older.home)
    assert "position 13 has version" in said
    assert "it is as it was" in said
    assert older.database.read_bytes() == before


def test_a_home_that_was_edited_is_still_known_as_that_after_an_interrupted_upgrade(
    older: EditedHome,
) -> None:
    os.utime(older.database)
    assert died(run_doomed("upgrade_crash", older.home, "upgrade.committed", 0), "", 0)
    assert upgraded(older.home) is ShutdownState.CHANGED


def test_a_home_with_another_host_key_is_refused_before_it_is_upgraded(older: EditedHome) -> None:
    (older.home / HOST_KEY).write_bytes(bytes.fromhex("11" * 32))
    with pytest.raises(StoreMismatch):
        upgraded(older.home)
    assert format_of(older.home) == FORMAT_OF_0_1


@contextmanager
def served(home: Path) -> Iterator[None]:
    """Hold the files of a log open, as the host does that upgrades it a moment later."""
    with closing(sqlite3.connect(home / DATABASE)) as connection:
        connection.execute("SELECT * FROM store").fetchall()
        yield


@each("is_served", [True, False])
def test_a_reader_follows_a_log_over_its_upgrade(
    made: EditedHome, tmp_path: Path, *, is_served: bool
) -> None:
    home = made.copied(tmp_path / str(is_served)).home
    with served(home) if is_served else nullcontext(), closing(ReadOnlyLog.open(home)) as reader:
        asyncio.run(_followed(home, reader))


async def _followed(home: Path, reader: ReadOnlyLog) -> None:
    """It sees each event once, in order, whichever table it is read from."""
    feed = reader.follow(0, poll_s=0.01)
    seen = [await anext(feed)]
    log = Log.open(home, all_views())
    last = log.position
    seen += [await anext(feed) for _ in range(last - 1)]
    await log.append(StreamAppend(STREAM, [message("after the upgrade")]), meta=META)
    seen.append(await anext(feed))
    assert [fact.position for fact in seen] == list(range(1, last + 2))
    assert seen[-1].event == message("after the upgrade")
    await log.close()
    assert reader.position == last + 1


def test_a_subscription_of_the_library_goes_on_over_an_upgrade(older: EditedHome) -> None:
    last = len(rows_of(older.home))
    with (
        served(older.home),
        HomeLog(home_env(older.home)) as app,
        app.recorder.subscribe() as subscription,
    ):
        seen = [next(subscription).id]
        upgraded(older.home)
        seen += [next(subscription).id for _ in range(last - 1)]
        assert app.recorder.max_notification_id() == last
        assert len(app.recorder.select_notifications(1, last)) == last
    assert seen == list(range(1, last + 1))


async def test_during_an_upgrade_no_other_host_starts_and_readers_see_the_log_as_it_was(
    older: EditedHome,
) -> None:
    before, seen = rows_of(older.home), list[object]()

    def look() -> None:
        with pytest.raises(HomeLocked):
            HomeLock(older.home).acquire({"pid": 1})
        seen.extend((rows_of(older.home) == before, format_of(older.home), older.verify()[0]))

    arm("upgrade.moved", look)
    try:
        async with started(older.home):
            assert seen == [True, FORMAT_OF_0_1, 0]
    finally:
        disarm()


def test_a_connection_that_an_upgrade_overtakes_reads_the_same_rows(older: EditedHome) -> None:
    with (
        served(older.home),
        closing(ReadOnlyDatabase(older.home / DATABASE)) as database,
        database.reading() as connection,
    ):
        before = connection.execute(FIRST).fetchall()
        upgraded(older.home)
        assert connection.execute(FIRST).fetchall() == before != []


async def test_cursors_of_clients_stay_valid_over_an_upgrade(made: EditedHome) -> None:
    """A host of version 0.1 would have given the same ones, which name the log and its start."""
    home = made.copied(made.home.parent.with_name("cursors")).home
    async with threadhost.open(home) as host:
        old, last = host.app.cursors.at(5), host.app.logs.durable.position
    downgraded(home)
    async with threadhost.open(home) as host:
        assert (await host.app.cursors.resume(old)).fault is None
        assert (await host.app.logs.durable.read(5, last))[0].position == 6


async def test_what_is_deleted_after_an_upgrade_is_in_no_page_of_the_old_table(
    older: EditedHome,
) -> None:
    stream = thread_stream(older.other)
    with closing(ReadOnlyDatabase(older.home / DATABASE)) as database:
        rows = database.rows(SEALED_BODIES, (stream,))
    async with started(older.home) as client:
        await client.delete_thread(older.other)
    log = Log.open(older.home, all_views())
    await reclaim_all(log)
    erased = await log.read_stream(stream)
    await log.close()
    assert any(isinstance(fact.event, Erased) for fact in erased)
    content = b"".join(path.read_bytes() for path in older.home.iterdir() if path.is_file())
    assert [body for (body,) in rows if body in content] == []
    assert rows


def test_threads_deleted_before_an_upgrade_stay_erased(older: EditedHome) -> None:
    upgraded(older.home)
    with closing(ReadOnlyLog.open(older.home)) as log:
        facts = now(log.read_stream(thread_stream(older.deleted)))
    assert sum(isinstance(fact.event, Erased) for fact in facts) > 1


@pytest.mark.slices
async def test_a_backup_of_a_home_of_0_1_is_erased_restored_verified_and_served(
    older: EditedHome, tmp_path: Path
) -> None:
    file, new = tmp_path / "backup", tmp_path / "new"
    _ran("backup", str(file), "--home", str(older.home))
    async with started(older.home) as client:
        await client.delete_thread(older.other)
    _ran("erase", "--backup", str(file), "--home", str(older.home))
    _ran("restore", str(file), "--home", str(new))
    _ran("log", "verify", "--home", str(new))
    async with started(new) as client:
        assert older.other not in [thread.id for thread in (await client.list_threads()).data]
        await client.run_turn(older.living, "after the restore")
    assert format_of(new) == FORMAT
    _ran("log", "verify", "--home", str(new))


def _ran(*words: str) -> None:
    done = ThreadPoolExecutor(1).submit(run_here, *words).result()
    assert done.returncode == 0, done.stdout + done.stderr
