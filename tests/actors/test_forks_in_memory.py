"""Forks that live in memory alone hold the words of their source: they go with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.actors.test_fork import answered, forked
from tests.support.hosts import ORIGIN, SETTINGS, Rig, open_rig
from tests.support.store import now
from threadhost.actors.errors import NotForkable, ThreadBeingDeleted, ThreadNotFound
from threadhost.actors.fork import ForkThread
from threadhost.actors.thread import StartThread
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.store.errors import StoreOverloaded


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """A host with a home."""
    async with open_rig(tmp_path) as opened:
        yield opened


def left_of(rig: Rig, *thread_ids: str) -> list[str]:
    """Which of these are anywhere in memory."""
    memory = rig.logs.ephemeral
    streams = {name: (thread_stream(name), tree_stream(name)) for name in thread_ids}
    return [
        name
        for name, both in streams.items()
        if rig.host.threads.loaded(name)
        or rig.logs.is_ephemeral(name)
        or now(memory.stream_heads(both))
    ]


@pytest.mark.slices
async def test_forks_in_memory_are_in_the_preview_and_receipt_and_are_deleted_with_their_source(
    rig: Rig,
) -> None:
    source = await answered(rig)
    fork, other = await forked(rig, source, ephemeral=True), await answered(rig)
    unrelated = await forked(rig, other, ephemeral=True)
    plan = await rig.host.trees.preview(source)
    assert [(t.thread_id, t.ephemeral, t.forked_from_id) for t in plan.targets] == [
        (source, False, None),
        (fork, True, source),
    ]
    assert (plan.order, plan.surviving_forks) == ([fork, source], [])
    receipt = await rig.host.trees.delete(source, ORIGIN)
    assert (receipt.forks_in_memory, receipt.ephemeral, receipt.threads) == ([fork], 1, 1)
    assert left_of(rig, fork, unrelated) == [unrelated]
    with pytest.raises(ThreadNotFound):
        await rig.turn(fork, "go on")


async def test_forks_of_forks_in_memory_and_their_children_are_deleted_with_the_first_source(
    rig: Rig,
) -> None:
    root = await rig.start()
    source = await rig.start(root)
    fork = await forked(rig, source, ephemeral=True)
    below = await rig.start(fork, ephemeral=True)
    again = await forked(rig, below, ephemeral=True)
    twice = await forked(rig, again, ephemeral=True)
    order = (await rig.host.trees.preview(root)).order
    assert order == [twice, again, below, fork, source, root]
    receipt = await rig.host.trees.delete(root, ORIGIN)
    assert (receipt.threads, receipt.ephemeral) == (2, 4)
    assert left_of(rig, *order) == []


@pytest.mark.slices
async def test_a_fork_that_lasts_keeps_the_forks_of_itself(rig: Rig) -> None:
    source = await answered(rig)
    lasting = await forked(rig, source)
    fork = await forked(rig, lasting, ephemeral=True)
    assert (await rig.host.trees.delete(source, ORIGIN)).surviving_forks == [lasting]
    assert left_of(rig, fork) == [fork]
    assert (await rig.host.trees.delete(lasting, ORIGIN)).forks_in_memory == [fork]


async def test_a_fork_in_memory_that_was_unloaded_is_not_in_the_receipt(rig: Rig) -> None:
    source = await answered(rig)
    fork = await forked(rig, source, ephemeral=True)
    await rig.host.life.unload([fork], "idle", ORIGIN)
    assert rig.logs.forks_in_memory(source) == ()
    assert (await rig.host.trees.delete(source, ORIGIN)).forks_in_memory == []


@pytest.mark.slices
@pytest.mark.parametrize("is_again", [False, True], ids=["of the thread", "of its fork"])
async def test_a_fork_and_a_deletion_that_race_leave_no_words(is_again: bool) -> None:  # noqa: FBT001
    for delay in range(14):
        async with open_rig(None) as rig:
            root = await answered(rig)
            source = await forked(rig, root, ephemeral=True) if is_again else root
            taken = await rig.host.threads.inheritance(source)
            command = ForkThread(
                rig.ids.new(), SETTINGS, source_id=source, inherited=taken.events, ephemeral=True
            )
            deleting = asyncio.create_task(rig.host.trees.delete(root, ORIGIN))
            for _ in range(delay):
                await asyncio.sleep(0)
            with suppress(ThreadBeingDeleted, ThreadNotFound, NotForkable):
                await rig.host.threads.fork(command, ORIGIN)
            await deleting
            assert left_of(rig, command.thread_id, source) == [], delay


@pytest.mark.slices
async def test_no_race_leaves_a_child_below_a_fork_in_memory_of_a_deleted_thread() -> None:
    for delay in range(14):
        async with open_rig(None) as rig:
            root = await answered(rig)
            fork = await forked(rig, root, ephemeral=True)
            child = StartThread(rig.ids.new(), SETTINGS, parent_id=fork, ephemeral=True)
            deleting = asyncio.create_task(rig.host.trees.delete(root, ORIGIN))
            for _ in range(delay):
                await asyncio.sleep(0)
            with suppress(ThreadBeingDeleted, ThreadNotFound):
                await rig.host.threads.start(child, ORIGIN)
            await deleting
            assert left_of(rig, child.thread_id, fork) == [], delay


@pytest.mark.slices
async def test_a_deletion_plan_that_the_store_refuses_fences_no_fork(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await answered(rig)
    fork = await forked(rig, source, ephemeral=True)
    with monkeypatch.context() as full:

        async def refuse(*_: object, **__: object) -> None:
            raise StoreOverloaded("no room")

        full.setattr(rig.logs.durable, "append", refuse)
        with pytest.raises(StoreOverloaded):
            await rig.host.trees.delete(source, ORIGIN)
    assert not await rig.logs.is_fenced(fork)
    await rig.turn(fork, "go on")
