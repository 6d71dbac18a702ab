"""Deletions that cannot go on: halted in order, resumed by a repeat, patient with the store."""

import asyncio
import errno
import gc
from pathlib import Path
from typing import Any

import pytest

from tests.support.deletions import (
    announced,
    assert_gone,
    assert_usable,
    edge,
    family,
    receipts,
    rows_about,
    stored_tree,
)
from tests.support.hosts import ORIGIN, POLICY, PuppetModel, Rig, open_rig, settle, within
from tests.support.operator_lines import logged_line
from tests.support.store import now
from threadhost.actors.errors import DeletionHalted
from threadhost.actors.runtime import append_errors
from threadhost.actors.thread import RenameThread
from threadhost.events import failpoints
from threadhost.events.ids import tree_stream
from threadhost.events.operator_line import OperatorRecord
from threadhost.events.store import blobs
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreOverloaded, StoreUnavailable
from threadhost.events.tree import (
    EdgeClosed,
    TreeDeletionCompleted,
    TreeDeletionHalted,
    TreeDeletionPlanned,
)
from threadhost.projections.tree import unfinished_deletions

pytestmark = pytest.mark.slices


def refuse_files_of(rig: Rig, monkeypatch: pytest.MonkeyPatch, thread_id: str) -> None:
    """From now on the files of this thread cannot be removed."""
    remove = rig.logs.durable.files.remove

    def refusing(of: str) -> int:
        if of == thread_id:
            raise PermissionError(1, "Operation not permitted", "blob")
        return remove(of)

    monkeypatch.setattr(rig.logs.durable.files, "remove", refusing)


def asyncio_errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The messages that asyncio logged."""
    return [record.message for record in caplog.records if record.name == "asyncio"]


@pytest.mark.parametrize("place", range(5))
async def test_a_file_that_cannot_be_removed_halts_the_deletion_at_its_thread(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    them = await family(rig)
    gone, kept = them.leaf_first[:place], them.leaf_first[place:]
    with monkeypatch.context() as patch:
        refuse_files_of(rig, patch, kept[0])
        with pytest.raises(DeletionHalted) as caught:
            await within(rig.host.trees.delete(them.root, ORIGIN))
    assert str(caught.value) == "failed to delete thread: blob: Operation not permitted"
    assert announced(rig) == gone
    assert_gone(rig, gone)
    assert_usable(rig, kept)
    (halted,) = rig.published_events(TreeDeletionHalted.kind)
    assert (halted.deleted, sorted(halted.remaining)) == (gone, sorted(kept))
    assert list(await unfinished_deletions(rig.logs.durable.reads)) == []
    await rig.turn(kept[0])
    await rig.start(them.root)
    await within(rig.host.trees.delete(them.root, ORIGIN))
    assert announced(rig)[:place] == gone
    assert announced(rig)[-1] == them.root
    assert_gone(rig, them.everyone)


async def test_a_halted_deletion_without_a_waiting_caller_logs_one_line_and_no_loop_error(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = await rig.start()
    refuse_files_of(rig, monkeypatch, root)
    asked = asyncio.create_task(rig.host.trees.delete(root, ORIGIN))

    def leave() -> None:
        asked.cancel()

    failpoints.arm("deletion.planned", leave)
    await asyncio.wait({asked})
    await rig.published(TreeDeletionHalted.kind)
    await settle()
    gc.collect()
    lines = [r.operator_line.code for r in caplog.records if isinstance(r, OperatorRecord)]
    assert (lines, asyncio_errors(caplog)) == (["deletion.halted"], [])


async def test_rows_of_a_missing_thread_stay_while_a_thread_below_cannot_be_deleted(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a repeat would not find what is still there."""
    root, child = await rig.start(), await rig.start()
    for parent, below in ((root, "ghost"), ("ghost", child), ("ghost", "shade")):
        await edge(rig, root, parent, below)
    with monkeypatch.context() as patch:
        refuse_files_of(rig, patch, child)
        with pytest.raises(DeletionHalted):
            await within(rig.host.trees.delete(root, ORIGIN))
    (halted,) = rig.published_events(TreeDeletionHalted.kind)
    assert halted.remaining == [root, "ghost", child]
    assert rows_about(rig, ["shade"])["spawn_edges"] == 0
    assert rows_about(rig, ["ghost"])["spawn_edges"] == 2
    receipt = await within(rig.host.trees.delete(root, ORIGIN))
    assert (receipt.threads, receipt.missing) == (2, 1)
    assert set(rows_about(rig, [root, child, "ghost"]).values()) == {0}


async def test_a_thread_that_is_not_fenced_any_more_is_not_buried(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rule says so, whatever the plan does."""
    them, log = await family(rig), rig.logs.durable
    look = log.stream_heads

    async def unfenced_first(streams: Any) -> Any:
        other = TreeDeletionHalted(
            deletion_id="another", root_id=them.root, reason="", deleted=[], remaining=[them.first]
        )
        await log.append(StreamAppend("tree-another", [other]), meta=ORIGIN.at(1))
        return await look(streams)

    with monkeypatch.context() as patch:
        patch.setattr(log, "stream_heads", unfenced_first)
        with pytest.raises(DeletionHalted, match=f"not fenced .* deletion: {them.first}$"):
            await within(rig.host.trees.delete(them.root, ORIGIN))
    assert announced(rig) == []
    assert_usable(rig, them.everyone)
    await within(rig.host.trees.delete(them.root, ORIGIN))
    assert_gone(rig, them.everyone)


async def test_a_folder_that_is_none_of_ours_halts_the_deletion(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        root = await rig.start()
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "canary").touch()
        (tmp_path / "blobs").mkdir(exist_ok=True)
        link = tmp_path / "blobs" / f"thread-{root}"
        link.symlink_to(elsewhere)
        with pytest.raises(DeletionHalted, match="is not a folder of this store"):
            await within(rig.host.trees.delete(root, ORIGIN))
        assert_usable(rig, [root])
        assert (elsewhere / "canary").exists()
        link.unlink()
        await within(rig.host.trees.delete(root, ORIGIN))
        assert_gone(rig, [root])


class Moody:
    """A log whose appends can be refused for a while."""

    def __init__(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        self.errors: list[Exception] = []
        self.refuses_for_ever: Exception | None = None
        append = rig.logs.durable.append

        async def moody(*args: Any, **named: Any) -> Any:
            if self.errors:
                raise self.errors.pop(0)
            if self.refuses_for_ever is not None:
                raise self.refuses_for_ever
            return await append(*args, **named)

        monkeypatch.setattr(rig.logs.durable, "append", moody)


@pytest.mark.parametrize("step", ["shut_down", "files_removed", "batch_buried", "buried"])
async def test_a_store_that_is_busy_for_a_moment_only_delays_a_deletion(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.002)
    them = await family(rig)
    moody = Moody(rig, monkeypatch)

    def refuse() -> None:
        failpoints.disarm()
        moody.errors += [StoreOverloaded(), StoreUnavailable(), StoreOverloaded()]

    failpoints.arm(f"deletion.{step}", refuse)
    try:
        receipt = await within(rig.host.trees.delete(them.root, ORIGIN))
    finally:
        failpoints.disarm()
    assert (receipt.threads, moody.errors) == (5, [])
    assert_gone(rig, them.everyone)
    assert len(rig.published_events(TreeDeletionCompleted.kind)) == 1


async def test_a_full_store_is_logged_as_a_stuck_deletion_that_goes_on_once_there_is_space(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.002)
    them = await family(rig)
    moody = Moody(rig, monkeypatch)

    def refuse() -> None:
        moody.refuses_for_ever = StoreUnavailable("no space is left")

    failpoints.arm("deletion.shut_down", refuse)
    try:
        for root in (them.root, them.first):
            with pytest.raises(StoreUnavailable, match="no space is left"):
                await within(rig.host.trees.delete(root, ORIGIN))
    finally:
        failpoints.disarm()
    assert len(rig.published_events(TreeDeletionPlanned.kind)) == 1
    assert logged_line(caplog, "deletion.stuck")["fault"] == "no space is left"
    moody.refuses_for_ever = None
    await rig.published(TreeDeletionCompleted.kind)
    assert_gone(rig, them.everyone)


async def test_a_host_closes_even_if_the_store_keeps_a_deletion_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.002)
    async with open_rig(tmp_path) as rig:
        them = await family(rig)
        moody = Moody(rig, monkeypatch)
        failpoints.arm(
            "deletion.shut_down",
            lambda: setattr(moody, "refuses_for_ever", StoreUnavailable("no space is left")),
        )
        with pytest.raises(StoreUnavailable):
            await within(rig.host.trees.delete(them.root, ORIGIN))
        failpoints.disarm()
        await within(rig.host.life.drain(ORIGIN))
    assert asyncio_errors(caplog) == []
    async with open_rig(tmp_path) as rig:
        await within(rig.recover())
        assert_gone(rig, them.everyone)
        (receipt,) = receipts(rig, them.root)
        assert (receipt.threads, receipt.keys, receipt.resumed) == (5, 5, True)
        assert len(set(receipt.key_numbers)) == 5


async def test_a_bug_in_a_view_halts_the_deletion_and_leaves_the_tree_usable(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    them = await family(rig)
    moody = Moody(rig, monkeypatch)
    failpoints.arm("deletion.files_removed", lambda: moody.errors.append(KeyError("a bug")))
    with pytest.raises(DeletionHalted, match=r"^failed to delete thread: internal error \(Key"):
        await within(rig.host.trees.delete(them.root, ORIGIN))
    failpoints.disarm()
    halted = logged_line(caplog, "deletion.halted")
    assert (halted["kind"], "a bug" in str(halted)) == ("KeyError", False)
    assert_usable(rig, them.everyone)
    assert (await within(rig.host.trees.delete(them.root, ORIGIN))).threads == 5


@pytest.mark.parametrize("step", ["planned", "shut_down", "batch_buried", "keys_destroyed"])
async def test_a_tree_whose_actor_dies_is_deleted_all_the_same(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.002)
    them = await family(rig)

    def die() -> None:
        failpoints.disarm()
        now(rig.host.trees.actors.get(them.root)).kill()

    failpoints.arm(f"deletion.{step}", die)
    try:
        receipt = await within(rig.host.trees.delete(them.root, ORIGIN))
    finally:
        failpoints.disarm()
    assert receipt.threads == 5
    assert receipts(rig, them.root) == [receipt]
    assert_gone(rig, them.everyone)


@pytest.mark.parametrize("spawns", [False, True])
async def test_a_tree_actor_behind_its_log_is_folded_again(rig: Rig, *, spawns: bool) -> None:
    root = await rig.start()
    everyone = [root, await rig.start(root)]
    tree, log = (await rig.host.trees.actors.get(root)).tree, rig.logs.durable
    behind_its_back = StreamAppend(tree_stream(root), [EdgeClosed(child_id=everyone[1])])
    await log.append(behind_its_back, meta=ORIGIN.at(1))
    assert (await rig.host.trees.actors.get(root)).tree is tree
    if spawns:
        everyone.append(await within(rig.start(root)))
    assert (await within(rig.host.trees.delete(root, ORIGIN))).threads == len(everyone)
    assert_gone(rig, everyone)


async def test_idle_tree_actors_are_released_and_loaded_again_for_a_deletion(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.host.trees.actors, "_kept_max", 3)
    roots = []
    for _ in range(8):
        threads = await stored_tree(rig, 3)
        roots.append(threads)
        await rig.host.trees.preview(threads[0])
        fleeting = await rig.start(threads[1], ephemeral=True)
        threads.append(fleeting)
    assert len(rig.host.trees.actors) == 3
    for threads in roots:
        assert set((await rig.host.trees.preview(threads[0])).order) == set(threads)
        await within(rig.host.trees.delete(threads[0], ORIGIN))
        assert_gone(rig, threads[:3])


async def test_unknown_threads_do_not_push_trees_out(rig: Rig) -> None:
    for n in range(5):
        with pytest.raises(Exception, match="not found"):
            await rig.host.trees.delete(f"nobody-{n}", ORIGIN)
    assert len(rig.host.trees.actors) == 0


async def test_a_resumed_deletion_is_carried_out_once_and_marked_as_resumed(tmp_path: Path) -> None:
    rig = Rig(tmp_path, PuppetModel(), POLICY)
    them = await family(rig)
    await rig.host.life.unload(them.everyone, "test", ORIGIN)
    monkey: asyncio.Task[Any] | None = None
    closing: list[asyncio.Task[None]] = []

    def stop() -> None:
        assert monkey is not None
        monkey.cancel()
        closing.append(asyncio.create_task(rig.host.trees.deletions.close()))

    failpoints.arm("deletion.files_removed", stop)
    monkey = asyncio.create_task(rig.host.trees.delete(them.root, ORIGIN))
    await asyncio.wait({monkey})
    failpoints.disarm()
    await settle()
    await rig.close_logs()
    async with open_rig(tmp_path) as again:
        assert len(await unfinished_deletions(again.logs.durable.reads)) == 1
        await within(asyncio.gather(again.recover(), again.recover()))
        assert_gone(again, them.everyone)
        (receipt,) = receipts(again, them.root)
        assert (receipt.threads, receipt.keys, receipt.resumed) == (5, 5, True)
        assert len(set(receipt.key_numbers)) == 5
        principals = {
            fact.meta.principal
            for fact in await again.logs.durable.read_stream(tree_stream(them.root))
            if fact.kind == TreeDeletionCompleted.kind
        }
        assert principals == {"policy:test"}


async def test_of_a_tree_only_the_deletion_that_did_not_end_is_resumed(rig: Rig) -> None:
    them, deletions = await family(rig), rig.host.trees.deletions
    closing: list[asyncio.Task[None]] = []
    await within(rig.host.trees.delete(them.second, ORIGIN))
    failpoints.arm(
        "deletion.planned", lambda: closing.append(asyncio.create_task(deletions.close()))
    )
    with pytest.raises(StoreUnavailable, match="the host closed before"):
        await within(rig.host.trees.delete(them.first, ORIGIN))
    failpoints.disarm()
    running = list[int]()
    for plan in rig.published_events(TreeDeletionPlanned.kind):
        await deletions.resume(them.root, plan.deletion_id)
        running.append(deletions.running)
    await within(deletions.finish())
    assert running == [0, 1]
    assert [receipt.resumed for receipt in receipts(rig, them.root)] == [False, True]
    assert_gone(rig, [them.first, them.second, *them.grandchildren])


async def test_a_thread_whose_files_are_removed_is_deleted_though_the_folder_cannot_be_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> None:
        raise OSError(errno.EIO, "Input/output error", str(path))

    async with open_rig(tmp_path) as rig:
        thread_id = await rig.start()
        await rig.host.threads.ask(thread_id, RenameThread("x" * 100_000), ORIGIN)
        assert len([*(tmp_path / "blobs").iterdir()]) == 1
        monkeypatch.setattr(blobs, "sync_folder", fail)
        receipt = await within(rig.host.trees.delete(thread_id, ORIGIN))
        assert receipt.threads == 1
        assert_gone(rig, [thread_id])
    assert [*(tmp_path / "blobs").iterdir()] == []
