"""`threadhost log verify`: its arguments, its verdicts, and its checks of keys and views."""

import asyncio
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

import threadhost
from tests.support.edited_home import CUT, EditedHome
from tests.support.program import run_here
from threadhost.adapters.cli.verify import verdict_line
from threadhost.adapters.inspection import InspectionOptions, LogPlace, inspect
from threadhost.events.store.findings import About, Finding, Verdict, Verification
from threadhost.events.store.seal import End

pytestmark = pytest.mark.slices

LIVING_KEYS = "SELECT key_id FROM stream_state WHERE state = 'open' AND key_id > 0"
NOT_THE_LOGS = (
    "tables that do not belong to the log: agent_job_items, agent_jobs, agent_mail, goal_spendings,"
    " items, memory_erasures, memory_notes, open_deletions, pending_erasures, spawn_edges,"
    " thread_goals, thread_holds, thread_log, thread_queue, thr…"
)
"""As many of the names as a line has room for."""
SOUND, NOT_SOUND, KEY_MISSING, NOT_SEEN, BESIDE = 0, 1, 3, 4, 5


def test_a_home_without_edits_is_sound(edited: EditedHome) -> None:
    code, document = edited.verify()
    assert (code, document["verdict"], document["faults"]) == (SOUND, "sound", [])
    assert document["notLookedAt"] == []
    assert document["events"] == document["head"]["position"] == edited.last


def test_the_printed_end_of_a_log_reveals_a_later_cut(edited: EditedHome) -> None:
    line = edited.words().splitlines()[-1]
    head = line.rpartition("head ")[2]
    assert edited.verify("--expect", head)[0] == SOUND
    edited.sql(*CUT, "DELETE FROM sealed_end")
    shutil.rmtree(edited.home / "blobs")
    file = str(edited.database)
    done = run_here("log", "verify", file, "--expect", head, "--json")
    reasons = [fault["reason"] for fault in json.loads(done.stdout)["faults"]]
    assert any("before the expected end" in reason for reason in reasons)


def test_the_chain_of_any_position_is_printed_and_can_be_expected(edited: EditedHome) -> None:
    _, document = edited.verify("--at", "3", "--at", "7")
    assert list(document["at"]) == ["3", "7"]
    assert f"at 3:{document['at']['3']}" in edited.words("--at", "3").splitlines()
    assert edited.verify("--expect", f"3:{document['at']['3']}")[0] == SOUND
    code, other = edited.verify("--expect", f"7:{document['at']['3']}")
    assert code == NOT_SOUND
    assert other["faults"][0] == {
        "position": 7,
        "stream": None,
        "about": "event",
        "reason": "the chain differs from the expected one",
    }
    assert edited.verify("--at", "9999")[0] == NOT_SEEN


@pytest.mark.parametrize(
    "text", ["", "7", "7:", "x:" + "0" * 64, "-1:" + "0" * 64, "7:" + "g" * 64]
)
def test_an_expected_end_in_another_form_is_refused(edited: EditedHome, text: str) -> None:
    done = run_here("log", "verify", "--home", str(edited.home), "--expect", text)
    assert done.returncode == 2
    assert "is not the end of a log; give POSITION:CHAIN" in done.stderr


def test_a_view_that_differs_from_the_log_is_named_and_the_log_is_sound(edited: EditedHome) -> None:
    edited.sql("UPDATE thread_texts SET preview = 'LIES' WHERE thread_id = '{living}'")
    code, document = edited.verify()
    assert (code, document["sound"]) == (BESIDE, True)
    (fault,) = document["faults"]
    assert fault["about"] == "view"
    assert fault["reason"].startswith("thread_texts differs from the log in 1 row: ")
    assert "LIES" not in json.dumps(document)
    code, document = edited.verify("--log-only")
    assert (code, document["notLookedAt"]) == (SOUND, ["the contents of the views"])


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM turns WHERE thread_id = '{living}'",
        "INSERT INTO spawn_edges VALUES ('a', 'b', 1, 1)",
        "UPDATE items SET type = CAST(x'ff' AS TEXT)",
        "UPDATE threads SET depth = 'deep'",
        "ALTER TABLE items ADD COLUMN more",
        "CREATE TABLE more (x)",
        "DROP TABLE thread_queue",
        "DROP INDEX turns_running",
    ],
)
def test_every_edit_of_a_view_is_reported_as_a_fault_of_the_view(
    edited: EditedHome, statement: str
) -> None:
    edited.sql(statement)
    code, document = edited.verify()
    assert (code, document["sound"]) == (BESIDE, True)
    assert {fault["about"] for fault in document["faults"]} == {"view"}


def test_a_view_that_cannot_be_read_is_named(edited: EditedHome) -> None:
    edited.sql("DROP TABLE thread_queue")
    reasons = [fault["reason"] for fault in edited.verify()[1]["faults"]]
    assert "the table thread_queue is missing" in reasons
    assert "thread_queue cannot be read: no such table: thread_queue" in reasons


def test_views_of_another_version_are_not_looked_at_and_the_log_is_sound(
    edited: EditedHome,
) -> None:
    edited.sql("UPDATE view_rules SET fingerprint = 'other'", "UPDATE threads SET depth = 9")
    code, document = edited.verify()
    assert (code, document["sound"]) == (SOUND, True)
    assert document["notLookedAt"] == ["the views, which another version made", NOT_THE_LOGS]


def test_log_verify_needs_nothing_but_the_database_file(edited: EditedHome) -> None:
    """No host key, no keys, no blobs, no folder: one file at any place."""
    edited.sh("mv {home}/host.key {kept}/host.key")
    assert edited.verify()[1]["notLookedAt"] == [
        "the seal on the end of the log, because the host key is missing",
        "the values of the keys and the contents of the views, because the host key is missing",
        NOT_THE_LOGS,
    ]
    edited.sh("rm {home}/keys.db")
    code, document = edited.verify()
    assert (code, document["sound"]) == (SOUND, True)
    assert (
        "keys and views, because keys.db cannot be read: No such file or directory"
        in document["notLookedAt"]
    )
    with_key = run_here(
        "log", "verify", str(edited.database), "--key-file", f"{edited.kept}/host.key"
    )
    assert "the seal" not in with_key.stdout
    alone = edited.kept / "somewhere"
    shutil.copy(edited.database, alone)
    done = run_here("log", "verify", str(alone), "--json")
    assert done.returncode == SOUND
    assert json.loads(done.stdout)["notLookedAt"] == [
        "large payloads, which lie in files beside the log",
        "the seal on the end of the log, because the host key is missing",
        NOT_THE_LOGS,
    ]
    edited.sql("UPDATE events SET principal = 'x' WHERE position = 3")
    assert edited.verify()[0] == NOT_SOUND


def test_nothing_is_written_while_a_home_is_checked(edited: EditedHome) -> None:
    def state() -> dict[str, tuple[bytes, int]]:
        files = (path for path in edited.home.rglob("*") if path.is_file())
        return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in files}

    before = state()
    edited.verify()
    assert state() == before


@pytest.fixture
def unwritable(edited: EditedHome) -> Iterator[EditedHome]:
    """A home on a medium that cannot be written."""
    paths = [edited.home, *edited.home.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    yield edited
    for path, mode in modes.items():
        path.chmod(mode)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable for root")
def test_a_home_that_cannot_be_written_is_checked(unwritable: EditedHome) -> None:
    assert unwritable.verify()[0] == SOUND


def test_keys_with_an_interrupted_write_are_checked_as_sqlite_will_recover_them(
    edited: EditedHome,
) -> None:
    keys = edited.home / "keys.db"
    with closing(sqlite3.connect(keys, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=TRUNCATE")
        connection.execute("PRAGMA cache_size=1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE keys SET wrapped = zeroblob(60)")
        connection.execute("CREATE TABLE much AS SELECT zeroblob(1000000)")  # it is written early
        for path in (keys, keys.with_name("keys.db-journal")):
            shutil.copy(path, edited.kept)
        connection.execute("ROLLBACK")
    edited.sh("cp {kept}/keys.db {kept}/keys.db-journal {home}")
    code, document = edited.verify()
    assert (code, document["faults"]) == (SOUND, [])
    assert document["notLookedAt"] == []


def test_older_keys_restored_after_a_deletion_are_reported(edited: EditedHome) -> None:
    edited.sh("cp {kept}/keys.db {home}/keys.db")
    code, document = edited.verify()
    assert (code, document["sound"]) == (BESIDE, True)
    (fault,) = document["faults"]
    assert (fault["stream"], fault["about"]) == (f"thread-{edited.deleted}", "erased")
    assert fault["reason"].startswith("it was deleted, and its key ")


def test_log_verify_distinguishes_a_missing_key_from_an_erased_one(edited: EditedHome) -> None:
    with closing(sqlite3.connect(edited.home / "keys.db")) as keys, keys:
        keys.executemany("DELETE FROM keys WHERE id = ?", edited.rows(LIVING_KEYS))
    code, document = edited.verify()
    assert (code, document["verdict"], document["sound"]) == (KEY_MISSING, "key missing", True)
    streams = {fault["stream"] for fault in document["faults"]}
    assert streams == {f"thread-{t}" for t in (edited.large, edited.living, edited.other)}
    assert all("it was not deleted" in fault["reason"] for fault in document["faults"])
    assert document["faults"][0]["reason"].endswith(" events")


KEYS: dict[str, tuple[str, int, str]] = {
    "a wrapped key": ("UPDATE keys SET wrapped = x'00' WHERE id = 12", KEY_MISSING, "key 12 was"),
    "an emptied key": ("UPDATE keys SET wrapped = x'' WHERE id = 12", KEY_MISSING, "key 12 was"),
    "keys swapped": (
        "UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE id = 13) WHERE id = 12",
        KEY_MISSING,
        "its key 12 was not wrapped by this host key",
    ),
    "a living key noted as destroyed": (
        "INSERT INTO destroyed VALUES (3)",
        KEY_MISSING,
        "recorded as destroyed",
    ),
    "a destroyed key forgotten": ("DELETE FROM destroyed", BESIDE, "is not recorded as destroyed"),
    "the id of the log": ("UPDATE ring SET log_id = 'x'", KEY_MISSING, "holds the keys of log x"),
    "the host key of one key": (
        "UPDATE keys SET wrapping = 7 WHERE id = 12",
        KEY_MISSING,
        "its key 12 was not wrapped by this host key",
    ),
    "the host key of all keys": (
        "UPDATE ring SET wrapping = 7",
        KEY_MISSING,
        "were not wrapped by this host",
    ),
    "the recorded rotation": ("UPDATE ring SET told = 2", BESIDE, "that the log recorded"),
    "a rotation in text": ("UPDATE ring SET told = 'x'", BESIDE, "that the log recorded"),
    "the proof": ("UPDATE ring SET proof = x'00'", KEY_MISSING, "were not wrapped by this host"),
    "the recorded position": (
        ("UPDATE seen SET position = 9999"),
        NOT_SOUND,
        "its keys recorded the end",
    ),
    "the recorded chain": ("UPDATE seen SET chain = zeroblob(32)", NOT_SOUND, "its keys recorded"),
    "the recorded files": ("UPDATE seen SET beside = 'x'", BESIDE, "under this host key"),
    "the recorded seal": ("UPDATE seen SET seal = zeroblob(32)", BESIDE, "under this host key"),
    "a new table": ("CREATE TABLE more (x)", BESIDE, "there is a table more, which no host makes"),
    "the newest number": ("UPDATE sqlite_sequence SET seq = 9", BESIDE, "it records 9 as"),
    "an unused key missing": ("DELETE FROM keys WHERE id = 12", BESIDE, "uses: 1 key"),
    "no table of keys": ("DROP TABLE keys", KEY_MISSING, "cannot be read as keys"),
}


@pytest.mark.parametrize(("statement", "code", "words"), list(KEYS.values()), ids=list(KEYS))
def test_an_edit_of_the_keys_is_named(
    edited: EditedHome, statement: str, code: int, words: str
) -> None:
    with closing(sqlite3.connect(edited.home / "keys.db", isolation_level=None)) as keys:
        keys.execute(statement)
    found, document = edited.verify()
    assert (found, document["sound"]) == (code, code != NOT_SOUND)
    assert any(words in fault["reason"] for fault in document["faults"]), document


async def test_a_log_that_grows_while_it_is_verified_is_sound(edited: EditedHome) -> None:
    """Threads are started, have turns and are deleted during the verification."""
    done = asyncio.Event()

    async def work(client: threadhost.Client) -> None:
        while not done.is_set():
            thread = (await client.start_thread()).id
            await client.run_turn(thread, "x" * 70_000)
            await client.delete_thread(thread)

    place, before = LogPlace(edited.database, edited.home), edited.last
    async with (
        threadhost.open(edited.home, model="echo") as host,
        host.connect() as one,
        host.connect() as other,
    ):
        working = [asyncio.create_task(work(client)) for client in (one, other)]
        seen = [await asyncio.to_thread(inspect, place, InspectionOptions()) for _ in range(20)]
        done.set()
        await asyncio.gather(*working)
    assert {found.verdict for found in seen} == {Verdict.SOUND}, [f.findings for f in seen]
    assert {tuple(found.not_looked) for found in seen} == {()}
    assert seen[-1].end.position > seen[0].end.position > before


@pytest.mark.parametrize("kind", ["mkfifo {home}/{}", "ln -s {kept} {home}/{}", "mkdir {home}/{}"])
@pytest.mark.parametrize("name", ["host.key", "keys.db"])
def test_log_verify_does_not_wait_for_keys_that_are_pipes_links_or_folders(
    edited: EditedHome, kind: str, name: str
) -> None:
    edited.sh("rm {home}/" + name)
    edited.sh(kind.replace("{}", name))
    code, document = edited.verify()
    assert document["sound"]
    if name == "host.key":
        assert code == SOUND
        assert any("host.key is a" in what for what in document["notLookedAt"])
    else:
        assert code == KEY_MISSING


NO_LOG: dict[str, tuple[str, str]] = {
    "a missing database": (
        "rm {home}/threadhost.db",
        "is missing; name a home, or the file of a log",
    ),
    "an empty folder": (
        "rm -r {home} && mkdir {home}",
        "is missing; name a home, or the file of a log",
    ),
    "a pipe": ("rm {home}/threadhost.db && mkfifo {home}/threadhost.db", "is a pipe"),
    "a link": ("ln -sf {home}/keys.db {home}/threadhost.db", "is a symbolic link"),
    "a folder": ("rm {home}/threadhost.db && mkdir {home}/threadhost.db", "is a folder"),
    "no database": ("echo something else > {home}/threadhost.db", "this is not a log"),
    "another database": ("cp {home}/keys.db {home}/threadhost.db", "this is not a log"),
    "a missing folder": ("rm -r {home}", "is missing; name a home, or the file of a log"),
    "an empty file": (": > {home}/threadhost.db", "this is not a log"),
}


@pytest.mark.parametrize(("script", "words"), list(NO_LOG.values()), ids=list(NO_LOG))
def test_log_verify_calls_nothing_sound_if_there_is_no_log(
    edited: EditedHome, script: str, words: str
) -> None:
    edited.sh(script)
    done = run_here("log", "verify", "--home", str(edited.home))
    assert (done.returncode, done.stdout) == (NOT_SEEN, "")
    assert done.stderr.startswith("threadhost: could not look: ")
    assert words in done.stderr
    code, document = edited.verify()
    assert (code, document["verdict"], document["sound"]) == (NOT_SEEN, "could not look", None)


def test_log_verify_cannot_check_a_log_of_another_format(edited: EditedHome) -> None:
    edited.sql("UPDATE store SET value = '99' WHERE name = 'format'")
    code, document = edited.verify()
    assert code == NOT_SEEN
    assert "the log has format 99" in document["reason"]


def test_a_log_without_its_identity_is_not_sound(edited: EditedHome) -> None:
    edited.sql("DELETE FROM store WHERE name = 'log_id'")
    code, document = edited.verify()
    assert code == NOT_SOUND
    assert document["faults"][0]["reason"] == "the log does not contain its identity"


def test_a_database_with_damaged_pages_is_verified_as_far_as_it_can_be_read(
    edited: EditedHome,
) -> None:
    root = edited.value("SELECT rootpage FROM sqlite_master WHERE name = 'event_rows'")
    size = edited.value("PRAGMA page_size")
    with edited.database.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * 64)
    code, document = edited.verify()
    assert code == NOT_SOUND
    assert document["faults"]


def test_no_end_is_printed_for_an_unreadable_log(edited: EditedHome) -> None:
    with edited.database.open("r+b") as file:
        file.seek(100)  # the page of the schema
        file.write(b"\xff" * 4000)
    done = run_here("log", "verify", "--home", str(edited.home))
    assert done.returncode in (NOT_SOUND, NOT_SEEN)
    assert "0 events" not in done.stdout
    assert "head 0:" not in done.stdout


def test_the_verdict_of_log_verify_counts_one_event_in_the_singular() -> None:
    seen = Verification(1, End(1, bytes(32)), [], 0)
    assert verdict_line(seen) == f"sound: 1 event, head 1:{'00' * 32}"
    assert verdict_line(seen._replace(events=2)).startswith("sound: 2 events, head ")
    nothing = Verification(0, End(0, b""), [Finding(None, None, About.TABLE, "gone")], 1)
    assert verdict_line(nothing) == "NOT SOUND: no event of it can be read"
