"""What happens while somebody reads: whatever is decided on the read counts with it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.actors.test_fork import answered, forked
from tests.actors.test_forks_in_memory import left_of
from tests.support.deletions import assert_gone, family, receipts
from tests.support.hosts import ORIGIN, PuppetModel, Rig, open_rig, settle, within
from tests.support.yielding import pausing
from threadhost.actors.errors import DeletionHalted
from threadhost.actors.runtime.stored import Change, StoredThreads
from threadhost.actors.thread import RenameThread
from threadhost.events import failpoints
from threadhost.events.base import Damaged, Erased, Event, Gap, names_of
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.store.sqlite.read_only import ReadOnlyLog
from threadhost.events.thread import ThreadActivated, ThreadFailed, ThreadRenamed
from threadhost.events.tree import TreeDeletionPlanned

PLANS = names_of([TreeDeletionPlanned])


def of(stream: str) -> Any:
    """Whether a read is of this stream."""
    return lambda asked, *_args, **_kwargs: asked == stream


@asynccontextmanager
async def two_actor_requests(rig: Rig, root: str) -> AsyncIterator[tuple[asyncio.Task[Any], ...]]:
    """Two requests for the actor of a tree; the log is read, for the first, inside the block."""
    actors = rig.host.trees.actors
    with pausing(rig.logs.durable.reads, "heads") as pause:
        first = asyncio.create_task(actors.get(root))
        await within(pause.reached.wait())
        second = asyncio.create_task(actors.get(root))
        await asyncio.sleep(0)
        yield first, second
        pause.end()


async def test_concurrent_readers_of_a_tree_get_one_tree_actor() -> None:
    async with open_rig() as rig:
        async with two_actor_requests(rig, await rig.start()) as (first, second):
            pass
        assert await within(first) is await within(second)
        assert len(rig.host.trees.actors) == 1


async def test_a_task_that_waits_for_a_tree_loads_it_when_the_loading_task_is_cancelled() -> None:
    async with open_rig() as rig:
        root = await rig.start()
        async with two_actor_requests(rig, root) as (first, second):
            first.cancel()
            assert (await within(second)).session_id == root


async def test_a_deletion_that_ended_while_its_plan_was_read_is_not_carried_out_again() -> None:
    async with open_rig() as rig:
        them = await family(rig)
        deletions = rig.host.trees.deletions
        planned = rig.published(TreeDeletionPlanned.kind)
        deleting = asyncio.create_task(rig.host.trees.delete(them.root, ORIGIN))
        plan = (await planned).event
        assert isinstance(plan, TreeDeletionPlanned)
        reads = rig.logs.durable.reads
        with pausing(reads, "of_stream", lambda *_, kinds=(): kinds == PLANS) as pause:
            resuming = asyncio.create_task(deletions.resume(them.root, plan.deletion_id))
            await within(pause.reached.wait())
            receipt = await within(deleting)
            pause.end()
            await within(resuming)
        assert rig.host.stats().deletions == 0
        assert receipts(rig, them.root) == [receipt]
        assert_gone(rig, them.everyone)


async def test_a_child_spawned_in_memory_while_a_deletion_reads_its_tree_is_deleted_too(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        source = await answered(rig)
        fork = await forked(rig, source, ephemeral=True)
        with pausing(rig.logs.ephemeral.reads, "of_stream", of(tree_stream(fork))) as pause:
            deleting = asyncio.create_task(rig.host.trees.delete(source, ORIGIN))
            await within(pause.reached.wait())
            child = await within(rig.start(fork, ephemeral=True))
            pause.end()
            receipt = await within(deleting)
        assert (receipt.forks_in_memory, receipt.ephemeral) == ([fork], 2)
        assert left_of(rig, fork, child) == []


async def test_a_thread_that_is_activated_while_it_is_renamed_keeps_its_actor(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path, PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await rig.host.life.unload([thread_id], "test", ORIGIN)
        stream = thread_stream(thread_id)
        with pausing(rig.logs.durable.reads, "heads", lambda some: stream in some) as pause:
            renaming = asyncio.create_task(rename(rig, thread_id))
            await within(pause.reached.wait())
            await within(rig.host.threads.activate(thread_id, "test"))
            pause.end()
            await within(renaming)
        await within(rig.turn(thread_id))
        await rig.published("turn.completed.v1", stream)
        events = rig.events(thread_id)
        assert not any(isinstance(event, ThreadFailed) for event in events)
        assert sum(isinstance(event, ThreadActivated) for event in events) == 2


async def test_a_thread_renamed_between_its_activation_and_its_actor_keeps_its_new_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append, is_recorded, goes_on = StoredThreads.append, asyncio.Event(), asyncio.Event()

    async def append_slowly(threads: StoredThreads, change: Change, *more: Any) -> Any:
        appended = await append(threads, change, *more)
        if any(isinstance(event, ThreadActivated) for event in change.append.events):
            is_recorded.set()
            await goes_on.wait()
        return appended

    async with open_rig(model=PuppetModel("ok")) as rig:
        thread_id = await rig.start()
        await rig.host.life.unload([thread_id], "test", ORIGIN)
        settled = rig.host.live.settled

        async def settled_first(thread_ids: Sequence[str]) -> Any:
            """Look for activations, and see none: it begins behind that look."""
            found = await settled(thread_ids)
            if not is_recorded.is_set():
                activating.append(begin_activation())
                await within(is_recorded.wait())
            return found

        def begin_activation() -> "asyncio.Task[None]":
            return asyncio.create_task(rig.host.threads.activate(thread_id, "test"))

        activating: list[asyncio.Task[None]] = []
        monkeypatch.setattr(StoredThreads, "append", append_slowly)
        monkeypatch.setattr(rig.host.live, "settled", settled_first)
        renaming = asyncio.create_task(rename(rig, thread_id))
        await within(is_recorded.wait())
        await settle(100)
        goes_on.set()
        await within(asyncio.gather(renaming, *activating))
        await within(rig.turn(thread_id))
        await rig.published("turn.completed.v1", thread_stream(thread_id))
        assert not rig.published_events(ThreadFailed.kind)


async def rename(rig: Rig, thread_id: str) -> None:
    await rig.host.threads.amend(thread_id, RenameThread("renamed"), ORIGIN)


async def large(rig: Rig) -> tuple[str, Callable[[], list[Event | Gap]]]:
    """A thread with an event that lies in a file, and what opens all that is in the log by now."""
    thread_id = await rig.start()
    await rig.host.threads.ask(thread_id, RenameThread("x" * 100_000), ORIGIN)
    log = rig.logs.durable
    rows = await log.stored(0, 1000)
    return thread_id, lambda: [fact.event for fact in log.opened(rows)]


async def test_events_in_files_that_a_deletion_removed_read_as_erased_and_not_as_damaged(
    tmp_path: Path,
) -> None:
    seen: list[Event | Gap] = []
    async with open_rig(tmp_path) as rig:
        thread_id, opened = await large(rig)
        for step in ("files_removed", "batch_buried", "keys_destroyed"):
            failpoints.arm(f"deletion.{step}", lambda: seen.extend(opened()))
        await within(rig.host.trees.delete(thread_id, ORIGIN))
    assert not [event for event in seen if isinstance(event, Damaged)]
    assert seen.count(Erased(ThreadRenamed.kind)) == 3


async def test_events_in_files_removed_by_a_halted_deletion_read_as_damaged(
    tmp_path: Path,
) -> None:
    def fail() -> None:
        raise KeyError("a bug")

    async with open_rig(tmp_path) as rig:
        thread_id, opened = await large(rig)
        failpoints.arm("deletion.files_removed", fail)
        with pytest.raises(DeletionHalted):
            await within(rig.host.trees.delete(thread_id, ORIGIN))
        [damage] = [event for event in opened() if isinstance(event, Damaged)]
    assert "No such file or directory" in damage.reason


async def test_events_in_removed_files_read_as_erased_before_an_interrupted_deletion_resumes(
    tmp_path: Path,
) -> None:
    def die() -> None:
        raise asyncio.CancelledError

    async with open_rig(tmp_path) as rig:
        thread_id, _ = await large(rig)
        failpoints.arm("deletion.files_removed", die)
        with pytest.raises(StoreUnavailable):
            await within(rig.host.trees.delete(thread_id, ORIGIN))
    async with open_rig(tmp_path) as rig:
        log, only_read = rig.logs.durable, ReadOnlyLog.open(tmp_path)
        seen = [fact.event for at in (log, only_read) for fact in await at.read(0, 1000)]
        only_read.close()
        await rig.recover()
    assert not [event for event in seen if isinstance(event, Damaged)]
    assert seen.count(Erased(ThreadRenamed.kind)) == 2
