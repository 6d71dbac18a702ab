"""`log verify` names each edit of the log by its kind and its place."""

import pytest

from tests.support.edited_home import CUT, Edit, EditedHome

pytestmark = pytest.mark.slices

NOT_SOUND = 1
PLAIN_ITEM = (
    '{{"turn_id":"t","item_id":"i","type":"userMessage","item":{{"type":"userMessage","id":"i"}}}}'
)


def plain_row(home: EditedHome) -> None:
    """A readable row in the place of a sealed one, with a matching chain."""
    home.sql(
        f"UPDATE events SET key_id = NULL, payload = CAST('{PLAIN_ITEM}' AS BLOB)"
        " WHERE position = {m}",
        "UPDATE events SET digest = sha256(payload) WHERE position = {m}",
    ).rechain(home.item(1))


def sealed_structural(home: EditedHome) -> None:
    """A key for an event of a type that is never sealed."""
    home.sql("UPDATE events SET key_id = 1 WHERE position = 2").rechain(2)


BETWEEN = (
    "INSERT INTO events (position, decision, stream, version, type, recorded_at_ms, principal,"
    " correlation_id, causation_id, key_id, payload, blob, digest, chain)"
    " SELECT -1, 1, 'thread-{living}', 3.5, 'thread.items_injected.v1', 1, 'c', 'c', 'c', NULL,"
    " body, NULL, sha256(body), x''"
    ' FROM (SELECT CAST(\'{{"items":[],"unknown":[]}}\' AS BLOB) AS body)'
)
NO_TEXT = "UPDATE events SET stream = CAST(x'ff' AS TEXT) WHERE position = {n}"

ANOTHER = "(SELECT id FROM names WHERE name = 'thread.deleted.v1')"


def by(*statements: str) -> Edit:
    return lambda home: home.sql(*statements)


def of_files(script: str) -> Edit:
    return lambda home: home.sh(script)


NOT_SOUND_AT: dict[str, tuple[Edit, str | int | None, str]] = {
    "a row between two versions": (by(BETWEEN), -1, "positions begin at 1"),
    "a row with a fractional version": (
        by(BETWEEN),
        -1,
        "no writer writes such values into version",
    ),
    "a row without a key": (by(BETWEEN), -1, "is sealed, and this one has no key"),
    "a row at position 0": (by(BETWEEN.replace("SELECT -1", "SELECT 0")), 0, "begin at 1"),
    "a plain row in the place of a sealed one": (
        plain_row,
        "m",
        "is sealed, and this one has no key",
    ),
    "a key for a structural event": (sealed_structural, 2, "is not sealed, and this one has a key"),
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
    "all heads missing": (
        by("DELETE FROM stream_state"),
        None,
        "all heads are missing, of 6 streams",
    ),
    "one missing head": (
        by("DELETE FROM stream_state WHERE stream = 'thread-{living}'"),
        None,
        "its head is missing",
    ),
    "a head without a stream": (
        by("INSERT INTO stream_state VALUES ('thread-x', 1, 0, 'open', NULL)"),
        None,
        "its head says",
    ),
    "the last events deleted with their heads": (by(*CUT), None, "was sealed at"),
    "a stream of no text": (by(NO_TEXT), "n", "no writer writes such values into stream"),
    "a stream of bytes": (
        by("UPDATE events SET stream = CAST(stream AS BLOB) WHERE position = {n}"),
        "n",
        "no writer writes such values into stream",
    ),
    "a payload in text": (
        by("UPDATE events SET payload = CAST(payload AS TEXT) WHERE position = 2"),
        2,
        "no writer writes such values into payload",
    ),
    "a version that is real": (
        by("UPDATE events SET version = version + 0.5 WHERE position = {n}"),
        "n",
        "no writer writes such values into version",
    ),
    "a negative time": (
        lambda home: home.sql("UPDATE events SET recorded_at_ms = -5 WHERE position = 3").rechain(
            3
        ),
        3,
        "it was recorded at -5, which is not a valid time",
    ),
    "a time before that of the previous event": (
        lambda home: home.sql("UPDATE events SET recorded_at_ms = 5 WHERE position = 3").rechain(3),
        3,
        "it was recorded at 5, before the event that it follows",
    ),
    "a decision": (
        by("UPDATE events SET decision = 1 WHERE position = {n}"),
        "n",
        "the row or an earlier one differs from what was written",
    ),
    "a decision continued after another one": (
        lambda home: home.sql("UPDATE events SET decision = 1 WHERE position = {n}").rechain(9),
        "n",
        "it has decision 1: it begins one here, or continues decision",
    ),
    "a decision in text": (
        by("UPDATE events SET decision = decision || 'x' WHERE position = {n}"),
        "n",
        "no writer writes such values into decision",
    ),
    "a key of another thread": (
        lambda home: home.sql("UPDATE events SET key_id = 1 WHERE position = {n}").rechain(9),
        "n",
        "it is sealed under key 1, and its stream has",
    ),
    "a payload": (
        by("UPDATE events SET payload = CAST(x'00' || payload AS BLOB) WHERE position = {n}"),
        "n",
        "its payload differs from what was written",
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
    "no seal": (by("DELETE FROM sealed_end"), None, "has no valid seal"),
    "a false seal": (by("UPDATE sealed_end SET seal = zeroblob(32)"), None, "is not valid"),
    "a seal of an earlier end": (
        by("UPDATE sealed_end SET position = position - 1"),
        None,
        "was sealed at",
    ),
    "a seal of another type": (by("UPDATE sealed_end SET seal = 1"), None, "has no valid seal"),
    "a row in the store": (by("INSERT INTO store VALUES ('more', 'x')"), None, "a row more of no"),
    "no release": (
        by("DELETE FROM store WHERE name = 'release'"),
        None,
        "does not name the release",
    ),
    "another release": (
        by("UPDATE store SET value = '0.0' WHERE name = 'release'"),
        None,
        "has a row release of no host",
    ),
    "a column": (by("ALTER TABLE event_rows ADD COLUMN more"), None, "a column more of no host"),
    "a column of the names": (
        by("ALTER TABLE names ADD COLUMN more"),
        None,
        "is not as it was made",
    ),
    "a trigger": (
        by("CREATE TRIGGER t AFTER INSERT ON event_rows BEGIN DELETE FROM store; END"),
        None,
        "there is a trigger t, which no host makes",
    ),
    "an index dropped": (
        by("DROP INDEX event_rows_stream"),
        None,
        "the index event_rows_stream is missing",
    ),
    "another index": (
        by(
            "DROP INDEX event_rows_stream",
            "CREATE INDEX event_rows_stream ON event_rows (stream)",
        ),
        None,
        "the index event_rows_stream is not as it was made",
    ),
    "an index more": (
        by("CREATE UNIQUE INDEX more ON event_rows (type, stream, version)"),
        None,
        "there is a index more, which no host makes",
    ),
    "a table dropped": (by("DROP TABLE snapshots"), None, "the table snapshots is missing"),
    "another name": (
        by("UPDATE names SET name = 'thread-x' WHERE name = 'thread-{living}'"),
        "n",
        "the row or an earlier one differs from what was written",
    ),
    "a name gone": (
        by("DELETE FROM names WHERE name = 'thread-{living}'"),
        "n",
        "no writer writes such values into stream",
    ),
    "another number": (
        by(f"UPDATE event_rows SET type = {ANOTHER} WHERE position = {{n}}"),
        "n",
        "the row or an earlier one differs from what was written",
    ),
    "the names dropped": (by("DROP TABLE names"), None, "the table names is missing"),
    "a view of the name that events have": (
        by(
            "DROP VIEW main.events",
            "CREATE VIEW main.events AS SELECT 1 AS position",
            f"UPDATE event_rows SET type = {ANOTHER} WHERE position = {{n}}",
        ),
        "n",
        "the row or an earlier one differs from what was written",
    ),
    "a sound table of version 0.1 beside edited rows": (
        by(
            "DROP VIEW main.events",
            "CREATE TABLE main.events AS SELECT * FROM temp.events",
            f"UPDATE event_rows SET type = {ANOTHER} WHERE position = {{n}}",
        ),
        "n",
        "the row or an earlier one differs from what was written",
    ),
}
"""Edits, the position that is named (of the first or second item, or of the blob), and words."""


@pytest.mark.parametrize(
    ("edit", "position", "words"), list(NOT_SOUND_AT.values()), ids=list(NOT_SOUND_AT)
)
def test_log_verify_names_the_position_and_the_kind_of_each_edit_of_the_log(
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
