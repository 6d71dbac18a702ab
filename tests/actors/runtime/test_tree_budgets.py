"""Charges on their way to the root of a tree: gathered, and no work for anybody whom they skip."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.hosts import ORIGIN, PuppetModel, Rig, open_rig, settle
from threadhost.actors.errors import DeletionHalted
from threadhost.actors.goal import ClearGoal, SetGoal
from threadhost.actors.runtime import tree_charges
from threadhost.actors.runtime.passivation import Passivation
from threadhost.adapters.clock import SystemClock
from threadhost.events import failpoints
from threadhost.events.base import Meta
from threadhost.events.goal import GoalTreeCharged
from threadhost.events.goal_cover import GoalSpent
from threadhost.events.goal_state import TreeCover
from threadhost.events.store.committer import StreamAppend

META = Meta("test", "test", "test", 1)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """A host whose model always says the same."""
    async with open_rig(model=PuppetModel("hello")) as opened:
        yield opened


async def covering(rig: Rig) -> tuple[str, str]:
    """A root whose goal covers its tree, and that goal."""
    root_id = await rig.start()
    goal = SetGoal("g", 1, objective="count owls", status="paused", covers_tree=True)
    await rig.host.threads.amend(root_id, goal, ORIGIN)
    return root_id, "g"


async def spend(rig: Rig, root_id: str, goal_id: str, count: int) -> list[str]:
    """So many threads have spent a token each; nobody was told."""
    ids = [rig.ids.new() for _ in range(count)]
    spent = GoalSpent(goal_id=goal_id, root_id=root_id, request_version=1, tokens=1)
    appends = [StreamAppend(f"thread-{thread_id}", [spent], 0) for thread_id in ids]
    await rig.logs.durable.append(*appends, meta=META)
    return ids


def sizes(rig: Rig, root_id: str) -> list[int]:
    """Of each charge of a root, of how many threads it is."""
    charged = (one for one in rig.events(root_id) if isinstance(one, GoalTreeCharged))
    return [len(one.charges) for one in charged]


async def test_spending_during_the_append_of_a_charge_is_charged_in_one_more_append(
    rig: Rig,
) -> None:
    root_id, goal_id = await covering(rig)
    first, *others = await spend(rig, root_id, goal_id, 41)

    def more() -> None:
        for thread_id in others:
            rig.host.budgets.post(root_id, thread_id)

    failpoints.arm("goal.spent", more)
    rig.host.budgets.post(root_id, first)
    while sum(sizes(rig, root_id)) < 41:
        await settle()
    assert sizes(rig, root_id) == [1, 40]


async def test_a_charge_is_of_no_more_threads_than_are_read_in_a_step(rig: Rig) -> None:
    root_id, goal_id = await covering(rig)
    for thread_id in await spend(rig, root_id, goal_id, 130):
        rig.host.budgets.post(root_id, thread_id)
    while sum(sizes(rig, root_id)) < 130:
        await settle()
    assert sizes(rig, root_id) == [64, 64, 2]


async def test_a_repeated_charge_is_not_counted_twice(rig: Rig) -> None:
    root_id, goal_id = await covering(rig)
    [thread_id] = await spend(rig, root_id, goal_id, 1)
    for _ in range(3):
        rig.host.budgets.post(root_id, thread_id)
        await settle(50)
    assert sizes(rig, root_id) == [1]


async def test_spending_for_a_deleted_root_is_dropped(rig: Rig) -> None:
    root_id, goal_id = await covering(rig)
    [thread_id] = await spend(rig, root_id, goal_id, 1)
    await rig.host.trees.delete(root_id, ORIGIN)
    assert rig.host.budgets.of(root_id) is None
    rig.host.budgets.post(root_id, thread_id)
    await settle(50)
    assert sizes(rig, root_id) == []


async def test_goals_that_were_cleared_or_changed_after_a_start_read_them_are_not_loaded(
    rig: Rig,
) -> None:
    deleted, _ = await covering(rig)
    cleared, _ = await covering(rig)
    charged, _ = await covering(rig)
    left = await rig.start()
    read = {root_id: TreeCover("g", 0) for root_id in (deleted, cleared, charged, left)}
    await rig.host.trees.delete(deleted, ORIGIN)
    await rig.host.threads.amend(cleared, ClearGoal(1), ORIGIN)
    rig.host.budgets.set_cover(charged, TreeCover("g", 5))
    rig.host.resume_budgets(read, ())
    found = [rig.host.budgets.of(root_id) for root_id in read]
    assert found == [None, None, TreeCover("g", 5), TreeCover("g", 0)]


async def test_spending_for_a_root_under_deletion_is_not_charged_before_the_deletion_halted(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    root_id, goal_id = await covering(rig)
    [thread_id] = await spend(rig, root_id, goal_id, 1)
    charge, fenced = tree_charges.charge, list[bool]()

    async def noted(root_id: str, *more: Any) -> None:
        fenced.append(await rig.logs.is_fenced(root_id))
        await charge(root_id, *more)

    def refusing(of: str) -> int:
        raise PermissionError(1, of)

    monkeypatch.setattr(tree_charges, "charge", noted)
    monkeypatch.setattr(rig.logs.durable.files, "remove", refusing)
    failpoints.arm("deletion.planned", lambda: rig.host.budgets.post(root_id, thread_id))
    with pytest.raises(DeletionHalted):
        await rig.host.trees.delete(root_id, ORIGIN)
    while not sizes(rig, root_id):
        await settle()
    assert (sizes(rig, root_id), fenced) == ([1], [False])


async def test_a_root_that_is_stored_is_charged_and_stays_stored(rig: Rig) -> None:
    root_id, goal_id = await covering(rig)
    await rig.host.life.unload([root_id], "idle", ORIGIN)
    [thread_id] = await spend(rig, root_id, goal_id, 1)
    rig.host.budgets.post(root_id, thread_id)
    while not sizes(rig, root_id):
        await settle()
    assert rig.host.budgets.of(root_id) == TreeCover("g", 1)
    assert rig.host.live.get(root_id) is None


async def test_a_thread_whose_goal_waits_for_a_budget_is_not_unloaded(rig: Rig) -> None:
    root_id, _ = await covering(rig)
    child_id = await rig.start(root_id)
    rig.host.budgets.set_cover(root_id, TreeCover("g", 2, 1))
    own = SetGoal("own", 1, objective="count owls", status="active")
    await rig.host.threads.amend(child_id, own, ORIGIN)
    await rig.published("goal.cover_set.v1", f"thread-{child_id}")
    await settle()
    passivation = Passivation(rig.host.live, lambda _: False, SystemClock(), 0)
    passivation.due()
    assert passivation.due() == [root_id]
    assert rig.kinds(child_id)[-1] == "goal.cover_set"
    rig.host.budgets.set_cover(root_id, TreeCover("g", 2, 9))
    await rig.published("turn.started.v1", f"thread-{child_id}")


async def test_a_thread_in_memory_is_not_charged_to_the_tree_goal(rig: Rig) -> None:
    root_id, _ = await covering(rig)
    thread_id = await rig.start(root_id, ephemeral=True)
    await rig.turn(thread_id)
    await rig.published("turn.completed.v1", f"thread-{thread_id}")
    assert not [kind for kind in rig.kinds(thread_id) if kind.startswith("goal.")]


async def test_no_spending_is_charged_to_a_fenced_root() -> None:
    async with open_rig(model=PuppetModel()) as rig:
        root_id, goal_id = await covering(rig)
        await rig.turn(root_id)
        await rig.model.asked()
        [thread_id] = await spend(rig, root_id, goal_id, 1)
        post = lambda: rig.host.budgets.post(root_id, thread_id)  # noqa: E731
        failpoints.arm("deletion.planned", post)
        await rig.host.trees.delete(root_id, ORIGIN)
        assert sizes(rig, root_id) == []


async def test_turns_without_a_goal_record_no_goal_events_and_post_no_charge(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    root_id = await rig.start()
    child_id = await rig.start(root_id)
    monkeypatch.setattr(rig.host.budgets, "post", None)
    monkeypatch.setattr(rig.host.budgets, "set_cover", None)
    for thread_id in (root_id, child_id):
        await rig.turn(thread_id)
        await rig.published("turn.completed.v1", f"thread-{thread_id}")
        assert not [kind for kind in rig.kinds(thread_id) if kind.startswith("goal.")]
        actor = rig.host.live.get(thread_id)
        assert actor is not None
        assert not actor.state.parts
