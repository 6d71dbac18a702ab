"""Files of a home: regular ones of this user, and still those that were opened."""

import asyncio
import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.support.store import META, OTHER, STREAM, WAIT_S, message, opened, started
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import HomeLocked, StoreFailed, StoreMismatch
from threadhost.events.store.files import Watch, create_private, require_own
from threadhost.events.store.host_key import load_host_key
from threadhost.events.store.lock import HomeLock, is_held
from threadhost.events.store.seal import End
from threadhost.events.store.sqlite.keys import KeyRing

ONE = StreamAppend(STREAM, [started()])
MORE = StreamAppend(OTHER, [started("b")])


def replace(path: Path) -> None:
    """Another file, with the same bytes, at the same path."""
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.rename(path)


@pytest.mark.parametrize("name", ["threadhost.db", "threadhost.db-wal", "threadhost.db-shm"])
@pytest.mark.parametrize("change", [Path.unlink, replace], ids=["removed", "replaced"])
async def test_an_append_to_files_that_were_removed_or_replaced_is_not_acknowledged(
    home: Path, name: str, change: "type[Path] | object"
) -> None:
    failures: list[StoreFailed] = []
    async with opened(home, on_failure=failures.append) as log:
        await log.append(ONE, meta=META)
        assert callable(change)
        change(home / name)
        for _ in range(3):
            with pytest.raises(StoreFailed, match=rf"{name} was re(mov|plac)ed while the host ran"):
                await log.append(MORE, meta=META)
        assert log.position == 1
    assert len(failures) == 1


@pytest.mark.parametrize("name", ["keys.db", "host.lock"])
async def test_an_idle_host_detects_replaced_files_by_its_check(home: Path, name: str) -> None:
    lock = HomeLock(home)
    lock.acquire({"pid": 1})
    failures: list[StoreFailed] = []
    async with opened(home, on_failure=failures.append) as log:
        await log.append(ONE, meta=META)
        await log.check_files()
        (home / name).unlink()
        with pytest.raises(StoreFailed, match=f"{name} was removed while the host ran"):
            await log.check_files()
        with pytest.raises(StoreFailed):
            await log.append(MORE, meta=META)
    assert len(failures) == 1
    lock.release()


async def test_a_home_that_is_moved_away_is_noticed(home: Path) -> None:
    async with opened(home) as log:
        await log.append(ONE, meta=META)
        shutil.move(home, home.with_name("elsewhere"))
        with pytest.raises(StoreFailed, match="was removed while the host ran"):
            await log.append(MORE, meta=META)


async def test_a_log_put_in_the_place_of_an_open_one_is_not_changed(
    home: Path, tmp_path: Path
) -> None:
    """SQLite removes the write-ahead log of a database that it closes: not one of another."""
    other = tmp_path / "other.db"
    async with opened(home) as log:
        await log.append(ONE, meta=META)
        (home / "threadhost.db").rename(tmp_path / "gone.db")
        for end in ("-wal", "-shm"):
            (home / f"threadhost.db{end}").unlink()
        restored = sqlite3.connect(other, isolation_level=None)
        restored.execute("PRAGMA journal_mode=WAL")
        restored.execute("CREATE TABLE t (x)")
        for end in ("", "-wal"):
            shutil.copy(f"{other}{end}", home / f"threadhost.db{end}")
        with pytest.raises(StoreFailed):
            await log.check_files()
    assert (home / "threadhost.db-wal").stat().st_size > 0
    restored.close()


async def test_a_write_ahead_log_that_alone_was_removed_is_not_lost(home: Path) -> None:
    async with opened(home) as log:
        await log.append(ONE, meta=META)
        (home / "threadhost.db-wal").unlink()
        with pytest.raises(StoreFailed, match="was removed"):
            await log.append(MORE, meta=META)
    async with opened(home) as log:
        assert log.shutdown_state.name == "UNCLEAN"
        assert (await log.read(0, 1))[0].event == started()


def test_a_change_just_after_a_check_is_detected_by_the_next(tmp_path: Path) -> None:
    """File systems date what is written in steps: two changes may bear one time."""
    (tmp_path / "a").write_text("")
    (tmp_path / "b").write_text("")
    watch = Watch(tmp_path, ["a"])
    for _ in range(3):
        assert watch.fault() is None
    written = tmp_path.stat()
    (tmp_path / "a").unlink()
    os.utime(tmp_path, ns=(written.st_atime_ns, written.st_mtime_ns))
    assert watch.fault() == f"{tmp_path / 'a'} was removed while the host ran"


def test_a_log_without_a_folder_needs_no_file_check() -> None:
    assert Watch().fault() is None


def test_a_second_host_is_refused_though_the_lock_file_is_removed(home: Path) -> None:
    first, second = HomeLock(home), HomeLock(home)
    first.acquire({"pid": 1})
    (home / "host.lock").unlink()
    assert is_held(home)
    with pytest.raises(HomeLocked, match="in use by another process"):
        second.acquire({"pid": 2})
    first.release()
    second.acquire({"pid": 2})
    second.release()


def test_where_folders_cannot_be_locked_the_file_is_enough(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    lock = fcntl.flock

    def not_for_folders(descriptor: int, how: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(9, "no locks here")
        lock(descriptor, how)

    monkeypatch.setattr("fcntl.flock", not_for_folders)
    first = HomeLock(home)
    first.acquire({"pid": 1})
    assert is_held(home)
    with pytest.raises(HomeLocked):
        HomeLock(home).acquire({"pid": 2})
    first.release()
    assert not is_held(home)


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path := tmp_path / "file").write_text("")
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    with pytest.raises(StoreMismatch, match=f"belongs to user {os.getuid()}; give it to this user"):
        require_own(path)


def test_an_existing_file_is_made_private_without_opening_it(tmp_path: Path) -> None:
    """To close it would take the locks from all connections that this process has to it."""
    (path := tmp_path / "file").write_text("kept")
    path.chmod(0o644)
    before = path.stat()
    identity = create_private(path)
    assert (identity.device, identity.inode) == (before.st_dev, before.st_ino)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == "kept"


async def test_a_host_that_closes_records_a_clean_shutdown_beside_its_keys(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [message()]), meta=META)
    async with opened(home) as log:
        assert log.shutdown_state.name == "CLEAN"
        keys = KeyRing(home / "keys.db", load_host_key(home), log.log_id, read_only=True)
        assert keys.recorded_end.end == End(
            log.position, await log.reads.link_at(log.position) or b""
        )
        keys.close()
        await asyncio.wait_for(log.record_end(), WAIT_S)
    (home / "threadhost.db").touch()
    async with opened(home) as log:
        assert log.shutdown_state.name == "CHANGED"


async def test_a_killed_host_leaves_an_unclean_log(home: Path, tmp_path: Path) -> None:
    async with opened(home) as log:
        await log.append(ONE, meta=META)
        shutil.copytree(home, tmp_path / "copy")
    async with opened(tmp_path / "copy") as log:
        assert log.shutdown_state.name == "UNCLEAN"
