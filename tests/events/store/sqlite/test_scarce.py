"""Too few open files, threads, bytes of memory or a slow disk: never a broken store."""

import asyncio
import errno
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.each import each
from tests.support.operator_lines import logged_line
from tests.support.scarce import files_no_larger_than, no_files_left, no_threads_left
from tests.support.store import (
    META,
    OTHER,
    STREAM,
    NoViews,
    database_of,
    message,
    now,
    opened,
    started,
)
from threadhost.events import failpoints
from threadhost.events.base import Damaged
from threadhost.events.store import writer
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import (
    OutOfResources,
    StoreFailed,
    StoreUnavailable,
)
from threadhost.events.store.faults import NO_GROWTH, NO_QUOTA, space_for
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite.faults import classify, shortage
from threadhost.events.store.sqlite.keys import BATCH

LARGE = StreamAppend(STREAM, [message("x" * 200_000)])
SMALL = StreamAppend(OTHER, [started("b")])


def driver(code: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorcode = getattr(sqlite3, code)
    return error


SCARCE = {
    "EMFILE": (OSError(errno.EMFILE, "x"), "out of open files"),
    "ENFILE": (OSError(errno.ENFILE, "x"), "out of open files"),
    "ENOMEM": (OSError(errno.ENOMEM, "x"), "out of memory"),
    "EAGAIN": (OSError(errno.EAGAIN, "x"), "out of threads"),
    "MemoryError": (MemoryError(), "out of memory"),
    "no thread": (RuntimeError("can't start new thread"), "out of threads"),
    "SQLITE_CANTOPEN": (driver("SQLITE_CANTOPEN"), "cannot be opened"),
    "SQLITE_CANTOPEN_FULLPATH": (driver("SQLITE_CANTOPEN_FULLPATH"), "cannot be opened"),
    "SQLITE_NOMEM": (driver("SQLITE_NOMEM"), "out of memory"),
}


@each("name", SCARCE)
def test_a_shortage_of_resources_is_a_later_retry_unless_a_write_may_have_happened(
    name: str,
) -> None:
    error, what = SCARCE[name]
    found = classify(error)
    assert isinstance(found, OutOfResources)
    assert str(found).endswith(f"{what}; nothing was changed, try again later")
    in_doubt = classify(error, in_doubt=True)
    assert isinstance(in_doubt, StoreFailed)
    assert what in str(in_doubt)


BROKEN = {
    "EIO": OSError(errno.EIO, "x"),
    "EROFS": OSError(errno.EROFS, "x"),
    **{c: driver(c) for c in ("SQLITE_IOERR", "SQLITE_IOERR_FSYNC", "SQLITE_CORRUPT")},
}


@each("name", BROKEN)
def test_an_error_other_than_a_shortage_is_a_broken_store(name: str) -> None:
    assert shortage(BROKEN[name]) is None
    assert isinstance(classify(BROKEN[name]), StoreFailed)


def test_a_database_that_is_read_only_is_named(tmp_path: Path) -> None:
    found = classify(driver("SQLITE_READONLY"), path=tmp_path / "log.db")
    assert isinstance(found, StoreFailed)
    assert str(found).startswith(f"{tmp_path}/log.db cannot be written; check its mode, its owner")


def test_a_full_disk_is_no_shortage_of_the_process() -> None:
    for error in (OSError(errno.ENOSPC, "x"), driver("SQLITE_FULL")):
        assert type(classify(error)) is StoreUnavailable
        assert shortage(error) is None


def test_a_quota_that_is_used_up_is_not_called_a_full_device(tmp_path: Path) -> None:
    error = OSError(errno.EDQUOT, "Disk quota exceeded")
    assert str(classify(error)) == NO_QUOTA
    with pytest.raises(StoreUnavailable, match=NO_QUOTA), space_for(tmp_path):
        raise error


def test_a_wal_index_without_space_is_reported_as_a_full_disk() -> None:
    found = classify(driver("SQLITE_IOERR_SHMSIZE"))
    assert isinstance(found, StoreUnavailable)
    assert str(found) == "no space is left on the device of the store"


LIMIT_BYTES = 400_000


async def test_a_file_size_limit_is_reported_and_appends_go_on_once_it_is_lifted(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(home) as log:
        middling = StreamAppend(STREAM, [message("x" * 30_000)])
        with files_no_larger_than(LIMIT_BYTES):
            with suppress(StoreUnavailable):
                while True:
                    await log.append(middling, meta=META)
            assert log.shortage == NO_GROWTH
            count = len(await log.read(0, 100))
        assert (await log.append(middling, meta=META)).recorded[0].position == count + 1
        assert not log.shortage
    assert logged_line(caplog, "store.full")["fault"] == NO_GROWTH


async def test_an_event_that_is_larger_than_a_file_may_be_is_refused(home: Path) -> None:
    async with opened(home) as log:
        with files_no_larger_than(LIMIT_BYTES // 4), pytest.raises(StoreUnavailable) as refused:
            await log.append(LARGE, meta=META)
        assert str(refused.value) == NO_GROWTH
        assert (await log.append(LARGE, meta=META)).recorded[0].position == 1


def test_another_error_of_the_program_is_no_shortage() -> None:
    assert shortage(RuntimeError("something else")) is None
    assert shortage(ValueError("can't start new thread")) is None


async def test_without_descriptors_a_large_event_is_refused_and_works_later(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
        with no_files_left():
            with pytest.raises(OutOfResources, match="nothing was changed, try again later"):
                await log.append(LARGE, meta=META)
            assert (await log.append(SMALL, meta=META)).recorded[0].position == 2
        assert (await log.append(LARGE, meta=META)).recorded[0].position == 3
        assert [fact.position for fact in await log.read(0, 10)] == [1, 2, 3]


@pytest.mark.parametrize("left", [1, 2])
async def test_with_few_descriptors_a_large_event_is_appended_whole_or_refused(
    home: Path, left: int
) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
        with no_files_left(left):
            outcome = (await asyncio.gather(log.append(LARGE, meta=META), return_exceptions=True))[
                0
            ]
        assert isinstance(outcome, OutOfResources) or await log.read(1, 1)
        count = len(await log.read(0, 10))
        await log.append(LARGE, meta=META)
        assert len(await log.read(0, 10)) == count + 1


async def test_without_descriptors_no_keys_are_made_and_none_is_lost(home: Path) -> None:
    async with opened(home) as log:
        for number in range(BATCH - 1):
            await log.append(StreamAppend(f"thread-{number}", [message()]), meta=META)
        refused = 0
        with no_files_left():
            for number in range(3):
                try:
                    await log.append(StreamAppend(f"thread-x{number}", [message()]), meta=META)
                except OutOfResources:
                    refused += 1
        assert refused
        for number in range(3):
            await log.append(StreamAppend(f"thread-y{number}", [message()]), meta=META)
        read = await log.read(0, 1000)
        assert len(read) == BATCH - 1 + 3 - refused + 3
        assert all(isinstance(fact.event, type(message())) for fact in read)


async def test_without_descriptors_a_new_reader_is_refused_and_reads_later(home: Path) -> None:
    async with opened(home) as log:
        await log.append(SMALL, meta=META)
        with no_files_left(), pytest.raises(OutOfResources):
            await asyncio.to_thread(lambda: now(log.read(0, 10)))
        assert len(await asyncio.to_thread(lambda: now(log.read(0, 10)))) == 1


async def test_a_blob_that_cannot_be_opened_for_now_is_not_damaged(home: Path) -> None:
    async with opened(home) as log:
        await log.append(LARGE, meta=META)
        with no_files_left(), pytest.raises(OutOfResources):
            await log.read(0, 10)
        assert len(await log.read(0, 10)) == 1
        for blob in (home / "blobs").rglob("*"):
            if blob.is_file():
                blob.unlink()
        [row] = await log.read(0, 10)
        assert isinstance(row.event, Damaged)


def fail_once(point: str, error: BaseException) -> None:
    """Let this be raised there, once."""

    def fail() -> None:
        failpoints.disarm()
        raise error

    failpoints.arm(point, fail)


@pytest.mark.parametrize("point", ["store.begin", "blob.written", "store.before_commit"])
@pytest.mark.parametrize("name", ["MemoryError", "SQLITE_CANTOPEN", "no thread"])
async def test_a_shortage_before_the_commit_changes_nothing(
    home: Path, point: str, name: str
) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
        fail_once(point, SCARCE[name][0])
        both = log.append(LARGE, meta=META), log.append(SMALL, meta=META)
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert any(isinstance(outcome, OutOfResources) for outcome in outcomes)
        assert (await log.append(LARGE, meta=META)).recorded
        positions = [fact.position for fact in await log.read(0, 10)]
        assert positions == list(range(1, len(positions) + 1))


class FailingCommit:
    """A connection whose commits fail."""

    def __init__(self, connection: sqlite3.Connection, error: Exception) -> None:
        self._connection, self._error = connection, error

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            raise self._error
        return self._connection.execute(sql, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.mark.parametrize("name", ["MemoryError", "SQLITE_CANTOPEN", "SQLITE_NOMEM"])
async def test_a_shortage_within_the_commit_leaves_its_outcome_unknown(
    home: Path, name: str
) -> None:
    failures: list[StoreFailed] = []
    log = Log.open(home, NoViews(), on_failure=failures.append)
    try:
        writer = database_of(log).writer
        database_of(log).writer = FailingCommit(writer, SCARCE[name][0])  # type: ignore[assignment]
        with pytest.raises(StoreFailed):
            await log.append(SMALL, meta=META)
        database_of(log).writer = writer
        assert len(failures) == 1
    finally:
        await log.close()


async def test_a_log_is_closed_without_a_thread_to_wait_for_its_writer(home: Path) -> None:
    log = Log.open(home, NoViews())
    waiting = [asyncio.ensure_future(log.append(SMALL, meta=META)) for _ in range(5)]
    await asyncio.sleep(0)
    with no_threads_left():
        await log.close()
    assert [(await append).recorded[0].position for append in waiting] == [1, 2, 3, 4, 5]


async def test_a_log_without_a_thread_for_its_writer_is_refused_with_the_reason(home: Path) -> None:
    with no_threads_left(), pytest.raises(OutOfResources, match="out of threads"):
        Log.open(home, NoViews())
    async with opened(home) as log:
        await log.append(SMALL, meta=META)


@pytest.mark.parametrize("left", range(12))
async def test_a_log_is_opened_with_few_descriptors_or_refused_with_the_reason(
    home: Path, left: int
) -> None:
    async with opened(home) as log:
        await log.append(LARGE, meta=META)
    with no_files_left(left), suppress(OutOfResources):
        await Log.open(home, NoViews()).close()
    async with opened(home) as log:
        assert len(await log.read(0, 10)) == 1


async def test_a_slow_disk_is_logged_once_until_a_commit_is_quick_again(
    home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home) as log:
        clock = iter((0, 3, 0, 4, 0, 1, 0, 5))  # before and after each commit
        monkeypatch.setattr(writer, "monotonic", clock.__next__)
        for _ in range(4):
            await log.append(StreamAppend(STREAM, [message()]), meta=META)
    assert logged_line(caplog, "store.slow")["seconds"] == 3
    assert [record.getMessage() for record in caplog.records] == [
        "the disk took 3 s for one commit",
        "the disk took 5 s for one commit",
    ]
