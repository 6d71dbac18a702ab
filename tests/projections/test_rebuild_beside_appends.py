"""Views made anew beside all else that goes through a log: both come to what they come to alone."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path

import pytest

from tests.actors.test_fork import forked
from tests.actors.test_retention import Applies
from tests.support.hosts import ORIGIN, Rig
from tests.support.jobs import begun, job_rig
from tests.support.reclaim import reclaim_all
from tests.support.store import database_of, message
from threadhost.actors.runtime import copying, erasure, forking, reclaiming
from threadhost.actors.thread import RenameThread
from threadhost.events import failpoints
from threadhost.events.base import Event
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.sqlite import purge
from threadhost.events.thread import ThreadConfigured, ThreadRenamed, ThreadSettings, ThreadStarted
from threadhost.events.tree import ThreadSpawned
from threadhost.events.turn import TurnCompleted, TurnStarted
from threadhost.projections import all_views, online_rebuild, rebuild
from threadhost.projections.online_rebuild import OnlineRebuild

TREES, WORDS = 6, 3_000
SETTINGS = ThreadSettings(cwd="/", model="puppet-1", model_provider="puppet")
ODD = (
    "UPDATE threads SET archived = TRUE WHERE parent_id IS NULL",
    "DELETE FROM turns WHERE position % 3 = 0",
    "UPDATE items SET turn_id = 'another' WHERE position % 2 = 0",
    "UPDATE thread_texts SET name = 'not to be'",
    "DELETE FROM spawn_edges",
)
OTHERWISE = "DROP INDEX threads_parent"
Act = Callable[[Rig, Sequence[str]], Coroutine[None, None, None]]


@pytest.fixture(autouse=True)
def in_small_steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All that goes on, and no hook outlives its test."""
    for owner, name, value in (
        (rebuild, "PAGE_EVENTS", 20),
        (online_rebuild, "LEFT_EVENTS", 10),
        (online_rebuild, "ROWS_A_LOOK", 5),
        (forking, "AT_ONCE_EVENTS_MAX", 0),
        (copying, "SLICE_BYTES", 500),
        (purge, "PURGED_ROWS", 8),
        (purge, "LOOSE_BYTES_MIN", 512),
        (purge, "FREE_PAGES_MIN", 2),
        (reclaiming, "DELAY_S", 100),
        (erasure, "DELAY_S", 100),
    ):
        monkeypatch.setattr(owner, name, value)
    yield
    failpoints.disarm()


async def grown(rig: Rig) -> list[str]:
    """Trees of two that have said something; their roots."""
    roots = [rig.ids.new() for _ in range(TREES)]
    for root in roots:
        child = rig.ids.new()
        edge = ThreadSpawned(parent_id=root, child_id=child, depth=1)
        appends = [StreamAppend(thread_stream(root), spoken(root, root, None), 0)]
        appends.append(StreamAppend(thread_stream(child), spoken(child, root, root), 0))
        await rig.logs.durable.append(
            *appends, StreamAppend(tree_stream(root), [edge], 0), meta=ORIGIN.at(1)
        )
    return roots


def spoken(thread_id: str, root: str, parent: str | None) -> list[Event]:
    """What a thread of one turn comes to."""
    turn = f"turn-{thread_id}"
    return [
        ThreadStarted(thread_id=thread_id, session_id=root, parent_id=parent, source="cli"),
        ThreadConfigured(settings=SETTINGS),
        ThreadRenamed(name="x" * WORDS),
        TurnStarted(turn_id=turn, started_at_ms=1),
        message("an answer", turn),
        TurnCompleted(turn_id=turn, outcome="completed", started_at_ms=1, completed_at_ms=2),
    ]


async def deletes(rig: Rig, roots: Sequence[str]) -> None:
    """The oldest and the newest, and all that they took is given back."""
    for root in (roots[0], roots[-1]):
        await rig.host.trees.delete(root, ORIGIN)
    await reclaim_all(rig.logs.durable)


async def keeps_by_rules(rig: Rig, roots: Sequence[str]) -> None:
    """Rules let all trees go but two that are followed."""
    applies = Applies(rig)
    applies.followed.update(roots[2:4])
    assert len(await applies.run()) >= TREES - 2
    await reclaim_all(rig.logs.durable)


async def forks(rig: Rig, roots: Sequence[str]) -> None:
    """A fork, a fork of that, and the first is deleted."""
    fork = await forked(rig, roots[0])
    await forked(rig, fork)
    await rig.host.trees.delete(fork, ORIGIN)


async def renames(rig: Rig, roots: Sequence[str]) -> None:
    """Rows that were wrong change, too."""
    for root in roots:
        await rig.host.threads.ask(root, RenameThread(f"name of {root}"), ORIGIN)


async def works(rig: Rig, roots: Sequence[str]) -> None:
    """A job is done and deleted, another is done."""
    for is_deleted in (True, False):
        job = await begun(rig, 4, roots[1], page_rows=2)
        await job.finished()
        if is_deleted:
            await rig.host.jobs.delete(job.job_id, ORIGIN)


async def all_of_it(rig: Rig, roots: Sequence[str]) -> None:
    """At once."""
    await asyncio.gather(
        *(act(rig, roots[2:]) for act in (deletes, forks, renames, works)),
        return_exceptions=True,
    )


@pytest.mark.slices
@pytest.mark.parametrize("edited", [ODD, (*ODD, OTHERWISE)])
@pytest.mark.parametrize("point", ["views.filled", "views.compared"])
@pytest.mark.parametrize("act", [deletes, keeps_by_rules, forks, renames, works, all_of_it])
async def test_changes_during_a_rebuild_give_the_same_views_as_changes_without_one(
    act: Act, point: str, edited: tuple[str, ...], tmp_path: Path
) -> None:
    async with job_rig(home=tmp_path) as rig:
        log, roots = rig.logs.durable, await grown(rig)
        with database_of(log).transaction() as connection:
            for statement in edited:
                connection.execute(statement)
        loop, acts = asyncio.get_running_loop(), [act]

        def happens() -> None:
            while acts:
                work = acts.pop()(rig, roots)
                asyncio.run_coroutine_threadsafe(work, loop).result(20)

        failpoints.arm(point, happens)
        assert (await OnlineRebuild(log, all_views()).run(lambda _done, _total: None)).changed
        assert not acts
        renewed = await rebuild.dump(log.reads, all_views())
        await rebuild.rebuild(log, all_views())
        assert await rebuild.dump(log.reads, all_views()) == renewed
