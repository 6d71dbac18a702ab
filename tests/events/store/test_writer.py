"""The writer in trouble: too much to do, no space, a failing disk, and the end."""

import asyncio
import errno
import logging
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from itertools import count
from pathlib import Path

import pytest

from tests.support.log_database import connected
from tests.support.operator_lines import logged_line
from tests.support.store import (
    META,
    OTHER,
    STREAM,
    WAIT_S,
    Gate,
    NoViews,
    database_of,
    message,
    now,
    opened,
    started,
)
from threadhost.events import failpoints
from threadhost.events.store import writer
from threadhost.events.store.committer import Appended, StreamAppend
from threadhost.events.store.errors import (
    StoreError,
    StoreFailed,
    StoreOverloaded,
    StoreUnavailable,
    WrongExpectedVersion,
)
from threadhost.events.store.faults import NO_SPACE
from threadhost.events.store.log import Log
from threadhost.events.store.port import Tx
from threadhost.events.store.recorder import Opened
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.engine import SqliteEngine
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.recorder import SqlRecorder

START = StreamAppend(STREAM, [started()])


def failing(error: BaseException) -> Callable[[], None]:
    """A failpoint's hook that fails each time."""

    def fail() -> None:
        raise error

    return fail


def disk(code: str) -> sqlite3.OperationalError:
    """An error as SQLite reports it."""
    error = sqlite3.OperationalError(f"made up: {code}")
    error.sqlite_errorcode = getattr(sqlite3, code)
    return error


async def test_past_its_bytes_the_writer_is_overloaded_and_recovers(tmp_path: Path) -> None:
    database = Database(tmp_path / "threadhost.db")
    recorder = SqlRecorder(database, "log")
    keys = KeyRing(tmp_path / "keys.db", bytes(32), recorder.log_id)
    log = Log(
        Opened(SqliteEngine(database), recorder, keys), None, NoViews(), queue_bytes_max=5_000
    )
    gate, append = Gate(), StreamAppend(STREAM, [message("x" * 1_500)])
    waiting = [asyncio.ensure_future(log.append(append, meta=META)) for _ in range(2)]
    await gate.closed()
    with pytest.raises(StoreOverloaded, match="bytes wait to be written"):
        await log.append(append, meta=META)
    gate.open()
    await asyncio.gather(*waiting)
    huge = StreamAppend(STREAM, [message("x" * 9_000)])
    assert (await log.append(huge, meta=META)).recorded[0].position == 3
    await log.close()


@pytest.mark.parametrize(("step_s", "sizes"), [(0, [1, 32, 32, 32, 4]), (0.1, [1, 100])])
async def test_a_commit_takes_as_many_appends_as_the_loop_can_handle_while_the_disk_works(
    home: Path, monkeypatch: pytest.MonkeyPatch, step_s: float, sizes: list[int]
) -> None:
    steps = count()
    monkeypatch.setattr(writer, "monotonic", lambda: next(steps) * step_s)
    async with opened(home) as log:
        commits: list[int] = []
        log.feed.listen(lambda facts: commits.append(len(facts)))
        gate, append = Gate(), StreamAppend(STREAM, [message()])
        first = asyncio.ensure_future(log.append(append, meta=META))
        await gate.closed()
        waiting = [asyncio.ensure_future(log.append(append, meta=META)) for _ in range(100)]
        await asyncio.sleep(0)
        gate.open()
        await asyncio.gather(first, *waiting)
        assert commits == sizes


async def test_an_append_whose_caller_was_cancelled_counts_until_it_is_written(home: Path) -> None:
    async with opened(home) as log:
        gate = Gate()
        append = asyncio.ensure_future(log.append(START, meta=META))
        await gate.closed()
        append.cancel()
        await asyncio.wait([append])
        assert log.stats().queued_bytes > 0
        gate.open()
        await log.append(StreamAppend(OTHER, [started("b")]), meta=META)
        assert log.stats().queued_bytes == 0
        assert [fact.stream for fact in await log.read(0, 10)] == [STREAM, OTHER]


async def test_a_closed_log_refuses_appends_and_can_be_closed_again(home: Path) -> None:
    log = Log.open(home, NoViews())
    waiting = [asyncio.ensure_future(log.append(START, meta=META)) for _ in range(5)]
    await asyncio.sleep(0)
    await asyncio.gather(log.close(), log.close())
    assert [(await append).recorded[0].position for append in waiting] == [1, 2, 3, 4, 5]
    for refused in (log.append(START, meta=META), log.checkpoint()):
        with pytest.raises(StoreUnavailable, match="the log is closed"):
            await refused
    with pytest.raises(StoreUnavailable, match="the log is closed"):
        await log.read(0, 10)
    await log.close()


async def test_closing_waits_for_what_is_being_written(home: Path) -> None:
    log = Log.open(home, NoViews())
    gate = Gate()
    append = asyncio.ensure_future(log.append(StreamAppend(STREAM, [message()]), meta=META))
    await gate.closed()
    closings = [asyncio.ensure_future(log.close()) for _ in range(2)]
    assert not (await asyncio.wait(closings, timeout=0.05))[0]
    gate.open()
    await asyncio.gather(*closings)
    assert (await append).recorded[0].position == 1


async def test_closing_waits_for_reads_on_other_threads(home: Path) -> None:
    log = Log.open(home, NoViews())
    await log.append(StreamAppend(STREAM, [message(str(n)) for n in range(500)]), meta=META)
    reading = threading.Barrier(4, timeout=WAIT_S)

    def read_on_and_on() -> str:
        now(log.read(0, 10))
        reading.wait()
        while True:
            try:
                assert len(now(log.read(0, 500))) == 500
            except StoreUnavailable as closed:
                return str(closed)

    readers = [asyncio.create_task(asyncio.to_thread(read_on_and_on)) for _ in range(3)]
    await asyncio.to_thread(reading.wait)
    await log.close()
    assert await asyncio.gather(*readers) == ["the log is closed"] * 3


async def test_a_read_within_a_read_does_not_deadlock(log: Log) -> None:
    await log.append(START, meta=META)
    with database_of(log).reading():
        assert len(await log.read(0, 10)) == 1


def test_a_loop_closed_with_appends_in_flight_does_not_block_the_next(home: Path) -> None:
    async def abandon() -> Log:
        log = Log.open(home, NoViews())
        gate = Gate()
        append = asyncio.ensure_future(log.append(START, meta=META))
        await gate.closed()
        append.cancel()
        gate.open()
        return log

    log = asyncio.run(abandon())
    asyncio.run(log.close())

    async def look() -> int:
        async with opened(home) as log:
            return log.position

    assert asyncio.run(look()) == 1


async def test_a_full_disk_is_reported_and_reads_go_on_until_there_is_space(home: Path) -> None:
    async with opened(home) as log:
        await log.append(START, meta=META)
        limit = await log.transact(limit_pages)
        big = StreamAppend(STREAM, [message("x" * 60_000)])
        outcomes = [await outcome(log.append(big, meta=META)) for _ in range(20)]
        assert outcomes[0] == "Appended"
        assert outcomes[-1] == "no space is left on the device of the store"
        with pytest.raises(StoreUnavailable, match="no space is left"):
            await asyncio.gather(*(log.append(big, meta=META) for _ in range(3)))
        before = await log.read(0, 100)
        assert before[0].event == started()
        await log.transact(lambda tx: tx.run(f"PRAGMA max_page_count={limit * 100}"))
        done = await log.append(big, meta=META)
        assert done.recorded[0].position == len(before) + 1
        assert done.recorded[0].version == len(before) + 1


async def outcome(append: Coroutine[object, object, Appended]) -> str:
    try:
        return type(await append).__name__
    except StoreUnavailable as refusal:
        return str(refusal)


def limit_pages(tx: Tx) -> int:
    """Let the database grow by twenty pages; returns how many it has."""
    count: int = tx.run("PRAGMA page_count")[0][0]
    tx.run(f"PRAGMA max_page_count={count + 20}")
    return count


async def test_a_lock_of_another_process_is_reported_as_unavailable(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home) as log:
        database_of(log).writer.execute("PRAGMA busy_timeout=10")
        other = connected(home / "threadhost.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked by another process"):
            await log.append(START, meta=META)
        other.execute("ROLLBACK")
        other.close()
        assert (await log.append(START, meta=META)).recorded[0].position == 1


IN_THE_WAY = [
    ("store.begin", disk("SQLITE_IOERR_WRITE")),
    ("store.before_commit", disk("SQLITE_IOERR_FSYNC")),
    ("store.before_commit", disk("SQLITE_CORRUPT")),
    ("store.before_commit", OSError(errno.EIO, "Input/output error")),
    ("store.committed", RuntimeError("a bug")),
    ("store.committed", SystemExit()),
]


@pytest.mark.few(2)
@pytest.mark.parametrize(("point", "error"), IN_THE_WAY, ids=lambda v: repr(v)[:40])
@pytest.mark.parametrize("at_once", [1, 3])
async def test_a_write_with_an_unknown_outcome_ends_all_writing(
    home: Path, point: str, error: BaseException, at_once: int
) -> None:
    failures: list[StoreFailed] = []
    async with opened(home, on_failure=failures.append) as log:
        await log.append(START, meta=META)
        failpoints.arm(point, failing(error))
        streams = [f"thread-{n}" for n in range(at_once)]
        appends = [log.append(StreamAppend(s, [started()]), meta=META) for s in streams]
        outcomes = await asyncio.gather(*appends, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {StoreFailed}
        failpoints.disarm()
        for refused in (log.append(START, meta=META), log.checkpoint()):
            with pytest.raises(StoreFailed):
                await refused
        assert (await log.read(0, 1))[0].event == started()
        assert len(failures) == 1
    async with opened(home) as log:
        assert (await log.append(START, meta=META)).recorded[0].version == 2


async def test_a_failing_task_of_the_writer_ends_all_writing_too(home: Path) -> None:
    failures: list[StoreFailed] = []
    async with opened(home, on_failure=failures.append) as log:

        def fail(_: object) -> None:
            raise disk("SQLITE_IOERR")

        with pytest.raises(StoreFailed):
            await log.transact(fail)
        with pytest.raises(StoreFailed):
            await log.append(START, meta=META)
        assert len(failures) == 1


async def test_a_task_that_fails_by_itself_does_not_end_writing(home: Path) -> None:
    async with opened(home) as log:
        with pytest.raises(ZeroDivisionError):
            await log.transact(lambda _: 1 // 0)
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await log.transact(lambda tx: tx.run("SELECT * FROM nowhere"))
        await log.append(START, meta=META)


async def test_a_transaction_that_failed_can_be_followed_by_another(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    for error in (disk("SQLITE_FULL"), OSError(errno.ENOSPC, "No space left on device")):
        failpoints.arm("store.before_commit", failing(error))
        for at_once in (1, 2):
            appends = [log.append(START, meta=META) for _ in range(at_once)]
            outcomes = await asyncio.gather(*appends, return_exceptions=True)
            assert {type(o) for o in outcomes} == {StoreUnavailable}
            assert log.shortage == NO_SPACE
        failpoints.disarm()
    done = await log.append(StreamAppend(STREAM, [started()], 0), meta=META)
    assert (done.recorded[0].position, log.shortage) == (1, "")
    assert logged_line(caplog, "store.full")["fault"] == NO_SPACE
    assert logged_line(caplog, "store.writes_again")
    assert caplog.text.count("the log cannot be written for now") == 1


async def test_the_end_of_a_shortage_is_detected_without_an_append(
    log: Log,
) -> None:
    failpoints.arm("store.before_commit", failing(disk("SQLITE_FULL")))
    with pytest.raises(StoreUnavailable):
        await log.append(START, meta=META)
    failpoints.disarm()
    await log.check_files()
    assert (log.shortage, log.position) == ("", 0)


async def test_a_failed_rollback_ends_all_writing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home) as log:
        monkeypatch.setattr(
            "threadhost.events.store.sqlite.database.rollback",
            lambda _: failing(disk("SQLITE_FULL"))(),
        )
        failpoints.arm("store.before_commit", failing(disk("SQLITE_FULL")))
        with pytest.raises(StoreFailed, match="could not be rolled back"):
            await log.append(START, meta=META)
        monkeypatch.undo()


async def test_a_failing_listener_does_not_block_the_append(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(home) as log:
        heard: list[int] = []
        log.feed.listen(lambda _: failing(ValueError("a bug"))())
        log.feed.listen(lambda facts: heard.extend(fact.position for fact in facts))
        with caplog.at_level(logging.CRITICAL + 1, "threadhost.store"):
            await asyncio.wait_for(log.append(START, meta=META), WAIT_S)
        assert heard == [1]


async def test_a_failing_failure_handler_does_not_block_the_append(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(home, on_failure=lambda _: failing(ValueError("a bug"))()) as log:
        failpoints.arm("store.begin", failing(disk("SQLITE_IOERR")))
        with pytest.raises(StoreFailed):
            await asyncio.wait_for(log.append(START, meta=META), WAIT_S)
    assert "made up: SQLITE_IOERR" in logged_line(caplog, "store.failed")["fault"]
    assert logged_line(caplog, "host.fault")["what"] == "returning an answer of the store"


async def test_appends_queued_behind_a_failure_are_refused_though_its_handler_fails(
    home: Path,
) -> None:
    async with opened(home, on_failure=lambda _: failing(ValueError("a bug"))()) as log:
        held = threading.Event()
        behind = asyncio.ensure_future(log.transact(lambda _: held.wait(WAIT_S)))
        append = asyncio.ensure_future(log.append(START, meta=META))
        task = asyncio.ensure_future(log.transact(lambda _: "done"))
        await asyncio.sleep(0)
        failpoints.arm("store.before_commit", failing(disk("SQLITE_IOERR")))
        held.set()
        assert await behind
        outcomes = await asyncio.wait_for(
            asyncio.gather(append, task, return_exceptions=True), WAIT_S
        )
        assert [type(outcome) for outcome in outcomes] == [StoreFailed, StoreFailed]


async def test_a_refusal_is_no_failure_of_the_store(log: Log) -> None:
    with pytest.raises(WrongExpectedVersion) as refused:
        await log.append(StreamAppend(STREAM, [started()], 3), meta=META)
    assert isinstance(refused.value, StoreError)
    await log.append(START, meta=META)
