"""Deletions against each other and against everything else that may happen at the same time."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.support.deletions import Family, announced, assert_gone, family, receipts
from tests.support.hosts import ORIGIN, Deaf, Rig, open_rig, settle, within
from threadhost.actors.errors import Refusal, ThreadBeingDeleted, ThreadNotFound
from threadhost.actors.host import HostPolicy
from threadhost.actors.runtime.tree_messages import TreeCommandEnvelope
from threadhost.actors.thread import RenameThread
from threadhost.actors.tree import CloseAgents
from threadhost.events import failpoints
from threadhost.events.ids import thread_stream
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.tree import TreeDeletionCompleted, TreeDeletionPlanned, TreeShutdownCompleted

pytestmark = pytest.mark.slices

STEPS = ["planned", "shut_down", "files_removed", "batch_buried", "buried", "keys_destroyed"]


class Gate:
    """Holds a deletion at its next step by holding what it asks the store for."""

    def __init__(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        destroy = rig.logs.durable.destroy_keys

        async def held(streams: Any) -> int:
            self.reached.set()
            await self.open.wait()
            return await destroy(streams)

        monkeypatch.setattr(rig.logs.durable, "destroy_keys", held)


def deleting(rig: Rig, root: str) -> "asyncio.Task[Any]":
    return asyncio.create_task(rig.host.trees.delete(root, ORIGIN))


async def test_two_concurrent_deletions_of_one_tree_share_one_receipt(rig: Rig) -> None:
    them = await family(rig)
    one, two = await within(asyncio.gather(deleting(rig, them.root), deleting(rig, them.root)))
    assert one == two
    assert announced(rig) == them.leaf_first
    assert receipts(rig, them.root) == [one]


async def test_a_deletion_of_a_child_joins_the_running_deletion_of_its_root(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    them = await family(rig)
    gate = Gate(rig, monkeypatch)
    whole = deleting(rig, them.root)
    await settle(3)
    part = deleting(rig, them.first)
    await within(gate.reached.wait())
    await settle()
    assert not whole.done()
    assert not part.done()
    gate.open.set()
    assert await within(whole) == await within(part)
    assert announced(rig) == them.leaf_first


async def test_a_deletion_of_a_parent_waits_for_that_of_its_child_and_deletes_the_rest(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    them = await family(rig)
    gate = Gate(rig, monkeypatch)
    part = deleting(rig, them.first)
    await within(gate.reached.wait())
    whole = deleting(rig, them.root)
    await settle()
    assert len(rig.published_events(TreeDeletionPlanned.kind)) == 1
    gate.open.set()
    assert ((await within(part)).threads, (await within(whole)).threads) == (3, 2)
    assert sorted(announced(rig)) == sorted(them.everyone)
    assert_gone(rig, them.everyone)


@pytest.mark.few(4)
@pytest.mark.parametrize("seed", range(4))
async def test_overlapping_deletions_announce_each_thread_once(rig: Rig, seed: int) -> None:
    them = await family(rig)
    roots = [them.everyone[(seed * k) % 5] for k in range(1, 5)] + [them.root]
    results = await within(
        asyncio.gather(*(deleting(rig, root) for root in roots), return_exceptions=True)
    )
    assert all(not isinstance(r, Exception) or isinstance(r, ThreadNotFound) for r in results)
    assert sorted(announced(rig)) == sorted(them.everyone)
    assert_gone(rig, them.everyone)


async def test_deletions_in_different_trees_or_branches_do_not_wait_for_each_other(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    them, apart = await family(rig), await rig.start()
    gate = Gate(rig, monkeypatch)
    waiting = deleting(rig, them.first)
    await within(gate.reached.wait())
    monkeypatch.undo()
    try:
        for fast in (apart, them.second):
            assert (await within(rig.host.trees.delete(fast, ORIGIN))).threads == 1
    finally:
        gate.open.set()
    await within(waiting)


@pytest.mark.few(6)
@pytest.mark.parametrize("turns", range(8))
async def test_a_child_spawned_meanwhile_is_deleted_along_or_refused(rig: Rig, turns: int) -> None:
    root = await rig.start()
    child = rig.ids.new()
    acts: list[Coroutine[Any, Any, Any]] = [
        rig.host.trees.delete(root, ORIGIN),
        rig.start(root, child),
    ]
    first, second = acts if turns % 2 else acts[::-1]
    started = [asyncio.ensure_future(first)]
    await settle(turns // 2)
    started.append(asyncio.ensure_future(second))
    await within(asyncio.gather(*started, return_exceptions=True))
    errors = [task.exception() for task in started if task.exception() is not None]
    assert all(isinstance(error, ThreadBeingDeleted | ThreadNotFound) for error in errors)
    spawned = await rig.logs.durable.stream_head(thread_stream(child)) is not None
    assert spawned == (not errors)
    assert_gone(rig, [root, child] if spawned else [root])
    assert list(rig.host.live.ids()) == []


@pytest.mark.parametrize("step", STEPS)
async def test_nothing_that_races_a_deletion_brings_a_thread_back(rig: Rig, step: str) -> None:
    them = await family(rig)
    await rig.turn(them.first)
    started: list[asyncio.Task[Any]] = []

    def race() -> None:
        failpoints.disarm()
        started.extend(
            asyncio.ensure_future(act) for t in them.everyone for act in acts_on(rig, them, t)
        )

    failpoints.arm(f"deletion.{step}", race)
    try:
        receipt = await within(rig.host.trees.delete(them.root, ORIGIN))
    finally:
        failpoints.disarm()
    outcomes = await within(asyncio.gather(*started, return_exceptions=True))
    assert all(isinstance(o, Refusal) for o in outcomes if isinstance(o, Exception))
    assert len(outcomes) == 30
    assert receipt.threads == 5
    assert_gone(rig, them.everyone)
    assert list(rig.host.live.ids()) == []
    assert announced(rig) == them.leaf_first


def acts_on(rig: Rig, them: Family, thread_id: str) -> list[Coroutine[Any, Any, Any]]:
    """Everything that may be asked of a thread but its deletion."""
    closing = TreeCommandEnvelope(CloseAgents(thread_id), ORIGIN, thread_id)
    return [
        rig.turn(thread_id),
        rig.host.threads.amend(thread_id, RenameThread("again"), ORIGIN),
        rig.host.live.activate(thread_id, "test"),
        rig.start(thread_id),
        rig.host.life.unload([thread_id], "race", ORIGIN),
        rig.host.trees.actors.tell(them.root, closing),
    ]


@pytest.mark.parametrize("turns", [1, 2, 4, 7])
async def test_a_deletion_goes_on_when_its_caller_is_cancelled(rig: Rig, turns: int) -> None:
    root = await rig.start()
    task = deleting(rig, root)
    await settle(turns)
    task.cancel()
    await rig.published(TreeDeletionCompleted.kind)
    assert_gone(rig, [root])


async def test_a_planned_deletion_that_was_dropped_is_carried_out_by_the_next_deletion(
    rig: Rig,
) -> None:
    them, deletions = await family(rig), rig.host.trees.deletions
    closing: list[asyncio.Task[None]] = []
    failpoints.arm(
        "deletion.planned", lambda: closing.append(asyncio.create_task(deletions.close()))
    )
    with pytest.raises(StoreUnavailable):
        await within(rig.host.trees.delete(them.first, ORIGIN))
    failpoints.disarm()
    receipt = await within(rig.host.trees.delete(them.root, ORIGIN))
    assert (receipt.threads, receipt.resumed) == (2, False)
    assert [receipt.resumed for receipt in receipts(rig, them.root)] == [True, False]
    assert_gone(rig, them.everyone)


async def test_a_model_that_ignores_cancellation_delays_a_deletion_by_one_deadline() -> None:
    model = Deaf()
    async with open_rig(model=model, behaviour=HostPolicy(shutdown_deadline_ms=60)) as rig:
        them = await family(rig)
        for thread_id in them.everyone:
            await rig.turn(thread_id)
        await settle()
        receipt = await within(rig.host.trees.delete(them.root, ORIGIN))
        assert receipt.threads == 5
        (shut_down,) = rig.published_events(TreeShutdownCompleted.kind)
        assert (shut_down.stopped, sorted(shut_down.timed_out)) == (0, sorted(them.everyone))
        model.let_go.set()
        await settle(50)
        assert_gone(rig, them.everyone)
        assert rig.live.heard == []
