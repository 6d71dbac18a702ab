"""Verification: every kind of damage is reported, with the first position it touches."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.log_database import connected
from tests.support.store import (
    META,
    OTHER,
    STREAM,
    database_of,
    deleted,
    message,
    opened,
    renamed,
    started,
)
from threadhost.events.store.chain import digest_of, genesis
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import LogDamaged
from threadhost.events.store.findings import Verification
from threadhost.events.store.home import prepare_home
from threadhost.events.store.sqlite.opening import open_home
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase
from threadhost.events.store.sqlite.verify import verify

LARGE = "x" * 100_000
Damage = str | Callable[[Path], object]


@pytest.fixture
async def written(home: Path) -> Path:
    """Events 1 to 6: a thread with a sealed, a large and a structural event among them."""
    async with opened(home) as log:
        await log.append(
            StreamAppend(STREAM, [started(), renamed("one"), message(LARGE)]), meta=META
        )
        await log.append(StreamAppend(OTHER, [started("b"), renamed("two")]), meta=META)
        await log.append(StreamAppend(STREAM, [message("three")]), meta=META)
    return home


def check(home: Path) -> Verification:
    database = ReadOnlyDatabase(home / "threadhost.db")
    try:
        return verify(database, home / "blobs")
    finally:
        database.close()


def damage(home: Path, what: Damage) -> None:
    if callable(what):
        what(home)
        return
    connection = connected(home / "threadhost.db", isolation_level=None)
    connection.executescript(what)
    assert connection.total_changes
    connection.close()


def blob_of(home: Path) -> Path:
    return next((home / "blobs" / STREAM).iterdir())


async def test_an_untouched_log_is_sound(written: Path) -> None:
    found = check(written)
    assert found.is_sound
    assert found.events == 6
    connection = connected(written / "threadhost.db")
    last = connection.execute("SELECT position, chain FROM events ORDER BY 1 DESC").fetchone()
    connection.close()
    assert found.end == last


async def test_an_empty_log_is_sound(home: Path) -> None:
    async with opened(home) as log:
        found = verify(database_of(log))
    assert found.is_sound
    assert (found.events, found.end) == (0, (0, genesis(log.log_id)))


async def test_erasing_a_thread_leaves_the_log_sound(written: Path) -> None:
    async with opened(written) as log:
        await log.append(StreamAppend(STREAM, [deleted()]), meta=META)
        log.files.remove("a")
        await log.destroy_keys([STREAM])
    damage(
        written, f"UPDATE events SET payload = NULL WHERE stream = '{STREAM}' AND version IN (2, 3)"
    )
    found = check(written)
    assert found.is_sound
    assert (found.events, found.purged) == (7, 2)


@pytest.mark.parametrize("number", [-5, 1_000, 2**63 - 1])
async def test_a_name_that_no_event_has_is_found(written: Path, number: int) -> None:
    damage(written, f"INSERT INTO names VALUES ({number}, 'hidden')")
    (finding,) = check(written).findings
    assert finding.reason == "the table names has 1 row of no event"


@pytest.mark.parametrize("size", [100_000, 70_000_000])
async def test_a_name_that_is_too_long_to_be_read_for_each_row_ends_the_check(
    written: Path, size: int
) -> None:
    damage(
        written,
        "UPDATE names SET name = CAST(zeroblob("
        f"{size}) AS TEXT) WHERE id = (SELECT principal FROM event_rows WHERE position = 1)",
    )
    with pytest.raises(LogDamaged, match=r"the table names has a name of \d+ bytes or more"):
        check(written)


SWAP = """
UPDATE events SET position = -1 WHERE position = 2;
UPDATE events SET position = 2 WHERE position = 5;
UPDATE events SET position = 5 WHERE position = -1;
"""
INSERT = """
INSERT INTO events SELECT 7, 7, stream, 5, type, recorded_at_ms, principal, correlation_id,
    causation_id, key_id, payload, blob, digest, chain FROM events WHERE position = 6;
UPDATE stream_state SET version = 5 WHERE stream = 'thread-a';
"""
REPLAY = """
UPDATE events SET payload = (SELECT payload FROM events WHERE position = 2),
    digest = (SELECT digest FROM events WHERE position = 2) WHERE position = 5
"""
DAMAGES: dict[str, tuple[Damage, int]] = {
    "a structural payload": ("UPDATE events SET payload = '{}' WHERE position = 4", 4),
    "a sealed payload": ("UPDATE events SET payload = x'00' || payload WHERE position = 5", 5),
    "a payload and its digest": (REPLAY, 5),
    "a payload that is gone": ("UPDATE events SET payload = NULL WHERE position = 2", 2),
    "a payload of another type": ("UPDATE events SET payload = 12 WHERE position = 2", 2),
    "a digest": ("UPDATE events SET digest = x'00' WHERE position = 3", 3),
    "a link": ("UPDATE events SET chain = x'00' WHERE position = 3", 3),
    "the last link": ("UPDATE events SET chain = x'00' WHERE position = 6", 6),
    "a type": ("UPDATE events SET type = 'turn.started.v1' WHERE position = 4", 4),
    "a time": ("UPDATE events SET recorded_at_ms = recorded_at_ms + 1 WHERE position = 1", 1),
    "a principal": ("UPDATE events SET principal = 'client:eve' WHERE position = 6", 6),
    "a correlation": ("UPDATE events SET correlation_id = 'x' WHERE position = 6", 6),
    "a causation": ("UPDATE events SET causation_id = 'x' WHERE position = 6", 6),
    "a key's number": ("UPDATE events SET key_id = 9 WHERE position = 2", 2),
    "a stream": ("UPDATE events SET stream = 'thread-c', version = 1 WHERE position = 4", 4),
    "bytes that are no text": (
        "UPDATE events SET principal = CAST(x'ff' AS TEXT) WHERE position = 4",
        4,
    ),
    "a version": ("UPDATE events SET version = 7 WHERE position = 6", 6),
    "the first row removed": ("DELETE FROM events WHERE position = 1", 2),
    "a row removed": ("DELETE FROM events WHERE position = 3", 4),
    "the last row removed": ("DELETE FROM events WHERE position = 6", 6),
    "the last row removed, its stream set back": (
        (
            "DELETE FROM events WHERE position = 6;"
            " UPDATE stream_state SET version = 3 WHERE stream = 'thread-a'"
        ),
        6,
    ),
    "all rows removed": ("DELETE FROM events", 1),
    "two rows swapped": (SWAP, 2),
    "a row inserted": (INSERT, 7),
    "a blob's bytes": (lambda home: blob_of(home).write_bytes(b"other"), 3),
    "a blob that is gone": (lambda home: blob_of(home).unlink(), 3),
    "another log's identity": ("UPDATE store SET value = 'x' WHERE name = 'log_id'", 1),
}


@pytest.mark.few(2)
@pytest.mark.parametrize(("what", "position"), list(DAMAGES.values()), ids=list(DAMAGES))
async def test_damage_is_reported_with_its_first_position(
    written: Path, what: Damage, position: int
) -> None:
    damage(written, what)
    found = check(written)
    assert found.findings, "the damage was not seen"
    assert found.findings[0].position == position
    positions = [f.position for f in found.findings if f.position is not None]
    assert positions == sorted(positions)


async def test_one_damage_does_not_hide_the_next(written: Path) -> None:
    damage(written, "UPDATE events SET principal = 'eve' WHERE position IN (2, 5)")
    found = check(written)
    assert [finding.position for finding in found.findings] == [2, 5]


async def test_versions_that_do_not_follow_are_reported_though_the_chain_holds(home: Path) -> None:
    """What no damage can do, but a fault in the writer could."""
    found = open_home(prepare_home(home), None, lost_keys=False)
    for version in (1, 3):
        row = ([0, 0, STREAM, version, "t", 0, "", "", "", None], b"{}", None, digest_of(b"{}"))
        with found.engine.transaction() as tx:
            found.recorder.insert(tx, [[row]])
    faults = verify(found.engine.database).findings
    found.close()
    assert faults[1] == (2, STREAM, "event", f"{STREAM} has version 3 after 1")


async def test_positions_that_were_skipped_are_named(written: Path) -> None:
    damage(written, "DELETE FROM events WHERE position IN (2, 3)")
    reasons = [finding.reason for finding in check(written).findings if finding.position == 4]
    assert "positions 2 to 3 are missing" in reasons


async def test_events_carried_over_from_another_log_are_reported(
    written: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    async with opened(other):
        pass
    damage(
        other,
        f"ATTACH '{written / 'threadhost.db'}' AS a;"
        " INSERT INTO names SELECT * FROM a.names;"
        " INSERT INTO event_rows SELECT * FROM a.event_rows;"
        " INSERT INTO stream_state SELECT * FROM a.stream_state",
    )
    assert check(other).findings[0].position == 1


async def test_without_blob_files_the_digests_in_the_chain_are_trusted(
    written: Path,
) -> None:
    blob_of(written).unlink()
    database = ReadOnlyDatabase(written / "threadhost.db")
    assert verify(database).is_sound
    database.close()
