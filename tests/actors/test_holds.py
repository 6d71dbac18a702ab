"""Legal holds on threads of all kinds, over restarts, and against deletions under way."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.support.deletions import announced, assert_gone, assert_usable, close_edge, family
from tests.support.hosts import ORIGIN, Rig, open_rig, settle, within
from threadhost.actors.errors import Refusal, ThreadBeingDeleted, ThreadNotFound
from threadhost.actors.hold import HoldsNotKept, SetHold, ThreadHeld
from threadhost.actors.runtime.tree_messages import TreeCommandEnvelope
from threadhost.events import failpoints
from threadhost.events.hold import DeletionRefused, HoldReasoned, HoldSet
from threadhost.events.tree import TreeDeletionPlanned
from threadhost.projections.holds import holds_covering

STEPS = ["planned", "shut_down", "files_removed", "batch_buried", "buried", "keys_destroyed"]


def holding(rig: Rig, thread_id: str, scope: Any = "tree") -> Coroutine[Any, Any, None]:
    return rig.host.holds.set(thread_id, "m", scope, "because", ORIGIN)


async def refused(rig: Rig, thread_id: str) -> DeletionRefused:
    """Try to delete what is held; the event of that."""
    before = len(rig.published_events(DeletionRefused.kind))
    with pytest.raises(ThreadHeld, match=r"^thread is under legal hold: .* set by policy:test at "):
        await rig.host.trees.delete(thread_id, ORIGIN)
    (attempt,) = rig.published_events(DeletionRefused.kind)[before:]
    found: DeletionRefused = attempt
    return found


async def test_held_threads_stay_live_and_the_attempt_to_delete_them_is_recorded(rig: Rig) -> None:
    them = await family(rig)
    await holding(rig, them.first, "thread")
    assert (await refused(rig, them.root)).root_id == them.root
    assert sorted(rig.host.live.ids()) == sorted(them.everyone)
    assert rig.published_events(TreeDeletionPlanned.kind) == []
    assert announced(rig) == []
    assert_usable(rig, them.everyone)
    await rig.host.trees.delete(them.second, ORIGIN)
    assert_gone(rig, [them.second])


async def test_a_released_tree_is_deleted_with_its_reasons(rig: Rig) -> None:
    them = await family(rig)
    await holding(rig, them.root)
    await refused(rig, them.grandchildren[0])
    await rig.host.holds.release(them.root, "m", "settled", ORIGIN)
    await rig.host.trees.delete(them.root, ORIGIN)
    assert_gone(rig, them.everyone)
    assert not [event for event in rig.events(them.root) if isinstance(event, HoldReasoned)]
    assert await holds_covering(rig.logs.durable.reads, them.root) == []


async def test_stored_and_archived_threads_can_be_held_without_loading_them(rig: Rig) -> None:
    them = await family(rig)
    await rig.host.trees.archive(them.root, ORIGIN)
    await holding(rig, them.second)
    assert list(rig.host.live.ids()) == []
    await refused(rig, them.root)
    assert list(rig.host.live.ids()) == []


async def test_a_hold_still_counts_after_the_edge_of_its_thread_is_closed(rig: Rig) -> None:
    them = await family(rig)
    await holding(rig, them.first, "thread")
    await close_edge(rig, them.root, them.first)
    await refused(rig, them.root)


async def test_a_thread_in_memory_cannot_be_held(rig: Rig) -> None:
    thread_id = await rig.start(ephemeral=True)
    with pytest.raises(HoldsNotKept, match=r"^ephemeral thread does not support legal holds: "):
        await holding(rig, thread_id)


async def test_an_unknown_thread_cannot_be_held(rig: Rig) -> None:
    with pytest.raises(ThreadNotFound):
        await holding(rig, rig.ids.new())


async def test_a_hold_outlives_the_host(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        them = await family(rig)
        await holding(rig, them.first, "thread")
    async with open_rig(tmp_path) as rig:
        await refused(rig, them.root)
        await rig.host.trees.delete(them.second, ORIGIN)
        await rig.host.holds.release(them.first, "m", "over", ORIGIN)
        await rig.host.trees.delete(them.root, ORIGIN)
        assert_gone(rig, them.everyone)


@pytest.mark.few(1)
@pytest.mark.parametrize("turns", range(12))
async def test_of_a_concurrent_hold_and_deletion_exactly_one_succeeds(rig: Rig, turns: int) -> None:
    them = await family(rig)
    acts: list[Coroutine[Any, Any, Any]] = [
        rig.host.trees.delete(them.root, ORIGIN),
        holding(rig, them.first, "thread" if turns % 4 < 2 else "tree"),
    ]
    first, second = acts if turns % 2 else acts[::-1]
    started = [asyncio.ensure_future(first)]
    await settle(turns // 2)
    started.append(asyncio.ensure_future(second))
    outcomes = await within(asyncio.gather(*started, return_exceptions=True))
    deleted, held = outcomes if turns % 2 else outcomes[::-1]
    if isinstance(deleted, ThreadHeld):
        assert held is None
        assert_usable(rig, them.everyone)
        assert rig.published_events(TreeDeletionPlanned.kind) == []
    else:
        assert isinstance(held, ThreadBeingDeleted | ThreadNotFound)
        assert_gone(rig, them.everyone)
        assert rig.published_events(HoldSet.kind) == []


@pytest.mark.few(1)
@pytest.mark.parametrize("step", STEPS)
async def test_a_hold_is_refused_at_every_step_of_a_deletion(rig: Rig, step: str) -> None:
    them = await family(rig)
    started: list[asyncio.Task[None]] = []

    def race() -> None:
        failpoints.disarm()
        started.extend(asyncio.ensure_future(holding(rig, t)) for t in them.everyone)

    failpoints.arm(f"deletion.{step}", race)
    try:
        receipt = await within(rig.host.trees.delete(them.root, ORIGIN))
    finally:
        failpoints.disarm()
    outcomes = await within(asyncio.gather(*started, return_exceptions=True))
    assert all(isinstance(outcome, Refusal) for outcome in outcomes)
    assert receipt.threads == len(outcomes) == 5
    assert_gone(rig, them.everyone)
    assert rig.published_events(HoldSet.kind) == []


async def test_a_hold_queued_behind_a_whole_deletion_is_refused_as_not_found(rig: Rig) -> None:
    """The tree knows nothing of the thread any more: its own stream is asked."""
    root = await rig.start()
    await rig.host.trees.delete(root, ORIGIN)
    late = TreeCommandEnvelope(SetHold(root, "m", "thread"), ORIGIN, root)
    with pytest.raises(ThreadNotFound):
        await rig.host.trees.actors.tell(root, late)
    assert rig.published_events(HoldSet.kind) == []
