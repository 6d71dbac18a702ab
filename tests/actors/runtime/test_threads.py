"""Taking threads up: once for all who ask, from the log, and not when they are gone or going."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.hosts import (
    ORIGIN,
    POLICY,
    SETTINGS,
    PuppetModel,
    Rig,
    eventually,
    message,
    open_rig,
    settle,
    within,
)
from tests.support.store import database_of
from threadhost.actors.errors import (
    Overloaded,
    ShuttingDown,
    SpawnRefused,
    ThreadBeingDeleted,
    ThreadNotFound,
)
from threadhost.actors.host import HostPolicy
from threadhost.actors.lifecycle import Unfinished
from threadhost.actors.runtime import logs as reading
from threadhost.actors.runtime.actor import MAILBOX_MESSAGES_MAX
from threadhost.actors.runtime.reactor import CommandEnvelope
from threadhost.actors.runtime.thread_actor import Shutdown
from threadhost.actors.thread import DrainThread, RenameThread, StartThread
from threadhost.actors.tree import PlanDeletion, TreeLimits, decide, subtree
from threadhost.actors.turn import InterruptTurn
from threadhost.events.fold import no_tree
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.store.committer import Idempotency, StreamAppend
from threadhost.events.store.errors import StreamFenced
from threadhost.events.thread import ThreadDraining, ThreadRenamed, ThreadStarted
from threadhost.events.turn import ItemRecorded, TurnCompleted

AGAIN = [
    "thread.started",
    "thread.configured",
    "thread.activated",
    "thread.draining",
    "thread.flushed",
    "thread.stopped",
    "thread.activated",
]


async def unloaded(rig: Rig, thread_id: str) -> None:
    stopped = await rig.host.life.unload([thread_id], "test", ORIGIN)
    assert (stopped.stopped, rig.host.threads.status(thread_id)) == (1, "notLoaded")


async def test_concurrent_requests_activate_a_stored_thread_once(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        thread_id = await rig.start()
        await unloaded(rig, thread_id)
        await within(
            asyncio.gather(*(rig.host.live.activate(thread_id, "test") for _ in range(20)))
        )
        assert rig.kinds(thread_id) == AGAIN
        assert list(rig.host.live.ids()) == [thread_id]


async def test_an_activated_thread_continues_where_it_stopped(rig: Rig) -> None:
    thread_id = await rig.start()
    before = rig.host.threads.loaded(thread_id)
    await unloaded(rig, thread_id)
    actor = await rig.host.live.activate(thread_id, "test")
    assert before is not None
    assert (actor.state.settings, actor.state.incarnation) == (before.settings, 2)
    assert actor.state.version == len(rig.events(thread_id))


async def test_a_long_thread_is_read_off_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "INLINE_EVENTS_MAX", 1)
    async with open_rig(tmp_path) as rig:
        thread_id = await rig.start()
        await unloaded(rig, thread_id)
        await rig.turn(thread_id)
        assert rig.host.threads.status(thread_id) == "active"


async def test_a_turn_on_an_unknown_thread_is_refused_as_not_found(rig: Rig) -> None:
    with pytest.raises(ThreadNotFound, match=r"^thread not found: nobody$"):
        await rig.turn("nobody")
    with pytest.raises(ThreadNotFound):
        await rig.host.live.activate("nobody", "test")


async def test_a_turn_on_a_deleted_thread_is_refused_as_not_found(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.host.trees.delete(thread_id, ORIGIN)
    with pytest.raises(ThreadNotFound, match=f"^thread not found: {thread_id}$"):
        await rig.turn(thread_id)


async def fenced(rig: Rig, thread_id: str) -> None:
    """Record the plan of a deletion that nobody carries out."""
    plan = PlanDeletion("d", thread_id, subtree(thread_id, no_tree(), no_tree()))
    append = StreamAppend(tree_stream(thread_id), decide(plan, no_tree()))
    await rig.logs.durable.append(append, meta=ORIGIN.at(1))


async def test_a_fenced_thread_is_not_activated(rig: Rig) -> None:
    thread_id = await rig.start()
    await unloaded(rig, thread_id)
    await fenced(rig, thread_id)
    with pytest.raises(ThreadBeingDeleted, match=f"^thread is being deleted: {thread_id}$"):
        await rig.turn(thread_id)
    with pytest.raises(ThreadBeingDeleted):
        await rig.start(thread_id)


async def test_a_fence_that_comes_while_a_thread_is_activated_holds(rig: Rig) -> None:
    thread_id = await rig.start()
    await unloaded(rig, thread_id)
    stored = rig.logs.stored

    async def fenced_meanwhile(thread_id: str) -> reading.Stored:
        found = await stored(thread_id)
        await fenced(rig, thread_id)
        return found

    rig.logs.stored = fenced_meanwhile  # type: ignore[method-assign]
    with pytest.raises(ThreadBeingDeleted):
        await rig.turn(thread_id)
    assert rig.host.threads.status(thread_id) == "notLoaded"


async def test_a_live_thread_below_a_fence_takes_no_turn(rig: Rig) -> None:
    thread_id = await rig.start()
    await fenced(rig, thread_id)
    with pytest.raises(ThreadBeingDeleted):
        await rig.turn(thread_id)


async def test_a_rename_while_a_thread_is_activated_is_no_conflict(rig: Rig) -> None:
    thread_id = await rig.start()
    await unloaded(rig, thread_id)
    stored, names = rig.logs.stored, ["later"]

    async def renamed_meanwhile(thread_id: str) -> reading.Stored:
        found = await stored(thread_id)
        if names:
            renamed = StreamAppend(thread_stream(thread_id), [ThreadRenamed(name=names.pop())])
            await rig.logs.durable.append(renamed, meta=ORIGIN.at(1))
        return found

    rig.logs.stored = renamed_meanwhile  # type: ignore[method-assign]
    actor = await within(rig.host.live.activate(thread_id, "test"))
    assert actor.state.name == "later"


async def test_a_stored_thread_is_renamed_without_being_activated(rig: Rig) -> None:
    thread_id = await rig.start()
    await unloaded(rig, thread_id)
    await rig.host.threads.amend(thread_id, RenameThread("new"), ORIGIN)
    assert rig.host.threads.status(thread_id) == "notLoaded"
    assert (await rig.logs.stored(thread_id)).state.name == "new"


async def test_a_thread_that_a_crash_left_draining_is_usable(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        thread_id = await rig.start()
        await rig.turn(thread_id)
        actor = rig.host.live.get(thread_id)
        assert actor is not None
        await actor.actor_ref.ask(CommandEnvelope(DrainThread("crash"), ORIGIN), block=False)
        actor.abandon()
        await rig.turn(thread_id, "again")
        assert rig.kinds(thread_id)[6:] == [
            "thread.draining",
            "turn.completed",
            "thread.stopped",
            "thread.activated",
            "turn.started",
            "turn.item_recorded",
            "turn.model_requested",
        ]


async def test_turns_that_an_earlier_process_left_are_ended_at_the_start(tmp_path: Path) -> None:
    crashed = Rig(tmp_path, PuppetModel(), POLICY)
    busy = [await crashed.start() for _ in range(3)]
    for thread_id in busy:
        await crashed.turn(thread_id)
    await crashed.logs.durable.append(
        StreamAppend(thread_stream(busy[0]), [ThreadDraining(reason="x")]), meta=ORIGIN.at(1)
    )
    for thread_id in busy:
        actor = crashed.host.live.get(thread_id)
        assert actor is not None
        actor.abandon()
    await crashed.close_logs()
    async with open_rig(tmp_path) as rig:
        await rig.host.life.resume(Unfinished(turns=[*busy, "nobody"]), "test")
        ends = rig.published_events(TurnCompleted.kind)
        assert {(e.outcome, e.reason) for e in ends} == {("interrupted", "host restarted")}
        assert len(ends) == 3
        assert rig.kinds(busy[0])[-2:] == ["turn.completed", "thread.stopped"]
        assert [rig.host.threads.status(t) for t in busy] == ["notLoaded"] * 3
        await rig.turn(busy[0])
        assert rig.host.threads.status(busy[0]) == "active"


async def test_late_output_of_an_old_incarnation_changes_nothing(rig: Rig) -> None:
    thread_id = await rig.start()
    await rig.turn(thread_id)
    call = await rig.model.asked()
    await unloaded(rig, thread_id)
    await rig.turn(thread_id, "again")
    new = await rig.model.asked()
    call.say(*message("ghost")).end()
    ghost = StreamAppend(thread_stream(thread_id), [ThreadRenamed(name="ghost")], None, 1)
    with pytest.raises(StreamFenced, match="incarnation 1 is over"):
        await rig.logs.durable.append(ghost, meta=ORIGIN.at(1))
    new.say(*message("real")).end()
    await eventually(lambda: rig.host.threads.status(thread_id) == "idle")
    said = [e.item["text"] for e in rig.events(thread_id) if _is_answer(e)]
    assert said == ["real"]
    assert (await rig.logs.stored(thread_id)).state.name is None


def _is_answer(event: object) -> bool:
    return isinstance(event, ItemRecorded) and event.type == "agentMessage"


async def test_a_message_behind_a_shutdown_goes_to_the_next_incarnation(rig: Rig) -> None:
    thread_id = await rig.start()
    actor = rig.host.live.get(thread_id)
    assert actor is not None
    stopping = actor.actor_ref.ask(Shutdown("test", ORIGIN), block=False)
    await within(rig.turn(thread_id))
    await within(stopping)
    assert rig.kinds(thread_id) == [
        *AGAIN,
        "turn.started",
        "turn.item_recorded",
        "turn.model_requested",
    ]


async def test_a_thread_with_a_full_mailbox_refuses_requests_as_overloaded(rig: Rig) -> None:
    thread_id = await rig.start()
    actor = rig.host.live.get(thread_id)
    assert actor is not None
    for _ in range(MAILBOX_MESSAGES_MAX):
        actor.actor_ref.ask(CommandEnvelope(InterruptTurn("", 1), ORIGIN), block=False)
    with pytest.raises(Overloaded, match="too many requests waiting"):
        await rig.turn(thread_id)


async def test_a_draining_host_takes_no_new_work() -> None:
    async with open_rig() as rig:
        thread_id = await rig.start()
        await rig.host.life.drain(ORIGIN)
        for refused in (rig.start(), rig.turn(thread_id), rig.host.trees.delete(thread_id, ORIGIN)):
            with pytest.raises(ShuttingDown, match=r"^the host is shutting down$"):
                await refused


async def test_a_child_joins_its_parents_tree_and_is_live(rig: Rig) -> None:
    root = await rig.start()
    child = await rig.start(root)
    state = rig.host.threads.loaded(child)
    assert state is not None
    assert (state.session_id, state.parent_id, state.depth) == (root, root, 1)
    assert rig.host.threads.status(child) == "idle"


async def test_a_child_may_join_below_a_stored_parent(rig: Rig) -> None:
    root = await rig.start()
    await unloaded(rig, root)
    await rig.start(root)
    assert rig.host.threads.status(root) == "notLoaded"


async def test_threads_on_disk_make_no_tables_in_memory(rig: Rig) -> None:
    root = await rig.start()
    await rig.start(root)
    await unloaded(rig, root)
    await rig.host.threads.amend(root, RenameThread("a name"), ORIGIN)
    await rig.host.trees.delete(root, ORIGIN)
    assert database_of(rig.logs.ephemeral).is_unused
    await rig.start(ephemeral=True)
    assert not database_of(rig.logs.ephemeral).is_unused


async def test_children_of_a_thread_in_memory_live_in_memory(rig: Rig) -> None:
    root = await rig.start(ephemeral=True)
    child = await rig.start(root, ephemeral=True)
    assert rig.logs.is_ephemeral(child)
    with pytest.raises(SpawnRefused, match="is ephemeral: its children have to be, too"):
        await rig.start(child)


async def test_a_refused_ephemeral_thread_leaves_no_entry(rig: Rig) -> None:
    with pytest.raises(ThreadNotFound):
        await rig.start("nobody", "child", ephemeral=True)
    assert not rig.logs.is_ephemeral("child")


async def test_a_thread_in_memory_that_is_unloaded_frees_its_place_in_the_tree() -> None:
    limits = HostPolicy(tree=TreeLimits(children_max=1))
    async with open_rig(behaviour=limits) as rig:
        root = await rig.start()
        for _ in range(3):
            child = await rig.start(root, ephemeral=True)
            await unloaded(rig, child)
        assert await rig.logs.ephemeral.stream_head(tree_stream(root)) is None


@pytest.mark.parametrize("has_parent", [False, True])
async def test_a_start_that_is_repeated_under_its_key_gives_the_same_live_thread(
    tmp_path: Path, *, has_parent: bool
) -> None:
    async with open_rig(tmp_path) as rig:
        root = await rig.start()
        parent = root if has_parent else None
        key = Idempotency.of("k", b"start")
        started = []
        for unload in (True, False):
            command = StartThread(rig.ids.new(), SETTINGS, parent_id=parent)
            appended = await rig.host.threads.start(command, ORIGIN, key)
            (thread_id,) = [
                fact.event.thread_id
                for fact in appended.recorded
                if isinstance(fact.event, ThreadStarted)
            ]
            started.append(thread_id)
            if unload:
                await rig.turn(thread_id)
                await unloaded(rig, thread_id)
        assert started[0] == started[1]
        state = rig.host.threads.loaded(started[0])
        assert state is not None
        assert (state.turns, state.incarnation) == (1, 2)
        await settle()
        await rig.turn(started[0])


@pytest.mark.parametrize("first_ends_first", [True, False])
async def test_a_thread_blocked_by_two_operations_is_activated_once_both_are_over(
    rig: Rig, *, first_ends_first: bool
) -> None:
    thread_id = await rig.start()
    await rig.host.life.unload([thread_id], "test", ORIGIN)
    holds = [ExitStack(), ExitStack()]
    for hold in holds:
        hold.enter_context(rig.host.live.without_activations([thread_id]))
    taking_up = asyncio.create_task(rig.host.threads.activate(thread_id, ORIGIN.causation_id))
    for hold in holds if first_ends_first else reversed(holds):
        await settle()
        assert not taking_up.done()
        hold.close()
    await taking_up
    assert rig.host.threads.status(thread_id) == "idle"
