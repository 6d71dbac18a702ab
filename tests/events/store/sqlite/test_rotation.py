"""Rotating the host key: all keys change over or none, and what was interrupted is finished."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest

from tests.support.log_database import connected
from tests.support.store import META, OTHER, STREAM, deleted, opened, renamed, started
from threadhost.events import failpoints
from threadhost.events.base import Damaged
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.home import HOST_KEY, NEXT_HOST_KEY
from threadhost.events.store.port import Rewrapped
from threadhost.events.store.recorder import ShutdownState
from threadhost.events.store.sqlite.keys import BATCH
from threadhost.events.store.sqlite.rotation import KeyFiles, Rotated, rotate

POINTS = ["key_made", "changed_over", "sealed", "in_place"]
Die = Callable[[str], None]


class Died(Exception):
    """The process is gone."""


@pytest.fixture
def die_at() -> Iterator[Die]:
    """Dies at a point of the rotation, once."""

    def arm(point: str) -> None:
        failpoints.arm(f"rotation.{point}", die)

    def die() -> None:
        failpoints.disarm()
        raise Died

    yield arm
    failpoints.disarm()


@pytest.fixture
async def home(home: Path) -> Path:
    """A home at rest, with a living and a deleted thread."""
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), renamed("one")]), meta=META)
        await log.append(StreamAppend(OTHER, [started("b"), renamed(), deleted("b")]), meta=META)
        await log.destroy_keys([OTHER])
    return home


def rotated(home: Path) -> Rotated:
    return rotate(home, KeyFiles.of(home, None, None))


def wrapped(home: Path) -> dict[int, tuple[int, bytes]]:
    """The keys as they lie in their file, each with the number of what wraps it."""
    with closing(sqlite3.connect(home / "keys.db")) as keys:
        return {
            n: (by, key) for n, by, key in keys.execute("SELECT id, wrapping, wrapped FROM keys")
        }


async def test_events_written_before_a_rotation_are_read_under_the_new_key(home: Path) -> None:
    before, old = wrapped(home), (home / HOST_KEY).read_text()
    assert rotated(home) == Rotated(Rewrapped(2, BATCH - 1), was_interrupted=False)
    after = wrapped(home)
    assert after.keys() == before.keys()
    assert {by for by, _ in after.values()} == {2}
    assert not {key for _, key in before.values()} & {key for _, key in after.values()}
    assert not (home / NEXT_HOST_KEY).exists()
    assert (home / HOST_KEY).read_text() != old
    async with opened(home) as log:
        assert log.shutdown_state is ShutdownState.CLEAN
        assert (await log.read(1, 1))[0].event == renamed("one")
        await log.append(StreamAppend("thread-c", [started("c"), renamed("new")]), meta=META)
    async with opened(home) as log:
        assert (await log.read(log.position - 1, 1))[0].event == renamed("new")


async def test_a_rotation_of_an_unclean_home_leaves_it_unclean(home: Path, tmp_path: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend("thread-c", [started("c")]), meta=META)
        left = Path(copytree(home, tmp_path / "left"))
    rotated(left)
    async with opened(left) as log:
        assert log.shutdown_state is ShutdownState.UNCLEAN


async def test_the_old_key_opens_no_event_after_a_rotation(home: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.key"
    old.write_text((home / HOST_KEY).read_text())
    rotated(home)
    with pytest.raises(StoreMismatch, match="not wrapped by this host key"):
        async with opened(home, key_file=old):
            pass


@pytest.mark.few(2)
@pytest.mark.parametrize("point", POINTS)
async def test_a_rotation_that_died_is_finished_by_another_run(
    home: Path, die_at: Die, point: str
) -> None:
    die_at(point)
    with pytest.raises(Died):
        rotated(home)
    if point != "in_place":
        done = rotated(home)
        assert done == Rotated(Rewrapped(2, BATCH - 1), was_interrupted=point != "key_made")
    assert not (home / NEXT_HOST_KEY).exists()
    async with opened(home) as log:
        assert (await log.read(1, 1))[0].event == renamed("one")
        assert log.unrecorded_rotation == Rewrapped(2, BATCH - 1)


async def test_keys_that_did_not_change_over_are_opened_by_the_old_key(
    home: Path, die_at: Die
) -> None:
    die_at("key_made")
    with pytest.raises(Died):
        rotated(home)
    async with opened(home) as log:
        assert (await log.read(1, 1))[0].event == renamed("one")
    assert rotated(home).done.wrapping == 2


@pytest.mark.parametrize("point", ["changed_over", "sealed"])
async def test_a_host_on_a_half_rotated_home_is_refused_with_the_command_that_finishes_it(
    home: Path, die_at: Die, point: str
) -> None:
    die_at(point)
    with pytest.raises(Died):
        rotated(home)
    with pytest.raises(StoreMismatch, match="finish an interrupted rotation with"):
        async with opened(home):
            pass


async def test_each_rotation_has_the_next_number_and_is_recorded_in_the_log_once(
    home: Path,
) -> None:
    async with opened(home) as log:
        assert log.unrecorded_rotation is None
    assert [rotated(home).done.wrapping for _ in range(3)] == [2, 3, 4]
    async with opened(home) as log:
        assert log.unrecorded_rotation == Rewrapped(4, BATCH - 1)
        await log.note_rotation_recorded()
        assert log.unrecorded_rotation is None
    async with opened(home) as log:
        assert log.unrecorded_rotation is None


async def test_keys_change_over_all_together_or_not_at_all(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = wrapped(home)
    monkeypatch.setattr(
        "threadhost.events.store.sqlite.keys.RING_AGAIN", "UPDATE rings SET a = ?, b = ?"
    )
    with pytest.raises(StoreMismatch, match="no such table: rings"):
        rotated(home)
    assert wrapped(home) == before
    monkeypatch.undo()
    assert rotated(home).done == Rewrapped(2, BATCH - 1)


async def test_a_key_that_cannot_be_opened_stays_unchanged_in_a_rotation(home: Path) -> None:
    with closing(sqlite3.connect(home / "keys.db")) as keys, keys:
        keys.execute("UPDATE keys SET wrapped = x'00' WHERE id = 1")
    assert rotated(home).done == Rewrapped(2, BATCH - 2, 1)
    assert wrapped(home)[1] == (1, b"\0")
    async with opened(home) as log:
        assert log.unrecorded_rotation == Rewrapped(2, BATCH - 2, 1)
        assert isinstance((await log.read(1, 1))[0].event, Damaged)


async def test_a_home_that_was_changed_without_a_host_is_not_sealed_again(home: Path) -> None:
    with closing(connected(home / "threadhost.db")) as log, log:
        log.execute("UPDATE events SET principal = 'somebody' WHERE position = 1")
    with pytest.raises(StoreMismatch, match="was written while no host ran"):
        rotated(home)
    assert {by for by, _ in wrapped(home).values()} == {1}


async def test_a_rotation_refuses_an_invalid_seal(home: Path, die_at: Die) -> None:
    die_at("changed_over")
    with pytest.raises(Died):
        rotated(home)
    with closing(connected(home / "threadhost.db")) as log, log:
        log.execute("UPDATE sealed_end SET seal = zeroblob(32)")
    with pytest.raises(StoreMismatch, match="is not valid"):
        rotated(home)


async def test_keys_outside_the_home_are_named_and_neither_is_touched(
    home: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    (home / HOST_KEY).rename(first)
    files = KeyFiles(first, second)
    old = first.read_text()
    assert rotate(home, files).done.wrapping == 2
    assert first.read_text() == old
    async with opened(home, key_file=second) as log:
        assert (await log.read(1, 1))[0].event == renamed("one")
        await log.note_rotation_recorded()
    with pytest.raises(StoreMismatch, match="second already; use that"):
        rotate(home, files)


async def test_the_key_in_use_is_refused_as_the_new_key(home: Path) -> None:
    (home / NEXT_HOST_KEY).write_text((home / HOST_KEY).read_text())
    with pytest.raises(StoreMismatch, match="holds the key that is in use"):
        rotated(home)
