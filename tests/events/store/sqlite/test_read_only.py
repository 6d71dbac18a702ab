"""Looking at a home from outside: it reads, follows and decrypts, and never touches a file."""

import asyncio
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.support.store import (
    META,
    OTHER,
    STREAM,
    WAIT_S,
    message,
    opened,
    put_in_place,
    renamed,
    started,
)
from threadhost.events.base import Erased, Recorded
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.lock import HomeLock
from threadhost.events.store.sqlite.read_only import ReadOnlyLog
from threadhost.projections import all_views
from threadhost.projections.listing import thread_row

CRASHING_HOST = """
import asyncio, os, sys
from pathlib import Path
from tests.support.store import META, STREAM, message, started
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.projections import all_views
async def main():
    log = Log.open(Path(sys.argv[1]), all_views())
    await log.append(StreamAppend(STREAM, [started(), message("before the crash")]), meta=META)
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""


def state_of(home: Path) -> dict[str, bytes]:
    """All files; of the shared memory of readers only that it is there."""
    return {
        str(path.relative_to(home)): b"" if path.name.endswith("-shm") else path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def crash_a_host(home: Path) -> None:
    command = [sys.executable, "-c", CRASHING_HOST, str(home)]
    assert subprocess.run(command, check=False, timeout=WAIT_S).returncode == -9
    assert (home / "threadhost.db-wal").stat().st_size > 0


async def some_events(home: Path) -> list[Recorded]:
    async with opened(home, all_views()) as log:
        done = await log.append(
            StreamAppend(STREAM, [started(), renamed("x"), message("y" * 100_000)]), meta=META
        )
    return list(done.recorded)


async def test_an_idle_home_is_read_and_left_unchanged(home: Path) -> None:
    written = await some_events(home)
    before = state_of(home)
    log = ReadOnlyLog.open(home)
    assert await log.read(0, 10) == written
    assert await log.read_stream(STREAM, 1) == written[1:]
    assert await log.read_at([2]) == written[1:2]
    assert log.position == 3
    head = await log.stream_head(STREAM)
    assert head is not None
    assert head.version == 3
    row = await thread_row(log.reads, "a")
    assert row is not None
    assert row.name == "x"
    assert state_of(home) == before
    log.close()
    log.close()
    assert state_of(home) == before


async def test_a_home_in_use_by_a_host_is_read_as_it_grows(home: Path) -> None:
    lock = HomeLock(home)
    lock.acquire({"pid": 1})
    async with opened(home, all_views()) as log:
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
        before = state_of(home)
        reader = ReadOnlyLog.open(home)
        assert len(await reader.read(0, 10)) == 1
        assert state_of(home) == before
        await log.append(StreamAppend(STREAM, [renamed("x")]), meta=META)
        assert (await reader.read(1, 10))[0].event == renamed("x")
        reader.close()
        assert set(state_of(home)) == set(before)
    lock.release()


async def test_a_reader_does_not_keep_the_host_from_erasing(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), message()]), meta=META)
        reader = ReadOnlyLog.open(home)
        assert (await reader.read(1, 10))[0].event == message()
        await log.destroy_keys([STREAM])
        assert (await log.checkpoint()).is_whole
        assert (await reader.read(1, 10))[0].event == Erased(message().kind)
        reader.close()


@pytest.mark.slices
async def test_a_home_after_a_crash_is_read_without_repairing_it(home: Path) -> None:
    crash_a_host(home)
    before = state_of(home)
    reader = ReadOnlyLog.open(home)
    assert [fact.event for fact in await reader.read(0, 10)] == [
        started(),
        message("before the crash"),
    ]
    reader.close()
    assert state_of(home) == before


async def test_a_reader_lives_through_starts_and_stops_of_hosts(home: Path) -> None:
    await some_events(home)
    reader = ReadOnlyLog.open(home)
    assert reader.position == 3
    for expected in (4, 5):
        async with opened(home) as log:
            await log.append(StreamAppend(OTHER, [message()]), meta=META)
            assert reader.position == expected
        assert reader.position == expected
    reader.close()
    async with opened(home) as log:
        await log.append(StreamAppend(OTHER, [message()]), meta=META)
    fresh = ReadOnlyLog.open(home)
    assert fresh.position == 6
    fresh.close()


async def test_an_idle_reader_sees_the_events_of_a_host_that_started_and_stopped(
    home: Path,
) -> None:
    await some_events(home)
    reader = ReadOnlyLog.open(home)
    assert reader.position == 3
    async with opened(home) as log:
        await log.append(StreamAppend(OTHER, [message()]), meta=META)
    assert reader.position == 4
    reader.close()


@pytest.mark.parametrize("has_host", [False, True])
async def test_a_log_that_replaced_the_opened_one_is_not_read(
    home: Path, tmp_path: Path, *, has_host: bool
) -> None:
    """A host may have started on it meanwhile, so that its folder looks as it did."""
    await some_events(home)
    shutil.copytree(home, older := tmp_path / "older")
    async with opened(home):
        reader = ReadOnlyLog.open(home)
        assert reader.position == 3
    (older / "threadhost.db").replace(home / "threadhost.db")
    async with opened(home) if has_host else nullcontext():
        with pytest.raises(StoreMismatch, match="was replaced since it was opened"):
            await reader.read(0, 10)
    reader.close()


async def test_following_from_outside_sees_each_event_once(home: Path) -> None:
    async with opened(home) as log:
        reader = ReadOnlyLog.open(home)

        async def follow() -> list[int]:
            found: list[int] = []
            async for fact in reader.follow(0, poll_s=0.001):
                found.append(fact.position)
                if fact.position == 300:
                    break
            return found

        follower = asyncio.create_task(follow())
        for n in range(100):
            await log.append(StreamAppend(f"thread-{n}", [message()] * 3), meta=META)
        assert await asyncio.wait_for(follower, WAIT_S) == list(range(1, 301))
        reader.close()


@pytest.mark.slices
async def test_a_host_may_open_the_home_while_it_is_looked_at(home: Path) -> None:
    await some_events(home)
    reader = ReadOnlyLog.open(home)
    await reader.read(0, 10)
    async with opened(home) as log:
        assert (await log.checkpoint()).is_whole
    reader.close()


@pytest.mark.parametrize("size", [0, 3, 4096])
async def test_a_partial_index_left_by_a_full_disk_does_not_prevent_reading(
    home: Path, size: int
) -> None:
    written = await some_events(home)
    (home / "threadhost.db-wal").touch()
    (home / "threadhost.db-shm").write_bytes(bytes(size))
    reader = ReadOnlyLog.open(home)
    assert await reader.read(0, 10) == written
    assert (home / "threadhost.db-shm").stat().st_size == size
    reader.close()


@pytest.mark.parametrize("missing", ["threadhost.db", "keys.db", "host.key"])
async def test_a_missing_file_is_reported_and_not_created(home: Path, missing: str) -> None:
    await some_events(home)
    (home / missing).unlink()
    before = state_of(home)
    with pytest.raises(StoreMismatch, match=f"{missing} is missing"):
        ReadOnlyLog.open(home)
    assert state_of(home) == before


async def test_a_home_copy_without_the_wal_index_is_read_from_a_temporary_copy(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
        copy = tmp_path / "copy"
        shutil.copytree(home, copy)
    (copy / "threadhost.db-shm").unlink()
    before = state_of(copy)
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    reader = ReadOnlyLog.open(copy)
    assert [fact.event for fact in await reader.read(0, 10)] == [started()]
    reader.close()
    assert state_of(copy) == before
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ["threadhost.db", "keys.db", "host.key"])
@pytest.mark.parametrize("kind", ["a pipe", "a symbolic link", "a folder"])
async def test_only_regular_files_are_read(home: Path, name: str, kind: str) -> None:
    await some_events(home)
    put_in_place(home / name, kind)
    with pytest.raises(StoreMismatch, match=rf"{name} is {kind}; only a regular file is read"):
        ReadOnlyLog.open(home)


async def test_a_file_that_is_no_log_is_refused(home: Path) -> None:
    await some_events(home)
    (home / "threadhost.db").write_bytes(b"something else entirely, long enough to be read" * 99)
    with pytest.raises(StoreMismatch, match="cannot be read"):
        ReadOnlyLog.open(home)


async def test_a_database_that_is_no_log_is_refused(home: Path) -> None:
    await some_events(home)
    (home / "threadhost.db").write_bytes((home / "keys.db").read_bytes())
    with pytest.raises(StoreMismatch, match="cannot be read"):
        ReadOnlyLog.open(home)
