"""Deletions of small trees against all that may be asked of them meanwhile, by seeds."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from random import Random
from typing import Any

import pytest

from tests.actors.test_fork import forked
from tests.support.deletions import assert_gone
from tests.support.hosts import (
    ORIGIN,
    POLICY,
    USAGE,
    PuppetModel,
    Rig,
    call_of,
    message,
    open_rig,
    within,
)
from tests.support.tools import OFFERING
from threadhost.actors.answers import text_result
from threadhost.actors.errors import Refusal, ThreadNotFound
from threadhost.actors.goal import SetGoal
from threadhost.actors.goal_pacing import GoalPacing
from threadhost.actors.models import ModelEvent, ModelRequest, ResponseDone
from threadhost.actors.ports import ElicitationAnswer, ToolCall, ToolResult
from threadhost.actors.queue import AddSubmission
from threadhost.actors.thread import RenameThread
from threadhost.actors.turn import InterruptTurn, SteerTurn
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.program_log import ProgramLog
from threadhost.events.thread import ThreadDeleted
from threadhost.events.tree import TreeDeletionCompleted, TreeDeletionPlanned

SEEDS, A_HOST = 500, 10
THREADS, ACTS, YIELDS_MAX = 6, 24, 40
TEXT = [{"type": "text", "text": "on"}]
GOALS_GO_ON_SOON = POLICY._replace(threads=POLICY.threads._replace(pacing=GoalPacing(1, 4)))


class Race(PuppetModel):
    """One tree with all that is asked of it; also its model and whoever answers calls of tools."""

    def __init__(self) -> None:
        super().__init__()
        self.random = Random(0)

    async def pause(self) -> None:
        """Let others go on, for as long as the seed says."""
        for _ in range(self.random.randrange(YIELDS_MAX)):
            await asyncio.sleep(0)

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Say something, call a tool, or say nothing until the turn is over."""
        await self.pause()
        kind = self.random.randrange(4)
        if kind == 0:
            await asyncio.get_running_loop().create_future()
        for event in call_of("look") if kind == 1 else message("ok"):
            await self.pause()
            yield event
        yield ResponseDone("r", USAGE)

    async def call(self, call: ToolCall) -> ToolResult:
        """Answer sooner or later."""
        await self.pause()
        return text_result("looked", success=True)

    async def ask_user(self, call: ToolCall) -> ToolResult:
        """Likewise."""
        return await self.call(call)

    async def elicit(self, call: ToolCall, request: dict[str, Any]) -> ElicitationAnswer:
        """Nobody is there."""
        return ElicitationAnswer("unreached")

    async def plant(self, rig: Rig) -> list[str]:
        """A tree of a random shape, one of whose threads has a turn behind it."""
        threads = [await rig.start(settings=OFFERING)]
        while len(threads) < THREADS:
            parent = self.random.choice(threads)
            threads.append(await rig.start(parent, settings=OFFERING))
        for thread_id in self.random.sample(threads, 2):
            await rig.turn(thread_id)
        return threads

    def acts_on(self, rig: Rig, thread_id: str) -> list[Coroutine[Any, Any, Any]]:
        """One of everything that may be asked of a thread."""
        host, new, now_ms = rig.host, rig.ids.new, SystemClock().now_ms()
        waits = AddSubmission(new(), new(), new(), "m", TEXT)
        steer = SteerTurn(new(), new(), TEXT, now_ms)
        return [
            rig.turn(thread_id),
            host.threads.ask(thread_id, steer, ORIGIN),
            host.threads.ask(thread_id, InterruptTurn("", now_ms), ORIGIN),
            host.threads.ask(thread_id, waits, ORIGIN),
            host.threads.ask(thread_id, SetGoal(new(), now_ms, "hello", token_budget=40), ORIGIN),
            host.threads.activate(thread_id, "test"),
            host.threads.amend(thread_id, RenameThread("again"), ORIGIN),
            host.trees.archive(thread_id, ORIGIN),
            host.trees.unarchive(thread_id, ORIGIN),
            host.life.unload([thread_id], "race", ORIGIN),
            forked(rig, thread_id),
            rig.start(thread_id, settings=OFFERING),
            rig.start(thread_id, ephemeral=True),
        ]

    async def later(self, act: Coroutine[Any, Any, Any]) -> object:
        """Do it at some moment of the race; what came of it."""
        await self.pause()
        return await act


async def race(rig: Rig, fire: Race, seed: int) -> None:
    """Plant a tree, let everything happen at once, and look at what is left."""
    fire.random, before = Random(seed), len(rig.seen)
    threads = await fire.plant(rig)
    chosen: list[Coroutine[Any, Any, Any]] = [rig.host.trees.delete(threads[0], ORIGIN)]
    for _ in range(ACTS):
        acts = fire.acts_on(rig, fire.random.choice(threads))
        chosen.append(acts.pop(fire.random.randrange(len(acts))))
        for act in acts:
            act.close()
    if fire.random.random() < 0.3:
        chosen.append(rig.host.trees.delete(fire.random.choice(threads), ORIGIN))
    done = await within(asyncio.gather(*map(fire.later, chosen), return_exceptions=True), 20)
    failed = [one for one in done if isinstance(one, BaseException)]
    assert all(isinstance(one, Refusal) for one in failed), failed
    assert not isinstance(done[0], BaseException) or isinstance(done[0], ThreadNotFound)
    judge(rig, before)
    for survivor in tuple(rig.host.live.ids()):
        if not rig.logs.is_ephemeral(survivor):
            await within(rig.host.trees.delete(survivor, ORIGIN))


def judge(rig: Rig, before: int) -> None:
    """All that belongs to the tree is gone, each deletion has one receipt, and it is right."""
    facts = [fact.event for fact in rig.seen[before:]]
    planned = [event for event in facts if isinstance(event, TreeDeletionPlanned)]
    receipts = {e.deletion_id: e.receipt for e in facts if isinstance(e, TreeDeletionCompleted)}
    ends = [event for event in facts if isinstance(event, TreeDeletionCompleted)]
    buried = [event for event in facts if isinstance(event, ThreadDeleted)]
    assert len(ends) == len(planned) == len(receipts)
    assert len({event.thread_id for event in buried}) == len(buried)
    for plan in planned:
        receipt = receipts[plan.deletion_id]
        of_plan = [event for event in buried if event.deletion_id == plan.deletion_id]
        assert receipt.threads + receipt.ephemeral == len(of_plan)
        assert_gone(rig, [t.thread_id for t in plan.targets if not t.ephemeral])
    gone = {event.thread_id for event in buried}
    assert gone.isdisjoint(rig.host.live.ids())


@pytest.mark.slices
@pytest.mark.parametrize("first", range(0, SEEDS, A_HOST))
async def test_no_work_that_races_the_deletion_of_its_tree_outlives_it(first: int) -> None:
    fire = Race()
    async with open_rig(model=fire, tools=fire, behaviour=GOALS_GO_ON_SOON) as rig:
        noting = rig.logs.program = ProgramLog(rig.logs, SystemClock())
        rig.logs.durable.feed.listen(noting.published)
        for seed in range(first, first + A_HOST):
            await race(rig, fire, seed)
        await noting.flush()
        left = await rig.logs.durable.reads.rows("SELECT DISTINCT thread_id FROM thread_log")
        gone = {event.thread_id for event in rig.published_events(ThreadDeleted.kind)}
        assert gone.isdisjoint(row[0] for row in left)
