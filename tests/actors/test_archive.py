"""Archiving under fire: whoever takes a thread up meanwhile, all are put away or none is."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.hosts import ORIGIN, Rig, open_rig
from tests.support.steps import step
from tests.support.store import now
from threadhost.actors.errors import (
    AlreadyArchived,
    NotArchived,
    ThreadArchived,
    ThreadBeingDeleted,
    ThreadNotFound,
)
from threadhost.actors.runtime.archiving import Archiving
from threadhost.actors.runtime.shutdown import Stopped
from threadhost.actors.thread import RenameThread
from threadhost.actors.tree import PlanDeletion, decide, subtree
from threadhost.events import thread as facts
from threadhost.events.fold import no_tree
from threadhost.events.ids import tree_stream
from threadhost.events.store.committer import StreamAppend

STARTS_MAX = 300


def archived_threads(rig: Rig) -> set[str]:
    """The threads that the log records as archived."""
    found = now(rig.logs.durable.read(0, 1000))
    return {
        fact.stream.removeprefix("thread-")
        for fact in found
        if isinstance(fact.event, facts.ThreadArchived)
    }


async def test_a_thread_that_is_activated_meanwhile_is_stopped_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig(tmp_path) as rig:
        root = await rig.start()
        child = await rig.start(parent_id=root)
        stops: list[int] = []

        async def unload(*args: Any, **how: Any) -> Stopped:
            stopped = await rig.host.life.unload(*args, **how)
            stops.append(stopped.stopped)
            if len(stops) == 1:
                await rig.host.threads.activate(child, "test")
            return stopped

        archiving = rig.host.trees.archiving._replace(unload=unload)
        monkeypatch.setattr(rig.host.trees, "archiving", archiving)
        await rig.host.trees.archive(root, ORIGIN)
        assert stops == [2, 1]
        assert archived_threads(rig) == {root, child}
        assert rig.host.live.ids() == ()


@pytest.mark.parametrize("moment", ["unload", "_archive_all"])
async def test_no_thread_starts_below_a_thread_while_it_is_being_archived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    async with open_rig(tmp_path) as rig:
        root = await rig.start()
        child = await rig.start(parent_id=root)
        where: Any = Archiving if moment == "_archive_all" else rig.host.life
        real, refused = getattr(where, moment), list[object]()

        async def slowly(*args: Any, **how: Any) -> Any:
            starts = [rig.start(parent_id=parent) for parent in (root, child)]
            refused.extend(await asyncio.gather(*starts, return_exceptions=True))
            return await real(*args, **how)

        archiving = rig.host.trees.archiving._replace(unload=slowly)
        if moment == "unload":
            monkeypatch.setattr(rig.host.trees, "archiving", archiving)
        else:
            monkeypatch.setattr(Archiving, moment, slowly)
        await rig.host.trees.archive(root, ORIGIN)
        assert [type(error) for error in refused] == [ThreadArchived, ThreadArchived]
        assert archived_threads(rig) == {root, child}
        await rig.host.trees.unarchive(root, ORIGIN)
        assert await rig.start(parent_id=root)


@pytest.mark.slices
async def test_starts_elsewhere_in_a_tree_do_not_hold_an_archive_up(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        root = await rig.start()
        here, there = [await rig.start(parent_id=root) for _ in range(2)]
        started: list[str] = []

        async def start_on() -> None:
            while len(started) < STARTS_MAX:
                started.append(await rig.start(parent_id=there))

        starting = asyncio.gather(*(start_on() for _ in range(4)))
        await rig.host.trees.archive(here, ORIGIN)
        assert len(started) < STARTS_MAX
        await starting


@pytest.mark.few(1)
@pytest.mark.parametrize("seed", range(8))
async def test_starts_that_race_an_archive_are_refused_or_archived_too(
    tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    async with open_rig(tmp_path) as rig:
        root = await rig.start()

        async def later(work: Coroutine[None, None, object]) -> object:
            for _ in range(random.randrange(40)):
                await asyncio.sleep(0)
            return await work

        starts = [rig.start(parent_id=root) for _ in range(12)]
        work = [later(rig.host.trees.archive(root, ORIGIN)), *map(later, starts)]
        _, *found = await asyncio.gather(*work, return_exceptions=True)
        started = {thread_id for thread_id in found if isinstance(thread_id, str)}
        assert archived_threads(rig) == {root, *started}
        refused = [error for error in found if not isinstance(error, str)]
        assert {type(error) for error in refused} <= {ThreadArchived}


async def test_a_thread_that_is_renamed_during_its_archive_keeps_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_rig(tmp_path) as rig:
        root = await rig.start()
        real = step(Archiving, "_archive_append")
        named: list[str] = []

        async def slowly(self: Archiving, thread_id: str, root_id: str) -> Any:
            append = await real(self, thread_id, root_id)
            if rig.host.threads.loaded(thread_id) is None and not named:
                named.append(thread_id)
                await rig.host.threads.amend(thread_id, RenameThread("late"), ORIGIN)
            return append

        monkeypatch.setattr(Archiving, "_archive_append", slowly)
        await rig.host.trees.archive(root, ORIGIN)
        stored = (await rig.host.logs.stored(root)).state
        assert (stored.name, stored.archived, named) == ("late", True, [root])


async def test_of_a_tree_all_are_archived_in_one_transaction_or_none(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        root = await rig.start()
        for _ in range(3):
            await rig.start(parent_id=root)
        await rig.host.trees.archive(root, ORIGIN)
        archived = [
            fact.position
            for fact in await rig.logs.durable.read(0, 1000)
            if isinstance(fact.event, facts.ThreadArchived)
        ]
        assert archived == list(range(archived[0], archived[0] + 4))


async def test_a_descendant_that_is_archived_already_is_not_archived_again(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        root = await rig.start()
        child = await rig.start(parent_id=root)
        await rig.host.trees.archive(child, ORIGIN)
        before = rig.kinds(child)
        await rig.host.trees.archive(root, ORIGIN)
        assert rig.kinds(child) == before
        with pytest.raises(AlreadyArchived):
            await rig.host.trees.archive(root, ORIGIN)


async def test_an_archived_thread_is_not_activated(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        root = await rig.start()
        await rig.host.trees.archive(root, ORIGIN)
        with pytest.raises(ThreadArchived):
            await rig.host.threads.activate(root, "test")
        await rig.host.trees.unarchive(root, ORIGIN)
        await rig.host.threads.activate(root, "test")
        assert rig.host.threads.status(root) == "idle"


async def test_a_thread_that_is_being_deleted_is_neither_archived_nor_unarchived(
    tmp_path: Path,
) -> None:
    async with open_rig(tmp_path) as rig:
        root, other = await rig.start(), await rig.start()
        await rig.host.trees.archive(other, ORIGIN)
        for thread_id in (root, other):
            plan = PlanDeletion(
                f"d-{thread_id}", thread_id, subtree(thread_id, no_tree(), no_tree())
            )
            events = StreamAppend(tree_stream(thread_id), decide(plan, no_tree(thread_id)))
            await rig.logs.durable.append(events, meta=ORIGIN.at(1))
        with pytest.raises(ThreadBeingDeleted):
            await rig.host.trees.archive(root, ORIGIN)
        with pytest.raises((ThreadBeingDeleted, ThreadNotFound)):  # by now it may be gone
            await rig.host.trees.unarchive(other, ORIGIN)


async def test_of_concurrent_archives_of_one_thread_all_but_one_are_refused(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        root = await rig.start()
        child = await rig.start(parent_id=root)
        asked = [rig.host.trees.archive(thread_id, ORIGIN) for thread_id in (root, child, root)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in answers].count(AlreadyArchived) >= 1
        assert rig.kinds(child).count("thread.archived") == 1
        assert rig.kinds(root).count("thread.archived") == 1
        again = [rig.host.trees.unarchive(child, ORIGIN) for _ in range(3)]
        answers = await asyncio.gather(*again, return_exceptions=True)
        assert [type(answer) for answer in answers].count(NotArchived) == 2
        assert rig.kinds(child).count("thread.unarchived") == 1
