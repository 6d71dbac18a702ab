"""Keys: made before use, never lost, never reused, and gone for good once destroyed."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.support.store import META, OTHER, STREAM, deleted, message, now, opened, renamed, started
from threadhost.events.base import Erased
from threadhost.events.store.chain import genesis
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import KeyMissing, StoreMismatch, StoreUnavailable
from threadhost.events.store.host_key import load_host_key
from threadhost.events.store.log import Log
from threadhost.events.store.port import RecordedEnd
from threadhost.events.store.seal import End
from threadhost.events.store.sqlite.keys import BATCH, BATCH_MAX, CIPHERS_KEPT_MAX, KeyRing

HOST_KEY = bytes(range(32))


def stored(path: Path) -> list[int]:
    """The numbers of the keys that another process would find."""
    connection = sqlite3.connect(path)
    ids = [row[0] for row in connection.execute("SELECT id FROM keys ORDER BY id")]
    connection.close()
    return ids


def edit(path: Path, statement: str, *values: object) -> list[Any]:
    """Do something to the file from outside; the first column of what is there."""
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute(statement, values)]
    connection.commit()
    connection.close()
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.db"


def test_a_key_is_in_the_file_before_it_is_used(path: Path) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    assert stored(path) == []
    first = ring.allocate()
    assert stored(path) == list(range(1, BATCH + 1))
    assert [first, ring.allocate()] == [1, 2]
    ring.close()


def test_each_batch_of_keys_is_twice_as_large_as_the_last_up_to_a_limit(
    path: Path,
) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    made, size = 0, BATCH
    while made < 4 * BATCH_MAX:
        assert ring.allocate() == made + 1
        assert len(stored(path)) == made + size
        for _ in range(size - 1):
            ring.allocate()
        made, size = made + size, min(2 * size, BATCH_MAX)
    ring.close()


def test_keys_that_no_event_uses_are_offered_again(path: Path) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    for _ in range(5):
        ring.allocate()
    ring.close()
    ring = KeyRing(path, HOST_KEY, "log")
    ring.release_unused(newest_used=3)
    assert [ring.allocate(), ring.allocate()] == [4, 5]
    assert len(stored(path)) == BATCH
    ring.close()


def test_the_number_of_a_destroyed_key_never_comes_back(path: Path) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    for _ in range(BATCH):
        ring.allocate()
    assert ring.destroy([BATCH - 1, BATCH]) == 2
    assert ring.destroy([BATCH - 1, BATCH]) == 0
    ring.close()
    ring = KeyRing(path, HOST_KEY, "log")
    ring.release_unused(BATCH)
    assert ring.allocate() == BATCH + 1
    assert ring.cipher(BATCH) is None
    assert ring.cipher(1) is not None
    ring.close()


def test_that_a_key_was_destroyed_is_looked_up_in_the_file_once(path: Path) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    ring.destroy([ring.allocate()])
    assert ring.cipher(1) is None
    edit(path, "DELETE FROM destroyed")
    assert ring.cipher(1) is None
    ring.close()
    with pytest.raises(StoreUnavailable):
        ring.cipher(1)


@pytest.mark.parametrize("newest", [float("inf"), 1e300, 2.5, "x", -1, 2**63 - 1])
def test_no_key_number_is_reused_though_the_counter_was_tampered_with(
    path: Path, newest: object
) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    for _ in range(BATCH):
        ring.allocate()
    ring.destroy([BATCH])
    ring.close()
    edit(path, "UPDATE sqlite_sequence SET seq = ?", newest)
    ring = KeyRing(path, HOST_KEY, "log")
    ring.release_unused(BATCH)
    assert ring.allocate() == BATCH + 1
    ring.close()


@pytest.mark.parametrize("wrapping", [float("inf"), float("nan"), 1.5, "x", b"1"])
def test_a_key_with_an_invalid_wrapping_number_cannot_be_opened(
    path: Path, wrapping: object
) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    ring.allocate()
    ring.close()
    edit(path, "UPDATE OR IGNORE keys SET wrapping = coalesce(?, 'x')", wrapping)
    ring = KeyRing(path, HOST_KEY, "log")
    with pytest.raises(KeyMissing, match="key 1 was not wrapped by this host key"):
        ring.cipher(1)
    ring.close()


def test_a_destroyed_key_is_gone_from_memory_too(path: Path) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    key = ring.allocate()
    assert ring.cipher(key) is not None
    ring.destroy([key])
    assert ring.cipher(key) is None
    ring.close()


def test_few_ciphers_are_kept_ready_and_many_keys_at_hand(path: Path) -> None:
    """A cipher takes 2.8 KiB; the keys of a job of a million rows took 11 MiB."""
    ring = KeyRing(path, HOST_KEY, "log")
    keys = [ring.allocate() for _ in range(CIPHERS_KEPT_MAX + 1)]
    first = ring.cipher(keys[0])
    assert first is not None
    sealed = first.encrypt(bytes(12), b"text", None)
    assert ring.cipher(keys[0]) is first
    for key in keys[1:]:
        ring.cipher(key)
    path.write_bytes(b"")  # nothing is read again
    again = ring.cipher(keys[0])
    assert again is not first
    assert again is not None
    assert again.decrypt(bytes(12), sealed, None) == b"text"
    assert ring.cached >= len(keys)
    ring.close()


def test_a_destroyed_key_is_gone_however_many_keys_were_used_after_it(path: Path) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    keys = [ring.allocate() for _ in range(CIPHERS_KEPT_MAX + 1)]
    for key in keys:
        ring.cipher(key)
    ring.destroy([keys[0], keys[-1]])
    assert [ring.cipher(key) for key in (keys[0], keys[-1])] == [None, None]
    assert ring.cached == len(stored(path))
    ring.close()


def test_a_wrapped_key_cannot_be_used_as_another(path: Path) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    ring.allocate()
    ring.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE id = 2)")
    connection.commit()
    connection.close()
    ring = KeyRing(path, HOST_KEY, "log")
    with pytest.raises(KeyMissing, match="key 1 was not wrapped by this host key"):
        ring.cipher(1)
    ring.close()


def test_keys_of_another_log_or_host_key_are_refused_at_once(path: Path) -> None:
    KeyRing(path, HOST_KEY, "log").close()
    with pytest.raises(StoreMismatch, match="holds the keys of log log, not of other"):
        KeyRing(path, HOST_KEY, "other")
    with pytest.raises(StoreMismatch, match="check that the key file is the right one"):
        KeyRing(path, bytes(32), "log")


def test_a_key_number_that_the_log_uses_is_not_assigned_again(path: Path) -> None:
    """By a key file that is older than the log, and never had it."""
    ring = KeyRing(path, HOST_KEY, "log")
    ring.allocate()
    ring.release_unused(BATCH + 10)
    assert ring.allocate() == BATCH + 11
    ring.close()


def test_a_destroyed_key_is_distinguished_from_a_lost_one(path: Path) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    ring.allocate()
    ring.destroy([1])
    assert ring.cipher(1) is None
    with pytest.raises(KeyMissing, match="its key 999 is missing"):
        ring.cipher(999)
    ring.close()


def test_a_destroyed_key_put_back_into_the_file_stays_destroyed(path: Path) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    ring.allocate()
    [wrapped] = edit(path, "SELECT wrapped FROM keys WHERE id = 1")
    ring.destroy([1])
    edit(path, "INSERT INTO keys VALUES (1, ?, 1)", wrapped)
    assert ring.cipher(1) is None
    assert ring.destroy([1]) == 1
    ring.close()


def test_the_log_end_recorded_beside_the_keys_cannot_be_written_without_the_host_key(
    path: Path,
) -> None:
    ring = KeyRing(path, HOST_KEY, "log")
    assert ring.recorded_end == RecordedEnd(End(0, genesis("log")), "")
    end = RecordedEnd(End(7, bytes(32)), "beside")
    ring.record_end(*end)
    assert ring.recorded_end == end
    for change in ("position = 6", "chain = x'00'", "beside = 'x'", "seal = 'x'", "position = 'x'"):
        ring.record_end(*end)
        edit(path, f"UPDATE seen SET {change}")
        with pytest.raises(StoreMismatch, match="was not recorded under this host key"):
            _ = ring.recorded_end
    edit(path, "DELETE FROM seen")
    with pytest.raises(StoreMismatch, match="was not recorded under this host key"):
        _ = ring.recorded_end
    ring.close()


def test_a_host_key_is_made_once_and_read_ever_after(tmp_path: Path) -> None:
    key = load_host_key(tmp_path)
    assert len(key) == 32
    assert load_host_key(tmp_path) == load_host_key(tmp_path, tmp_path / "host.key") == key
    assert (tmp_path / "host.key").read_text() == key.hex() + "\n"
    assert [p.name for p in tmp_path.iterdir()] == ["host.key"]


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "ab" * 31, "ab" * 33])
def test_a_file_that_is_no_host_key_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "host.key"
    path.write_text(text)
    with pytest.raises(StoreMismatch, match="give a file of 64 hexadecimal digits"):
        load_host_key(tmp_path)
    assert path.read_text() == text


async def test_each_stream_has_a_key_of_its_own_from_its_first_sealed_event(log: Log) -> None:
    await log.append(StreamAppend(STREAM, [started()]), meta=META)
    assert key_of(log, STREAM) is None
    await log.append(StreamAppend(STREAM, [renamed()]), meta=META)
    await log.append(StreamAppend(OTHER, [renamed(), renamed()]), meta=META)
    assert [key_of(log, STREAM), key_of(log, OTHER)] == [1, 2]


async def test_events_of_a_destroyed_key_are_erased_and_others_are_not(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), message()]), meta=META)
        await log.append(StreamAppend(OTHER, [started("b"), message()]), meta=META)
        await log.append(StreamAppend(STREAM, [deleted()]), meta=META)
        assert await log.destroy_keys([STREAM, "thread-unheard-of"]) == 1
        assert await log.destroy_keys([STREAM]) == 0
        for found in (
            await log.read_stream(STREAM, limit=2),
            await log.read(0, 2),
            await log.read_at([1, 2]),
        ):
            assert [fact.event for fact in found] == [started(), Erased(message().kind)]
    async with opened(home) as log:
        assert (await log.read_at([2]))[0].event == Erased(message().kind)
        assert (await log.read_at([2]))[0].meta == META
        assert (await log.read_at([4]))[0].event == message()


async def test_a_key_that_a_crash_left_is_destroyed_at_the_next_start(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), message(), deleted()]), meta=META)
        await log.append(StreamAppend(OTHER, [started("b"), message()]), meta=META)
        assert (await log.read_at([2]))[0].event == message()
    async with opened(home) as log:
        assert (await log.read_at([2]))[0].event == Erased(message().kind)
        assert (await log.read_at([5]))[0].event == message()
    assert set(stored(home / "keys.db")) == set(range(2, BATCH + 1))


def key_of(log: Log, stream: str) -> int | None:
    head = now(log.stream_head(stream))
    assert head is not None
    return head.key_id
