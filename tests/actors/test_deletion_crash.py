"""The host dies at every point that a deletion comes to; the next start finishes it by itself."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.deletion_crash import POINTS
from tests.support.deletions import assert_gone, family, receipts, rows_about
from tests.support.dying import DIED, run_doomed
from tests.support.hosts import POLICY, PuppetModel, Rig, open_rig, settle, within
from threadhost.actors.errors import ThreadNotFound
from threadhost.events.host import ErasureConfirmed
from threadhost.events.ids import thread_stream
from threadhost.events.thread import ThreadDeleted
from threadhost.events.tree import TreeDeletionCompleted, TreeDeletionPlanned
from threadhost.events.turn import TurnCompleted
from threadhost.projections import all_views
from threadhost.projections.rebuild import dump, rebuild
from threadhost.projections.tree import unconfirmed_erasures, unfinished_deletions

pytestmark = pytest.mark.slices

LARGE = "x" * 100_000


@dataclass(frozen=True)
class Scene:
    """A home with a tree to delete and one to keep, and how often a deletion reaches each point."""

    home: Path
    tree: list[str]
    kept: str
    reached: dict[str, int]


def in_a_process(home: Path, root: str, point: str, times: int) -> tuple[int, str]:
    """Delete the tree in a process of its own; its exit code and output."""
    return run_doomed("deletion_crash", home, root, point, times)


async def set_up(home: Path) -> tuple[list[str], str]:
    async with open_rig(home, PuppetModel("ok")) as rig:
        them = await family(rig)
        kept = await rig.start()
        for thread_id in (them.root, them.second, kept):
            await rig.turn(thread_id, LARGE)
            await rig.published(TurnCompleted.kind, thread_stream(thread_id))
    return them.everyone, kept


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    home, trial = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("trial") / "home"
    tree, kept = asyncio.run(set_up(home))
    shutil.copytree(home, trial)
    code, output = in_a_process(trial, tree[0], "none", 0)
    assert code == 0
    return Scene(home, tree, kept, json.loads(output))


@asynccontextmanager
async def restarted(home: Path) -> AsyncIterator[Rig]:
    async with open_rig(home, PuppetModel("still here"), POLICY) as rig:
        await within(rig.recover())
        yield rig


async def verify(rig: Rig, scene: Scene, point: str) -> None:
    """Wholly deleted or not at all; never half, never twice, and nothing else is touched."""
    log, tree = rig.logs.durable, scene.tree
    whole = await log.read(0, 100_000)
    planned = [f for f in whole if f.kind == TreeDeletionPlanned.kind]
    completed = [f for f in whole if f.kind == TreeDeletionCompleted.kind]
    buried = [f.event.thread_id for f in whole if isinstance(f.event, ThreadDeleted)]
    assert len(planned) == len(completed) <= 1
    assert list(await unfinished_deletions(log.reads)) == []
    if not planned:
        assert point in ("store.begin", "store.before_commit", "store.committed")
        assert buried == []
        await rig.turn(tree[0])
        return
    assert sorted(buried) == sorted(tree)
    assert buried[-1] == tree[0]
    assert_gone(rig, tree)
    (receipt,) = receipts(rig, tree[0])
    assert (receipt.threads, receipt.missing, receipt.keys) == (5, 0, 5)
    assert completed[0].meta.principal == planned[0].meta.principal
    if not receipt.resumed:
        assert (receipt.files, receipt.rows["threads"]) == (2, 5)
    with pytest.raises(ThreadNotFound):
        await rig.turn(tree[0])
    if list(await unconfirmed_erasures(log.reads)):
        await rig.published(ErasureConfirmed.kind)
    confirmed = [
        f.event for f in await log.read(0, 100_000) if isinstance(f.event, ErasureConfirmed)
    ]
    assert [d for e in confirmed for d in e.deletion_ids] == [planned[0].event.deletion_id]  # type: ignore[union-attr]


async def die_and_recover(scene: Scene, home: Path, point: str, times: int) -> None:
    shutil.copytree(scene.home, home)
    code, _ = in_a_process(home, scene.tree[0], point, times)
    assert code == DIED, "the process did not come to the point where it was to die"
    async with restarted(home) as rig:
        await verify(rig, scene, point)
        assert rows_about(rig, [scene.kept])["threads"] == 1
        await rig.turn(scene.kept)
        await rig.published(TurnCompleted.kind, thread_stream(scene.kept))
        views = all_views()
        live = list(await dump(rig.logs.durable.reads, views))
        await rebuild(rig.logs.durable, views)
        assert list(await dump(rig.logs.durable.reads, views)) == live
        await settle()


@pytest.mark.parametrize("point", ["batch_buried", "completed"])
async def test_a_host_that_dies_at_a_step_finishes_the_deletion_at_its_next_start(
    scene: Scene, tmp_path: Path, point: str
) -> None:
    await die_and_recover(scene, tmp_path / "home", f"deletion.{point}", 0)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_host_that_dies_at_any_point_any_time_leaves_no_half_deleted_tree(
    scene: Scene, tmp_path: Path
) -> None:
    assert set(scene.reached) == set(POINTS)
    deaths = [(point, n) for point, times in scene.reached.items() for n in range(times)]
    assert len(deaths) > 20
    for point, times in deaths:
        await die_and_recover(scene, tmp_path / f"{point}-{times}", point, times)
