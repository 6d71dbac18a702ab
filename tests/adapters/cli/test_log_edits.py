"""What `log verify` says of a home that somebody edited, and how it tells edits apart."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.edited_home import Edit, EditedHome, grown
from tests.support.program import run_here

LIVING_KEYS = "SELECT key_id FROM stream_state WHERE state = 'open' AND key_id > 0"
SOUND, NOT_SOUND, KEY_MISSING, NOT_SEEN, BESIDE = 0, 1, 3, 4, 5
PLAIN_ITEM = (
    '{{"turn_id":"t","item_id":"i","type":"userMessage","item":{{"type":"userMessage","id":"i"}}}}'
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    return grown(tmp_path_factory.mktemp("grown") / "template")


@pytest.fixture
def edited(template: EditedHome, tmp_path: Path) -> EditedHome:
    return template.copied(tmp_path / "copy")


def plain_row(home: EditedHome) -> None:
    """A readable row in the place of a sealed one, with the chain as it would have been."""
    home.sql(
        f"UPDATE events SET key_id = NULL, payload = CAST('{PLAIN_ITEM}' AS BLOB)"
        " WHERE position = {m}",
        "UPDATE events SET digest = sha256(payload) WHERE position = {m}",
    ).rechain(home.item(1))


def sealed_structural(home: EditedHome) -> None:
    """A key for an event of a type that has none."""
    home.sql("UPDATE events SET key_id = 1 WHERE position = 2").rechain(2)


BETWEEN = (
    "INSERT INTO events (position, stream, version, type, recorded_at_ms, principal,"
    " correlation_id, causation_id, key_id, payload, blob, digest, chain)"
    " SELECT -1, 'thread-{living}', 3.5, 'thread.items_injected.v1', 1, 'c', 'c', 'c', NULL, body,"
    " NULL, sha256(body), x'' FROM (SELECT CAST('{{\"items\":[],\"unknown\":[]}}' AS BLOB) AS body)"
)
CUT = (
    "DELETE FROM events WHERE position > {last} - 5",
    "UPDATE sqlite_sequence SET seq = seq - 5",
    "DELETE FROM stream_state WHERE stream NOT IN (SELECT stream FROM events)",
    (
        "UPDATE stream_state SET version ="
        " (SELECT max(version) FROM events WHERE events.stream = stream_state.stream)"
    ),
)
NO_TEXT = "UPDATE events SET stream = CAST(x'ff' AS TEXT) WHERE position = {n}"


def by(*statements: str) -> Edit:
    return lambda home: home.sql(*statements)


def of_files(script: str) -> Edit:
    return lambda home: home.sh(script)


NOT_SOUND_AT: dict[str, tuple[Edit, str | int | None, str]] = {
    "a row between two versions": (by(BETWEEN), -1, "positions begin at 1"),
    "its version is no whole number": (by(BETWEEN), -1, "no writer puts what it has into version"),
    "it has no key": (by(BETWEEN), -1, "is sealed, and this one has no key"),
    "a row at position 0": (by(BETWEEN.replace("SELECT -1", "SELECT 0")), 0, "begin at 1"),
    "a plain row for a sealed one": (plain_row, "m", "is sealed, and this one has no key"),
    "a key for a structural one": (sealed_structural, 2, "is not sealed, and this one has a key"),
    "a head opened again": (
        by("UPDATE stream_state SET state = 'open' WHERE stream = 'thread-{deleted}'"),
        None,
        "its head says state 'open', the log 'closed'",
    ),
    "a head closed": (
        by("UPDATE stream_state SET state = 'closed' WHERE stream = 'thread-{living}'"),
        None,
        "its head says state 'closed', the log 'open'",
    ),
    "a state of no host": (
        by("UPDATE stream_state SET state = x'6f70656e' WHERE stream = 'thread-{living}'"),
        None,
        "the log 'open'",
    ),
    "a head's incarnation": (
        by("UPDATE stream_state SET incarnation = 9 WHERE stream = 'thread-{living}'"),
        None,
        "its head says incarnation 9, the log 1",
    ),
    "a head's key": (
        by("UPDATE stream_state SET key_id = 1 WHERE stream = 'thread-{living}'"),
        None,
        "its head says key_id 1",
    ),
    "a version in text": (
        by("UPDATE stream_state SET version = version || 'x' WHERE stream = 'thread-{living}'"),
        None,
        "its head says version",
    ),
    "all heads gone": (by("DELETE FROM stream_state"), None, "the heads of all 6 streams are"),
    "one head gone": (
        by("DELETE FROM stream_state WHERE stream = 'thread-{living}'"),
        None,
        "its head is missing",
    ),
    "a head of nothing": (
        by("INSERT INTO stream_state VALUES ('thread-x', 1, 0, 'open', NULL)"),
        None,
        "no event is there, but its head says",
    ),
    "the end cut with its heads": (by(*CUT), None, "was sealed at"),
    "a stream of no text": (by(NO_TEXT), "n", "no writer puts what it has into stream"),
    "a stream of bytes": (
        by("UPDATE events SET stream = CAST(stream AS BLOB) WHERE position = {n}"),
        "n",
        "no writer puts what it has into stream",
    ),
    "a payload in text": (
        by("UPDATE events SET payload = CAST(payload AS TEXT) WHERE position = 2"),
        2,
        "no writer puts what it has into payload",
    ),
    "a version that is real": (
        by("UPDATE events SET version = version + 0.5 WHERE position = {n}"),
        "n",
        "no writer puts what it has into version",
    ),
    "a time before all times": (
        lambda home: home.sql("UPDATE events SET recorded_at_ms = -5 WHERE position = 3").rechain(
            3
        ),
        3,
        "it was recorded at -5, which is no time",
    ),
    "a key of another thread": (
        lambda home: home.sql("UPDATE events SET key_id = 1 WHERE position = {n}").rechain(9),
        "n",
        "it is sealed under key 1, and its stream has",
    ),
    "a payload": (
        by("UPDATE events SET payload = CAST(x'00' || payload AS BLOB) WHERE position = {n}"),
        "n",
        "its payload is not what was written",
    ),
    "a payload gone": (
        by("UPDATE events SET payload = NULL WHERE position = {n}"),
        "n",
        "its payload is gone, but its stream has no tombstone",
    ),
    "a structural payload gone": (
        by("UPDATE events SET payload = NULL WHERE stream='thread-{deleted}' AND version = 1"),
        None,
        "its payload is gone, and its type is never erased",
    ),
    "a name of a blob": (
        by("UPDATE events SET blob = '../../x' WHERE blob IS NOT NULL"),
        "b",
        "it names a blob that is not the one of its digest",
    ),
    "a blob that is a pipe": (of_files("rm {blob} && mkfifo {blob}"), "b", "it is a pipe"),
    "a blob that is a link": (
        of_files("mv {blob} {kept}/b && ln -s {kept}/b {blob}"),
        "b",
        "its blob cannot be read",
    ),
    "a blob that is a folder": (of_files("rm {blob} && mkdir {blob}"), "b", "it is a folder"),
    "a blob that is huge": (of_files("truncate -s 10G {blob}"), "b", "it has 10737418240 bytes"),
    "a blob gone": (of_files("rm {blob}"), "b", "its payload is gone"),
    "a folder of blobs that is a link": (
        of_files("mv {home}/blobs/* {kept}/t && ln -s {kept}/t {home}/blobs/thread-{large}"),
        "b",
        "its blob cannot be read",
    ),
    "a row gone": (by("DELETE FROM events WHERE position = {n}"), None, "are missing"),
    "another end in the sequence": (
        by("UPDATE sqlite_sequence SET seq = 'x'"),
        None,
        "sqlite_sequence says x",
    ),
    "a row in the sequence": (
        by("INSERT INTO sqlite_sequence VALUES ('other', 1)"),
        None,
        "sqlite_sequence has a row other",
    ),
    "no seal": (by("DELETE FROM sealed_end"), None, "is not sealed as a host seals it"),
    "a false seal": (by("UPDATE sealed_end SET seal = zeroblob(32)"), None, "is a false one"),
    "a seal of an earlier end": (
        by("UPDATE sealed_end SET position = position - 1"),
        None,
        "was sealed at",
    ),
    "a seal of another type": (by("UPDATE sealed_end SET seal = 1"), None, "not sealed as a host"),
    "a row in the store": (by("INSERT INTO store VALUES ('more', 'x')"), None, "a row more of no"),
    "a column": (by("ALTER TABLE events ADD COLUMN more"), None, "a column more of no host"),
    "a trigger": (
        by("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM store; END"),
        None,
        "there is a trigger t, which no host makes",
    ),
    "an index dropped": (
        by("DROP INDEX events_stream"),
        None,
        "the index events_stream is missing",
    ),
    "another index": (
        by("DROP INDEX events_stream", "CREATE INDEX events_stream ON events (stream)"),
        None,
        "the index events_stream is not as it was made",
    ),
    "a table dropped": (by("DROP TABLE snapshots"), None, "the table snapshots is missing"),
}
"""Edits, the position that is named (of the first or second item, or of the blob), and words."""


@pytest.mark.parametrize(
    ("edit", "position", "words"), list(NOT_SOUND_AT.values()), ids=list(NOT_SOUND_AT)
)
def test_an_edit_of_the_log_is_named_where_it_is(
    edited: EditedHome, edit: Edit, position: str | int | None, words: str
) -> None:
    places = {"m": edited.item(1), "n": edited.item(2), "b": edited.blob_position}
    at = places[position] if isinstance(position, str) else position
    edit(edited)
    code, document = edited.verify()
    assert (code, document["sound"], document["verdict"]) == (NOT_SOUND, False, "not sound")
    said = [f["reason"] for f in document["faults"] if at is None or f["position"] == at]
    assert any(words in reason for reason in said), document["faults"]
    assert edited.words().splitlines()[-1].startswith("NOT SOUND: ")


def test_a_home_that_nobody_edited_is_sound(edited: EditedHome) -> None:
    code, document = edited.verify()
    assert (code, document["verdict"], document["faults"]) == (SOUND, "sound", [])
    assert document["notLookedAt"] == []
    assert document["events"] == document["head"]["position"] == edited.last


def test_the_end_is_printed_for_whoever_keeps_it_and_compared_later(edited: EditedHome) -> None:
    line = edited.words().splitlines()[-1]
    head = line.rpartition("head ")[2]
    assert edited.verify("--expect", head)[0] == SOUND
    edited.sql(*CUT, "DELETE FROM sealed_end")
    shutil.rmtree(edited.home / "blobs")
    file = str(edited.database)
    done = run_here("log", "verify", file, "--expect", head, "--json")
    reasons = [fault["reason"] for fault in json.loads(done.stdout)["faults"]]
    assert any("before the end that was expected" in reason for reason in reasons)


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
        "reason": "the chain is not the one that was expected",
    }
    assert edited.verify("--at", "9999")[0] == NOT_SEEN


@pytest.mark.parametrize(
    "text", ["", "7", "7:", "x:" + "0" * 64, "-1:" + "0" * 64, "7:" + "g" * 64]
)
def test_what_is_no_end_cannot_be_expected(edited: EditedHome, text: str) -> None:
    done = run_here("log", "verify", "--home", str(edited.home), "--expect", text)
    assert done.returncode == 2
    assert "is not POSITION:CHAIN" in done.stderr


def test_a_view_that_is_not_what_the_log_says_is_named_and_the_log_is_sound(
    edited: EditedHome,
) -> None:
    edited.sql("UPDATE thread_texts SET preview = 'LIES' WHERE thread_id = '{living}'")
    code, document = edited.verify()
    assert (code, document["sound"]) == (BESIDE, True)
    (fault,) = document["faults"]
    assert fault["about"] == "view"
    assert fault["reason"].startswith("thread_texts is not what the log says, in 1 rows: ")
    assert "LIES" not in json.dumps(document)
    assert edited.verify("--log-only")[0] == SOUND


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
def test_whatever_was_done_to_views_is_named_as_such(edited: EditedHome, statement: str) -> None:
    edited.sql(statement)
    code, document = edited.verify()
    assert (code, document["sound"]) == (BESIDE, True)
    assert {fault["about"] for fault in document["faults"]} == {"view"}


def test_views_of_another_version_are_not_looked_at_and_the_log_is_sound(
    edited: EditedHome,
) -> None:
    edited.sql("UPDATE view_rules SET fingerprint = 'other'", "UPDATE threads SET depth = 9")
    code, document = edited.verify()
    assert (code, document["sound"]) == (SOUND, True)
    assert document["notLookedAt"] == ["the views, which another version made"]


def test_the_log_alone_is_enough(edited: EditedHome) -> None:
    """No host key, no keys, no blobs, no folder: a file wherever it lies."""
    edited.sh("rm {home}/host.key {home}/keys.db")
    code, document = edited.verify()
    assert (code, document["sound"]) == (SOUND, True)
    alone = edited.kept / "somewhere"
    shutil.copy(edited.database, alone)
    done = run_here("log", "verify", str(alone), "--json")
    assert done.returncode == SOUND
    assert json.loads(done.stdout)["notLookedAt"] == [
        "large payloads, which lie in files beside the log",
        "the seal on the end of the log, for want of the host key",
    ]
    edited.sql("UPDATE events SET principal = 'x' WHERE position = 3")
    assert edited.verify()[0] == NOT_SOUND


def test_nothing_is_written(edited: EditedHome) -> None:
    def state() -> dict[str, tuple[bytes, int]]:
        files = (path for path in edited.home.rglob("*") if path.is_file())
        return {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in files}

    before = state()
    edited.verify()
    assert state() == before


@pytest.fixture
def unwritable(edited: EditedHome) -> Iterator[EditedHome]:
    """A home where nobody may write, as on a medium to be read only."""
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


def test_older_keys_that_were_put_back_are_told(edited: EditedHome) -> None:
    edited.sh("cp {kept}/keys.db {home}/keys.db")
    code, document = edited.verify()
    assert (code, document["sound"]) == (BESIDE, True)
    (fault,) = document["faults"]
    assert (fault["stream"], fault["about"]) == (f"thread-{edited.deleted}", "erased")
    assert fault["reason"].startswith("it was deleted, and its key ")


def test_a_missing_key_is_told_from_an_erased_one(edited: EditedHome) -> None:
    with closing(sqlite3.connect(edited.home / "keys.db")) as keys, keys:
        keys.executemany("DELETE FROM keys WHERE id = ?", edited.rows(LIVING_KEYS))
    code, document = edited.verify()
    assert (code, document["verdict"], document["sound"]) == (KEY_MISSING, "key missing", True)
    streams = {fault["stream"] for fault in document["faults"]}
    assert streams == {f"thread-{t}" for t in (edited.large, edited.living, edited.other)}
    assert all("it was not deleted" in fault["reason"] for fault in document["faults"])
    assert document["faults"][0]["reason"].endswith(" events")


KEYS: dict[str, tuple[str, int, str]] = {
    "a wrapped key": ("UPDATE keys SET wrapped = x'00' WHERE id = 200", KEY_MISSING, "key 200 was"),
    "keys swapped": (
        "UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE id = 201) WHERE id = 200",
        KEY_MISSING,
        "its key 200 was not wrapped by this host key",
    ),
    "a living key noted as destroyed": (
        "INSERT INTO destroyed SELECT max(id) - 253 FROM keys",
        KEY_MISSING,
        "noted as destroyed",
    ),
    "a destroyed key forgotten": ("DELETE FROM destroyed", BESIDE, "is not known as destroyed"),
    "the log it is of": ("UPDATE ring SET log_id = 'x'", KEY_MISSING, "holds the keys of log x"),
    "the proof": ("UPDATE ring SET proof = x'00'", KEY_MISSING, "were not wrapped by this host"),
    "how far the log was": ("UPDATE seen SET position = 9999", NOT_SOUND, "its keys have seen it"),
    "the chain it saw": ("UPDATE seen SET chain = zeroblob(32)", NOT_SOUND, "its keys saw"),
    "what it saw beside": ("UPDATE seen SET beside = 'x'", BESIDE, "under this host key"),
    "its seal": ("UPDATE seen SET seal = zeroblob(32)", BESIDE, "under this host key"),
    "a table": ("CREATE TABLE more (x)", BESIDE, "there is a table more, which no host makes"),
    "the newest number": ("UPDATE sqlite_sequence SET seq = 9", BESIDE, "it takes 9 for"),
    "a key that nobody uses gone": ("DELETE FROM keys WHERE id = 200", BESIDE, "1 keys that no"),
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


@pytest.mark.parametrize("kind", ["mkfifo {home}/{}", "ln -s {kept} {home}/{}", "mkdir {home}/{}"])
@pytest.mark.parametrize("name", ["host.key", "keys.db"])
def test_what_is_no_regular_file_is_not_waited_for(
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
    "the database gone": ("rm {home}/threadhost.db", "is missing: there is no log here"),
    "a folder of somebody else": ("rm -r {home} && mkdir {home}", "there is no log here"),
    "a pipe": ("rm {home}/threadhost.db && mkfifo {home}/threadhost.db", "is a pipe"),
    "a link": ("ln -sf {home}/keys.db {home}/threadhost.db", "is a symbolic link"),
    "a folder": ("rm {home}/threadhost.db && mkdir {home}/threadhost.db", "is a folder"),
    "no database": ("echo something else > {home}/threadhost.db", "this is no log"),
    "another database": ("cp {home}/keys.db {home}/threadhost.db", "this is no log"),
    "nothing": ("rm -r {home}", "there is no log here"),
    "an empty file": (": > {home}/threadhost.db", "this is no log"),
}


@pytest.mark.parametrize(("script", "words"), list(NO_LOG.values()), ids=list(NO_LOG))
def test_where_there_is_no_log_nothing_is_called_sound(
    edited: EditedHome, script: str, words: str
) -> None:
    edited.sh(script)
    done = run_here("log", "verify", "--home", str(edited.home))
    assert (done.returncode, done.stdout) == (NOT_SEEN, "")
    assert done.stderr.startswith("threadhost: could not look: ")
    assert words in done.stderr
    code, document = edited.verify()
    assert (code, document["verdict"], document["sound"]) == (NOT_SEEN, "could not look", None)


def test_a_log_of_another_format_could_not_be_looked_at(edited: EditedHome) -> None:
    edited.sql("UPDATE store SET value = '99' WHERE name = 'format'")
    code, document = edited.verify()
    assert code == NOT_SEEN
    assert "the log has format 99" in document["reason"]


def test_a_log_that_does_not_say_which_one_it_is_is_not_sound(edited: EditedHome) -> None:
    edited.sql("DELETE FROM store WHERE name = 'log_id'")
    code, document = edited.verify()
    assert code == NOT_SOUND
    assert document["faults"][0]["reason"] == "the log does not say which one it is"


def test_a_database_whose_pages_are_damaged_is_told_as_far_as_it_can_be_read(
    edited: EditedHome,
) -> None:
    root = edited.value("SELECT rootpage FROM sqlite_master WHERE name = 'events'")
    size = edited.value("PRAGMA page_size")
    with edited.database.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * 64)
    code, document = edited.verify()
    assert code == NOT_SOUND
    assert document["faults"]
