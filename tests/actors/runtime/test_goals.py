"""Goals at work in a host without a wire: timers, clocks, what is idle, what a store refuses."""

import gc
import weakref
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.hosts import (
    FAST_RESTARTS,
    ORIGIN,
    PuppetModel,
    Rig,
    call_of,
    eventually,
    open_rig,
    settle,
)
from threadhost.actors.errors import AccountFull
from threadhost.actors.goal import ClearGoal, SetGoal
from threadhost.actors.goal_pacing import GoalPacing
from threadhost.actors.host import HostPolicy
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.passivation import Passivation
from threadhost.actors.runtime.submissions import begin_due
from threadhost.actors.runtime.threads import ThreadPolicy
from threadhost.adapters.clock import SystemClock
from threadhost.events.goal import GoalScheduled, goal_of
from threadhost.events.ids import thread_stream
from threadhost.events.store.errors import StoreOverloaded, StoreUnavailable
from threadhost.events.thread import ThreadStopped
from threadhost.events.turn import TurnCompleted, TurnStarted

HOUR_MS = 3_600_000


def paced(wait_ms: int, longest_ms: int = HOUR_MS) -> HostPolicy:
    """A host whose goals wait so long."""
    return HostPolicy(threads=ThreadPolicy(FAST_RESTARTS, pacing=GoalPacing(wait_ms, longest_ms)))


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """A host whose goals have one turn, and the next in an hour."""
    async with open_rig(model=PuppetModel("an owl"), behaviour=paced(HOUR_MS)) as found:
        yield found


async def at_work(rig: Rig) -> str:
    """A thread with an active goal."""
    thread_id = await rig.start()
    command = SetGoal("g", 1, objective="count owls")
    await rig.host.threads.ask(thread_id, command, ORIGIN)
    return thread_id


async def test_a_thread_with_a_waiting_goal_is_not_idle_until_the_goal_is_cleared(rig: Rig) -> None:
    thread_id = await at_work(rig)
    await rig.published(GoalScheduled.kind)
    await settle()
    actor = rig.host.live.get(thread_id)
    assert actor is not None
    passivation = Passivation(rig.host.live, lambda _: False, SystemClock(), 0)
    assert not actor.is_quiet
    assert passivation.due() + passivation.due() == []
    await rig.host.threads.ask(thread_id, ClearGoal(2), ORIGIN)
    await settle()
    assert actor.is_quiet
    assert passivation.due() + passivation.due() == [thread_id]


async def test_the_goal_timer_of_an_unloaded_thread_does_not_keep_its_actor_in_memory(
    rig: Rig,
) -> None:
    thread_id = await at_work(rig)
    await rig.published(GoalScheduled.kind)
    await settle()
    actor = weakref.ref(rig.host.live.get(thread_id))
    await rig.host.life.unload([thread_id], "idle", ORIGIN)
    await settle()
    gc.collect()
    assert actor() is None


async def test_a_host_that_activates_no_threads_starts_no_turn_for_a_goal() -> None:
    policy = paced(0)
    policy = policy._replace(threads=policy.threads._replace(begins_unattended_turns=False))
    async with open_rig(model=PuppetModel("an owl"), behaviour=policy) as rig:
        thread_id = await at_work(rig)
        await rig.turn(thread_id)
        await rig.published(TurnCompleted.kind)
        await settle()
        assert [
            len(rig.published_events(kind)) for kind in (TurnStarted.kind, GoalScheduled.kind)
        ] == [1, 0]


async def test_a_clock_set_back_does_not_lengthen_the_wait_of_a_goal_beyond_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_ms = [10 * HOUR_MS]
    monkeypatch.setattr(SystemClock, "now_ms", lambda _: now_ms[0])
    async with open_rig(model=PuppetModel("an owl"), behaviour=paced(20, 30)) as rig:
        await at_work(rig)
        await rig.published(TurnCompleted.kind)
        await rig.published(GoalScheduled.kind)
        now_ms[0] -= 9 * HOUR_MS
        await eventually(lambda: len(rig.published_events(TurnStarted.kind)) > 1)


@pytest.mark.slices
async def test_an_overloaded_store_delays_a_goal_and_no_turn_is_lost(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threadhost.actors.runtime.append_errors.RETRY_S", 0.01)
    log, refused = rig.logs.durable, [0]
    whole = type(log).append

    async def append(*appends: object, **more: object) -> object:
        is_turn = any("goal.context_given.v1" in repr(a) or "<codex" in repr(a) for a in appends)
        if is_turn and refused[0] < 3:
            refused[0] += 1
            raise StoreOverloaded("full")
        return await whole(log, *appends, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(log, "append", append)
    await at_work(rig)
    await rig.published(TurnCompleted.kind)
    assert (refused[0], len(rig.published_events(TurnStarted.kind))) == (3, 1)


async def test_host_tool_calls_run_one_after_another() -> None:
    model = PuppetModel()
    async with open_rig(model=model, behaviour=paced(HOUR_MS)) as rig:
        thread_id = await rig.start()
        await rig.turn(thread_id)
        calls = [
            *call_of("create_goal", 0, '{"objective": "owls"}'),
            *call_of("update_goal", 1, '{"status": "complete"}'),
            *call_of("create_goal", 2, '{"objective": "cats"}'),
        ]
        (await model.asked()).say(*calls).end()
        request = (await model.asked()).request
        outputs = [line for line in request.history if b'"function_call_output"' in line]
        assert [b"owls" in outputs[0], b"complete" in outputs[1], b"cats" in outputs[2]] == [
            True
        ] * 3
        state = rig.host.threads.loaded(thread_id)
        assert state is not None
        goal = goal_of(state)
        assert goal is not None
        assert (goal.objective, goal.status) == ("cats", "active")


async def test_no_text_of_a_goal_is_in_clear_in_the_home(tmp_path: Path) -> None:
    canary = "zaunkönig-4711"
    async with open_rig(tmp_path, PuppetModel("an owl"), paced(HOUR_MS)) as rig:
        thread_id = await rig.start()
        command = SetGoal("g", 1, objective=f"count {canary}")
        await rig.host.threads.ask(thread_id, command, ORIGIN)
        await rig.published(GoalScheduled.kind)
        assert rig.home is not None
        files = [path for path in rig.home.rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if canary.encode() in path.read_bytes()]


async def test_threads_whose_goals_wait_stop_in_one_append(rig: Rig) -> None:
    threads = [await at_work(rig) for _ in range(5)]
    for thread_id in threads:
        await rig.published(GoalScheduled.kind, thread_stream(thread_id))
    await settle()
    stopped = await rig.host.life.unload(threads, "test", ORIGIN)
    assert (stopped.stopped, list(stopped.timed_out)) == (5, [])
    ends = [fact for fact in rig.seen if fact.kind == ThreadStopped.kind]
    assert len(ends) == len(threads)
    assert len({fact.decision for fact in ends}) == 1


async def test_a_host_that_closes_activates_no_more_threads_whose_goals_go_on(
    tmp_path: Path,
) -> None:
    taken: list[str] = []
    async with open_rig(tmp_path, behaviour=paced(HOUR_MS)) as rig:
        threads = [await at_work(rig) for _ in range(3)]

    async def activate(thread_id: str, _cause: str) -> None:
        taken.append(thread_id)

    async with open_rig(tmp_path, behaviour=paced(HOUR_MS)) as rig:
        await begin_due(threads, rig.logs, activate, lambda: len(taken) == 2)
    assert taken == threads[:2]


@pytest.mark.few(1)
@pytest.mark.parametrize("refusal", [AccountFull("full"), StoreUnavailable("no space")])
async def test_a_due_goal_without_room_at_the_start_goes_on_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0)
    async with open_rig(tmp_path, behaviour=paced(HOUR_MS)) as rig:
        threads = [await at_work(rig) for _ in range(2)]
    refusals, taken = [refusal, refusal], list[str]()

    async def activate(thread_id: str, _cause: str) -> None:
        if refusals:
            raise refusals.pop()
        taken.append(thread_id)

    async with open_rig(tmp_path, behaviour=paced(HOUR_MS)) as rig:
        await begin_due(threads, rig.logs, activate, lambda: False)
    assert taken == threads


async def test_the_history_of_a_thread_whose_goal_waits_is_evicted_to_free_memory(rig: Rig) -> None:
    thread_id = await at_work(rig)
    await rig.published(GoalScheduled.kind)
    await settle()
    actor = rig.host.live.get(thread_id)
    assert actor is not None
    assert actor.history is not None
    rig.host.live.memory.bytes_max = 1
    with pytest.raises(AccountFull):
        await rig.start()
    assert actor.history is None
    assert rig.host.live.get(thread_id) is actor
