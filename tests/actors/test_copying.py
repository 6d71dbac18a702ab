"""Copying a long thread: a slice is read beside the write of another, and what if either fails."""

import asyncio
import errno
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.actors.test_fork import forked
from tests.actors.test_long_forks import TURNS, Held, in_slices, lines_of, talked
from tests.support.hosts import ORIGIN, POLICY, Rig, message, open_rig, settle, within
from tests.support.log_database import editable
from tests.support.store import META, database_of
from threadhost.actors.errors import ShuttingDown
from threadhost.actors.lifecycle import Unfinished
from threadhost.actors.revert import RevertThread
from threadhost.actors.runtime import copying, deletion, deletions, forking
from threadhost.actors.runtime.actor import ActorFailed
from threadhost.events import failpoints
from threadhost.events.fork import ThreadCopied
from threadhost.events.ids import thread_stream
from threadhost.events.store.blobs import INLINE_BYTES_MAX, Blobs
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreUnavailable, WrongExpectedVersion
from threadhost.events.store.faults import NO_SPACE
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadDeleted, ThreadRenamed
from threadhost.events.tree import TreeDeletionPlanned
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections.threads import unfinished_copies
from threadhost.projections.tree import unfinished_deletions

__all__ = ("in_slices",)


async def test_a_copy_reads_the_next_slice_while_it_writes_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slices, read_beside = count(1), Event()
    append, seal = Log.append_copies, Log.copies

    async def append_beside(log: Log, request: Any) -> Any:
        assert await asyncio.to_thread(read_beside.wait, 5)
        return await append(log, request)

    def sealed(log: Log, *args: Any) -> Any:
        if next(slices) > 1:
            read_beside.set()
        return seal(log, *args)

    async with open_rig(tmp_path) as rig:
        source = await talked(rig, 3)
        monkeypatch.setattr(Log, "append_copies", append_beside)
        monkeypatch.setattr(Log, "copies", sealed)
        fork = await forked(rig, source)
        assert await lines_of(rig, fork) == await lines_of(rig, source)


@pytest.mark.slices
async def test_a_copy_beside_other_appends_reads_a_slice_only_after_the_last_one_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_writing, sealed_beside = Event(), list[bool]()
    append, seal = Log.append_copies, Log.copies

    async def append_late(log: Log, request: Any) -> Any:
        is_writing.set()
        await asyncio.sleep(0.02)  # a slice of a few events is read in less
        await log.append(StreamAppend(thread_stream(other), [ThreadRenamed(name="n")]), meta=META)
        appended = await append(log, request)
        is_writing.clear()
        return appended

    def sealed(log: Log, *args: Any) -> Any:
        sealed_beside.append(is_writing.is_set())
        return seal(log, *args)

    async with open_rig(tmp_path) as rig:
        source, other = await talked(rig), await rig.start()
        monkeypatch.setattr(Log, "append_copies", append_late)
        monkeypatch.setattr(Log, "copies", sealed)
        await forked(rig, source)
    assert len(sealed_beside) > TURNS
    assert not any(sealed_beside[2:])  # the second was read before anybody was seen


async def test_a_copy_reads_hardly_more_events_than_fit_into_its_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = list[int]()
    bodies_of_stream = Log.bodies_of_stream

    async def read(log: Log, *args: Any) -> Any:
        rows = await bodies_of_stream(log, *args)
        reads.append(len(rows))
        return rows

    async with open_rig(tmp_path) as rig:
        source = await talked(rig)
        monkeypatch.setattr(Log, "bodies_of_stream", read)
        await forked(rig, source)
        assert len(reads) > TURNS
        assert sum(reads[1:]) < 3 * len(rig.events(source))


ROWS = [
    "version = version + 0.5",
    "type = 5",
    "type = x'00'",
    "key_id = 'x'",
    "payload = 5",
    "digest = 7",
    "blob = x'00'",
    "blob = 'x'",
    "decision = 'x'",
    "recorded_at_ms = 'x'",
    "recorded_at_ms = -1",
    "principal = x'00'",
    "correlation_id = x'00'",
    "causation_id = x'00'",
    "chain = 7",
]


@pytest.mark.few(3)
@pytest.mark.parametrize("change", ROWS)
async def test_a_tampered_row_is_omitted_by_a_long_fork_exactly_as_by_a_short_one(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BESIDE_EVENTS_MIN", "SLICE_EVENTS"):
        monkeypatch.setattr(copying, name, 1)
    where = f"UPDATE events SET {change} WHERE stream = ? AND version = 14"
    async with open_rig(tmp_path) as rig:
        source, lost = await talked(rig, 3), list[int]()
        editable(database_of(rig.logs.durable).writer)
        await rig.logs.durable.transact(lambda tx: tx.run(where, (thread_stream(source),)))
        for at_once_max in (0, 400):
            monkeypatch.setattr(forking, "AT_ONCE_EVENTS_MAX", at_once_max)
            taken = await rig.host.threads.inheritance(source)
            fork = await forked(rig, source, taken=taken)
            assert await lines_of(rig, fork) == await lines_of(rig, source)
            lost.append(taken.damages.count)
        is_read = change.startswith(("digest", "chain"))  # a seal has no need of either
        assert lost == [not is_read] * 2


@pytest.mark.parametrize("at_once_max", [0, 400])
async def test_a_fork_omits_the_unreadable_events_of_its_source_and_no_others(
    at_once_max: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forking, "AT_ONCE_EVENTS_MAX", at_once_max)
    change = "UPDATE events SET payload = x'00' WHERE type = ?"
    async with open_rig(tmp_path) as rig:
        source = await talked(rig, 3)
        turns = [event.turn_id for event in rig.events(source) if event.kind == TurnStarted.kind]
        await rig.host.threads.ask(source, RevertThread(before_turn_id=turns[2]), ORIGIN)
        editable(database_of(rig.logs.durable).writer)
        await rig.logs.durable.transact(lambda tx: tx.run(change, (ItemRecorded.kind,)))
        for last, lost in ((turns[0], 2), (None, 4)):
            taken = await rig.host.threads.inheritance(source, last)
            await forked(rig, source, taken=taken)
            assert taken.damages.count == lost


async def test_a_copy_of_an_unreadable_source_is_deleted_after_its_last_write_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slices, is_writing, appended_beside = count(1), Event(), list[bool]()
    append, append_copies, seal = Log.append, Log.append_copies, Log.copies

    async def append_late(log: Log, request: Any) -> Any:
        is_writing.set()
        await asyncio.sleep(0.1)
        is_writing.clear()
        return await append_copies(log, request)

    def sealed(log: Log, *args: Any) -> Any:
        if next(slices) > 1:
            assert is_writing.wait(5)
            raise StoreUnavailable("it cannot be read")
        return seal(log, *args)

    async def appended(log: Log, *args: Any, **named: Any) -> Any:
        appended_beside.append(is_writing.is_set())
        return await append(log, *args, **named)

    async with open_rig(tmp_path) as rig:
        source = await talked(rig, 3)
        patches = ("append_copies", append_late), ("copies", sealed), ("append", appended)
        for name, patched in patches:
            monkeypatch.setattr(Log, name, patched)
        with pytest.raises(StoreUnavailable):
            await forked(rig, source)
        assert len(appended_beside) > 1  # it was begun, and then cleared away
        assert not any(appended_beside)
        assert await unfinished_copies(rig.logs.durable.reads) == []


@pytest.mark.parametrize("at_once_max", [0, 400])
async def test_a_fork_with_the_id_of_another_thread_is_refused_and_leaves_that_thread_unchanged(
    at_once_max: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forking, "AT_ONCE_EVENTS_MAX", at_once_max)
    async with open_rig(tmp_path) as rig:
        source, other = await talked(rig, 3), await talked(rig, 2)
        before = rig.events(other), await lines_of(rig, other)
        with pytest.raises(WrongExpectedVersion, match=thread_stream(other)):
            await forked(rig, source, fork_id=other)
        assert (rig.events(other), await lines_of(rig, other)) == before
        assert rig.host.threads.loaded(other)


def full() -> None:
    raise StoreUnavailable("no space")


async def incomplete_fork(rig: Rig, source: str) -> str:
    """A fork that failed for want of space after a slice, and could not be deleted for it."""
    failpoints.arm("fork.slice_copied", lambda: failpoints.arm("store.begin", full))
    with pytest.raises(StoreUnavailable, match="no space"):
        await forked(rig, source)
    (left,) = await unfinished_copies(rig.logs.durable.reads)
    return left


@pytest.mark.slices
async def test_a_deletion_receipt_covers_a_failed_copy_that_the_store_had_kept(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        source = await talked(rig, 3)
        await incomplete_fork(rig, source)
        failpoints.disarm()
        receipt = await rig.host.trees.delete(source, ORIGIN)
        reads = rig.logs.durable.reads
        assert (receipt.threads, receipt.surviving_forks) == (1, [])
        assert await reads.rows("SELECT id FROM threads") == []
        assert await reads.rows("SELECT thread_id FROM items") == []


@pytest.mark.slices
async def test_a_start_without_disk_space_deletes_an_unfinished_copy_once_there_is_space(
    tmp_path: Path,
) -> None:
    at_once = POLICY._replace(shutdown_deadline_ms=1)  # nothing can be recorded any more
    async with open_rig(tmp_path, behaviour=at_once) as rig:
        left = await incomplete_fork(rig, await talked(rig, 3))
    failpoints.disarm()
    async with open_rig(tmp_path) as rig:
        failpoints.arm("store.begin", full)
        await rig.host.life.resume(Unfinished(copies=[left]), "test")
        assert await unfinished_copies(rig.logs.durable.reads) == [left]
        failpoints.disarm()
        await rig.published("tree.deletion_completed.v1")
        assert await unfinished_copies(rig.logs.durable.reads) == []


@pytest.mark.slices
async def test_an_unfinished_copy_is_deleted_though_the_actor_for_it_failed_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete, asked = deletions.Deletions.delete, count(1)

    async def fails_twice(self: deletions.Deletions, *args: Any) -> Any:
        if next(asked) <= 2:
            raise ActorFailed("it was stopped")
        return await delete(self, *args)

    async with open_rig(tmp_path) as rig:
        source = await talked(rig, 3)
        monkeypatch.setattr(deletions.Deletions, "delete", fails_twice)
        left = await incomplete_fork(rig, source)
        failpoints.disarm()
        await rig.published("tree.deletion_completed.v1")
        assert [event.thread_id for event in rig.published_events(ThreadDeleted.kind)] == [left]


async def test_a_start_deletes_an_unfinished_copy_before_it_resumes_the_deletion_of_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = POLICY._replace(shutdown_deadline_ms=1)
    monkeypatch.setattr(deletions, "RETRY_S", 60)
    monkeypatch.setattr(deletion, "RETRIES_BEFORE_STUCK", 1)
    async with open_rig(tmp_path, behaviour=at_once) as rig:
        source = await talked(rig, 3)
        left = await incomplete_fork(rig, source)
        failpoints.disarm()
        failpoints.arm("deletion.planned", lambda: failpoints.arm("store.begin", full))
        deleting = asyncio.create_task(rig.host.trees.delete(source, ORIGIN))
        await rig.published(TreeDeletionPlanned.kind)
    await asyncio.gather(deleting, return_exceptions=True)
    failpoints.disarm()
    async with open_rig(tmp_path) as rig:
        planned = await unfinished_deletions(rig.logs.durable.reads)
        assert planned
        await rig.host.life.resume(Unfinished(deletions=planned, copies=[left]), "test")
        assert [event.thread_id for event in rig.published_events(ThreadDeleted.kind)] == [
            left,
            source,
        ]


async def test_a_large_copy_without_disk_space_fails_with_the_usual_error_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object) -> str:
        raise OSError(errno.ENOSPC, "no space")

    async with open_rig(tmp_path) as rig:
        source = await talked(rig, 1)
        await rig.turn(source, "x" * INLINE_BYTES_MAX)
        (await rig.model.asked()).say(*message("yes")).end()
        await rig.published(TurnCompleted.kind, thread_stream(source))
        with monkeypatch.context() as patched:
            patched.setattr(Blobs, "write", write)
            with pytest.raises(StoreUnavailable, match=NO_SPACE):
                await forked(rig, source)
        assert await unfinished_copies(rig.logs.durable.reads) == []
        assert await lines_of(rig, await forked(rig, source)) == await lines_of(rig, source)


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_a_shutdown_does_not_wait_for_a_fork_and_leaves_no_part_of_it(
    *, ephemeral: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig(tmp_path) as rig:
        source, held = await talked(rig), Held(monkeypatch)
        forking_it = await held.forking(rig, source, ephemeral=ephemeral)
        draining = asyncio.create_task(rig.host.life.drain(ORIGIN))
        await settle()
        held.go.set()
        with pytest.raises(ShuttingDown):
            await within(forking_it)
        await within(draining)
        assert held.slices <= 2  # the one that stood still, and what was read meanwhile
        for log in (rig.logs.durable, rig.logs.ephemeral):
            assert await unfinished_copies(log.reads) == []
        assert not rig.published_events(ThreadCopied.kind)
