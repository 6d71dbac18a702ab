"""Stopping: every phase an event, all under one deadline, and those that hang are fenced out."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.bystander import HELD_MS_MAX, bystander
from tests.support.hosts import (
    ORIGIN,
    POLICY,
    Deaf,
    PuppetModel,
    Rig,
    eventually,
    message,
    open_rig,
    settle,
    within,
)
from tests.support.operator_lines import logged_line
from tests.support.slowness import require_below
from threadhost.actors.host import HostPolicy
from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.actor import MAILBOX_MESSAGES_MAX
from threadhost.actors.runtime.tree_messages import ListBelow
from threadhost.events.fold import no_tree
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreUnavailable, StreamFenced
from threadhost.events.thread import ThreadFlushed, ThreadRenamed, ThreadStopped
from threadhost.events.turn import TurnCompleted

SHORT = HostPolicy(shutdown_deadline_ms=60)
STOPPED = ["thread.draining", "thread.flushed", "thread.stopped"]
HUNG = ["thread.draining", "thread.shutdown_timed_out", "turn.completed"]


async def test_an_idle_thread_stops_in_three_phases(rig: Rig) -> None:
    thread_id = await rig.start()
    stopped = await rig.host.life.unload([thread_id], "idle", ORIGIN)
    assert (stopped.stopped, list(stopped.timed_out)) == (1, [])
    assert rig.kinds(thread_id)[3:] == STOPPED


async def test_a_busy_thread_ends_its_turn_between_draining_and_flushed(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    await rig.host.life.unload([thread_id], "idle", ORIGIN)
    assert call.closed.is_set()
    assert rig.kinds(thread_id)[6:] == [
        "thread.draining",
        "turn.completed",
        "thread.flushed",
        "thread.stopped",
    ]
    ended = rig.events(thread_id)[-3]
    assert isinstance(ended, TurnCompleted)
    assert (ended.outcome, ended.reason) == ("interrupted", "idle")


async def test_threads_in_memory_are_released_though_the_mailbox_of_their_tree_is_full(
    rig: Rig,
) -> None:
    root = await rig.start(ephemeral=True)
    child = await rig.start(root, ephemeral=True)
    tree = await rig.host.trees.actors.get(root)
    for _ in range(MAILBOX_MESSAGES_MAX):
        tree.actor_ref.ask(ListBelow(root), block=False)
    stopped = await within(rig.host.life.unload([root, child], "idle", ORIGIN))
    assert stopped.stopped == 2
    assert not any(map(rig.logs.is_ephemeral, (root, child)))
    assert tree.ephemeral == no_tree()


async def test_threads_in_memory_are_released_when_their_tree_failed(rig: Rig) -> None:
    thread_id = await rig.start(ephemeral=True)
    tree = await rig.host.trees.actors.get(thread_id)
    unloading = asyncio.ensure_future(rig.host.life.unload([thread_id], "idle", ORIGIN))
    await settle(1)
    tree.kill()
    assert (await within(unloading)).stopped == 1
    assert (await rig.host.trees.actors.get(thread_id)).ephemeral == no_tree()


async def test_complete_items_are_recorded_at_a_shutdown(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    call.say(*message("whole"))
    await eventually(lambda: len(rig.live.heard) == 2)
    await settle()
    await rig.host.life.unload([thread_id], "idle", ORIGIN)
    assert rig.kinds(thread_id)[6:8] == ["thread.draining", "turn.item_recorded"]


@pytest.mark.few(2)
@pytest.mark.parametrize("ephemeral", [False, True])
async def test_only_idle_threads_are_unloaded_by_an_unload_of_idle_threads(
    rig: Rig, *, ephemeral: bool
) -> None:
    busy, idle = await rig.start(ephemeral=ephemeral), await rig.start(ephemeral=ephemeral)
    await rig.turn(busy)
    await rig.host.life.unload([busy, idle], "idle", ORIGIN, only_if_idle=True)
    assert (rig.host.threads.status(busy), rig.host.threads.status(idle)) == ("active", "notLoaded")
    (await rig.model.asked()).say(*message("done")).end()
    await eventually(lambda: rig.host.threads.status(busy) == "idle")


async def test_a_model_that_ignores_its_end_is_fenced_out_at_the_deadline(tmp_path: Path) -> None:
    model = Deaf()
    async with open_rig(tmp_path, model, SHORT) as rig:
        thread_id = await rig.start()
        await rig.turn(thread_id)
        await settle()
        stopped = await within(rig.host.life.unload([thread_id], "idle", ORIGIN))
        assert (stopped.stopped, list(stopped.timed_out)) == (0, [thread_id])
        assert rig.kinds(thread_id)[6:] == HUNG
        assert rig.host.threads.status(thread_id) == "notLoaded"
        late = StreamAppend(thread_stream(thread_id), [ThreadFlushed()], None, 1)
        with pytest.raises(StreamFenced, match="incarnation 1 is over"):
            await rig.logs.durable.append(late, meta=ORIGIN.at(1))
        await rig.turn(thread_id, "again")
        state = rig.host.threads.loaded(thread_id)
        assert state is not None
        assert (state.incarnation, rig.host.threads.status(thread_id)) == (3, "active")
        model.let_go.set()
        await rig.published(TurnCompleted.kind, thread_stream(thread_id))
        await eventually(lambda: rig.host.threads.status(thread_id) != "active")
        assert rig.live.heard[-1][-1].startswith("late")
        assert len([h for h in rig.live.heard if h[0] == "delta"]) == 1


async def test_a_hung_handler_is_stopped_at_the_deadline_and_its_askers_get_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_rig(behaviour=SHORT) as rig:
        thread_id = await rig.start()
        actor = rig.host.live.get(thread_id)
        assert actor is not None
        monkeypatch.setattr(actor, "_do", _hang)
        asked, behind = (asyncio.create_task(rig.turn(thread_id)) for _ in range(2))
        await settle()
        stopped = await within(rig.host.life.unload([thread_id], "idle", ORIGIN))
        assert list(stopped.timed_out) == [thread_id]
        assert logged_line(caplog, "thread.not_stopped")["threadId"] == thread_id
        with pytest.raises(Exception, match="the actor was stopped"):
            await within(asked)
        await within(behind)
        assert rig.host.threads.status(thread_id) == "active"
        assert rig.kinds(thread_id)[3:5] == ["thread.shutdown_timed_out", "thread.activated"]


async def _hang(_message: Any) -> Any:
    await asyncio.get_running_loop().create_future()


async def test_a_store_that_refuses_for_a_moment_delays_the_end_of_a_thread(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.005)
    thread_id = await rig.start()
    await rig.turn(thread_id)
    log, append, errors = rig.logs.durable, rig.logs.durable.append, [1, 2, 3]

    async def refusing(*args: Any, **named: Any) -> Any:
        if errors:
            raise StoreUnavailable(f"no space {errors.pop()}")
        return await append(*args, **named)

    monkeypatch.setattr(log, "append", refusing)
    stopped = await within(rig.host.life.unload([thread_id], "idle", ORIGIN))
    assert (stopped.stopped, errors) == (1, [])
    assert rig.kinds(thread_id)[-1] == "thread.stopped"


@pytest.mark.few(1)
@pytest.mark.parametrize("busy", [False, True])
async def test_a_store_that_refuses_every_append_does_not_delay_a_shutdown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, busy: bool
) -> None:
    async with open_rig(behaviour=SHORT) as rig:
        thread_id = await rig.start()
        if busy:
            await rig.turn(thread_id)
        with monkeypatch.context() as patch:
            patch.setattr(rig.logs.durable, "append", _unavailable)
            stopped = await within(rig.host.life.unload([thread_id], "idle", ORIGIN))
        assert list(stopped.timed_out) == ([thread_id] if busy else [])
        named = f"thread {thread_id}" if busy else "1 thread"
        assert logged_line(caplog, "log.not_recorded")["what"] == f"the end of {named}"
        assert rig.host.threads.status(thread_id) == "notLoaded"
        await within(rig.turn(thread_id))
        assert rig.host.threads.status(thread_id) == "active"


async def test_quiet_threads_stop_in_one_append_except_one_behind_its_log(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        threads = [await rig.start() for _ in range(10)]
        renamed = StreamAppend(thread_stream(threads[3]), [ThreadRenamed(name="behind")])
        await rig.logs.durable.append(renamed, meta=ORIGIN.at(1))
        stopped = await within(rig.host.life.unload(threads, "test", ORIGIN))
        assert (stopped.stopped, list(stopped.timed_out)) == (10, [])
        for thread_id in set(threads) - {threads[3]}:
            assert rig.kinds(thread_id)[3:] == STOPPED
        await within(rig.turn(threads[3]))
        state = rig.host.threads.loaded(threads[3])
        assert state is not None
        assert (state.name, state.incarnation) == ("behind", 2)


async def test_a_request_during_a_stop_waits_and_activates_the_thread_again(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        threads = [await rig.start() for _ in range(3)]
        stopping = asyncio.create_task(rig.host.life.unload(threads, "test", ORIGIN))
        await eventually(lambda: rig.host.live.get(threads[1]) is None)
        await within(rig.turn(threads[1]))
        await within(stopping)
        assert rig.kinds(threads[1])[3:8] == [*STOPPED, "thread.activated", "turn.started"]
        assert rig.host.threads.status(threads[1]) == "active"


async def _unavailable(*_args: Any, **_named: Any) -> Any:
    raise StoreUnavailable("no space")


async def test_a_thread_that_is_asked_to_stop_twice_stops_once(rig: Rig) -> None:
    thread_id = await rig.start()
    await within(
        asyncio.gather(*(rig.host.life.unload([thread_id], "idle", ORIGIN) for _ in range(2)))
    )
    assert rig.kinds(thread_id)[3:] == STOPPED


@pytest.mark.slices
async def test_a_whole_tree_stops_under_one_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait, deadlines_s = asyncio.wait, list[float]()

    async def noted(tasks: Any, **how: Any) -> Any:
        deadlines_s.extend(filter(None, (how.get("timeout"),)))
        return await wait(tasks, **how)

    model = Deaf()
    behaviour = HostPolicy(shutdown_deadline_ms=300)
    async with open_rig(tmp_path, model, behaviour) as rig:
        root = await rig.start()
        children = [await rig.start(root) for _ in range(199)]
        hung = children[::10]
        await asyncio.gather(*(rig.turn(t) for t in hung))
        with monkeypatch.context() as patched:
            patched.setattr(asyncio, "wait", noted)
            async with bystander() as seen:
                stopped = await within(rig.host.life.unload([root, *children], "test", ORIGIN))
        model.let_go.set()
        assert (stopped.stopped, sorted(stopped.timed_out)) == (180, sorted(hung))
        assert len(deadlines_s) == 1, "not a deadline for each"
        assert deadlines_s[0] <= 0.3
        require_below(seen.longest_ms, HELD_MS_MAX)
        assert list(rig.host.live.ids()) == []
        await settle(50)


async def test_a_drained_host_has_no_task_or_thread_left(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    rig = Rig(tmp_path, PuppetModel(), POLICY)
    root = await rig.start()
    busy = await rig.start(root)
    await rig.start(root, ephemeral=True)
    await rig.turn(busy)
    deleting = asyncio.create_task(rig.host.trees.delete(await rig.start(), ORIGIN))
    starting = [asyncio.create_task(rig.start(root)) for _ in range(5)]
    await settle()
    await within(rig.host.life.drain(ORIGIN))
    assert (await within(deleting)).threads == 1
    started = [await within(task) for task in starting]
    await settle()
    assert asyncio.all_tasks() == before
    assert list(rig.host.live.ids()) == []
    for thread_id in (root, busy, *started):
        assert rig.kinds(thread_id)[-1] == "thread.stopped"
    assert rig.published_events(ThreadStopped.kind)[-1].reason == "host shutdown"
    await rig.close_logs()


async def test_a_drain_waits_for_threads_that_are_being_activated(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        thread_id = await rig.start()
        await rig.host.life.unload([thread_id], "idle", ORIGIN)
        taking_up = asyncio.create_task(rig.host.live.activate(thread_id, "test"))
        await settle(2)
        await within(rig.host.life.drain(ORIGIN))
        await within(taking_up)
        assert list(rig.host.live.ids()) == []
        assert rig.kinds(thread_id)[-1] == "thread.stopped"
