"""Forks and the trees of their sources: noted, refused while a source goes, named once it went."""

import asyncio
from pathlib import Path

import pytest

from tests.support.hosts import ORIGIN, SETTINGS, Rig, message, open_rig
from threadhost.actors.errors import ThreadBeingDeleted, ThreadNotFound
from threadhost.actors.fork import ForkThread
from threadhost.actors.runtime.forking import Inheritance
from threadhost.actors.runtime.logs import history_of
from threadhost.events.ids import thread_stream
from threadhost.events.turn import TurnCompleted
from threadhost.projections import all_views
from threadhost.projections.rebuild import dump, rebuild


async def forked(
    rig: Rig,
    source_id: str,
    *,
    ephemeral: bool = False,
    taken: Inheritance | None = None,
    fork_id: str = "",
) -> str:
    """Fork a thread; the fork's id, a new one unless it is given."""
    taken = taken or await rig.host.threads.inheritance(source_id)
    command = ForkThread(
        fork_id or rig.ids.new(),
        SETTINGS,
        source_id=source_id,
        inherited=taken.events,
        copy_plan=taken.copy_plan,
        at_ms=9,
        ephemeral=ephemeral,
    )
    await rig.host.threads.fork(command, ORIGIN)
    return command.thread_id


async def answered(rig: Rig, text: str = "hi") -> str:
    """A thread with one turn."""
    thread_id = await rig.start()
    await rig.turn(thread_id, text)
    (await rig.model.asked()).say(*message("ok")).end()
    await rig.published(TurnCompleted.kind, thread_stream(thread_id))
    return thread_id


async def test_the_receipt_names_the_forks_that_live_on(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        source = await answered(rig)
        forks = [await forked(rig, source) for _ in range(3)]
        await forked(rig, source, ephemeral=True)
        await rig.host.trees.delete(forks[1], ORIGIN)
        assert (await rig.host.trees.preview(source)).surviving_forks == sorted(
            [forks[0], forks[2]]
        )
        receipt = await rig.host.trees.delete(source, ORIGIN)
        assert receipt.surviving_forks == sorted([forks[0], forks[2]])


async def test_a_fork_is_readable_when_the_key_of_its_source_is_gone(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        source = await answered(rig, "a question")
        fork = await forked(rig, source)
        await rig.host.trees.delete(source, ORIGIN)
        history = await history_of(rig.logs.durable, fork)
        assert ((await rig.logs.stored(fork)).state.turns, len(history.lines)) == (1, 2)
        assert b"a question" in history.lines[0].json


async def test_a_thread_that_is_being_deleted_is_not_forked(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        source = await answered(rig)
        deleting = asyncio.create_task(rig.host.trees.delete(source, ORIGIN))
        await rig.published("tree.deletion_planned.v2")
        with pytest.raises((ThreadBeingDeleted, ThreadNotFound)):
            await forked(rig, source)
        assert (await deleting).surviving_forks == []


@pytest.mark.slices
async def test_a_fork_and_a_deletion_that_race_leave_both_or_neither(tmp_path: Path) -> None:
    for delay in range(12):
        async with open_rig(None) as rig:
            source = await answered(rig)
            taken = await rig.host.threads.inheritance(source)
            command = ForkThread(rig.ids.new(), SETTINGS, source_id=source, inherited=taken.events)
            deleting = asyncio.create_task(rig.host.trees.delete(source, ORIGIN))
            for _ in range(delay):
                await asyncio.sleep(0)
            try:
                await rig.host.threads.fork(command, ORIGIN)
                made = [command.thread_id]
            except (ThreadBeingDeleted, ThreadNotFound):
                made = []
            assert (await deleting).surviving_forks == made
            assert [t for t in (command.thread_id,) if rig.host.threads.loaded(t)] == made


async def test_rebuilt_views_of_forks_are_the_live_ones(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        source = await answered(rig)
        fork = await forked(rig, source)
        await forked(rig, fork)
        await rig.host.trees.delete(source, ORIGIN)
        views = all_views()
        live = list(await dump(rig.logs.durable.reads, views))
        await rebuild(rig.logs.durable, views)
        assert list(await dump(rig.logs.durable.reads, views)) == live
        assert sum(line.startswith("turns ") for line in live) == 2
