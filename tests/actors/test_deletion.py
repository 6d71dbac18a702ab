"""Deleting trees of threads: what goes, in which order, and that nothing of it is left."""

from pathlib import Path

import pytest

from tests.support.databases import changed
from tests.support.deletions import (
    announced,
    assert_gone,
    assert_usable,
    close_edge,
    edge,
    family,
    receipts,
    rows_about,
    stored_tree,
)
from tests.support.hosts import ORIGIN, Rig, message, open_rig, within
from threadhost.actors.errors import DeletionNotSupported, ThreadNotFound, ThreadNotPersisted
from threadhost.actors.origin import policy
from threadhost.actors.runtime.erasure import DELAY_S
from threadhost.actors.tree import DEFAULT_TERMS
from threadhost.events.host import ErasureConfirmed
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadActivated
from threadhost.events.tree import (
    DeletionReceipt,
    TreeDeletionCompleted,
    TreeDeletionPlanned,
    TreeFilesRemoved,
    TreeShutdownCompleted,
    TreeTargetsReleased,
)
from threadhost.events.turn import TurnCompleted
from threadhost.projections.goal import GOALS

LARGE = "x" * 100_000
"""More than is kept inline: it becomes a file of its thread."""


def files_in(folder: Path) -> dict[str, bytes]:
    """What each file below a folder holds."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def answered(rig: Rig, thread_id: str, text: str = "hi") -> None:
    """Have a turn answered."""
    await rig.turn(thread_id, text)
    (await rig.model.asked()).say(*message("ok")).end()
    await rig.published(TurnCompleted.kind, thread_stream(thread_id))


async def test_descendants_go_grandchild_child_parent(rig: Rig) -> None:
    root = await rig.start()
    child = await rig.start(root)
    grandchild = await rig.start(child)
    receipt = await rig.host.trees.delete(root, ORIGIN)
    assert announced(rig) == [grandchild, child, root]
    assert (receipt.threads, receipt.missing, receipt.ephemeral) == (3, 0, 0)
    assert_gone(rig, [root, child, grandchild])


async def test_a_live_tree_is_deleted_leaf_first_and_nothing_stays_loaded(rig: Rig) -> None:
    them = await family(rig)
    await rig.host.trees.delete(them.root, ORIGIN)
    assert announced(rig) == them.leaf_first
    assert list(rig.host.live.ids()) == []
    assert_gone(rig, them.everyone)


async def test_a_live_ephemeral_thread_is_refused_and_stays_loaded(rig: Rig) -> None:
    thread_id = await rig.start(ephemeral=True)
    refusal = f"^thread is not persisted and cannot be deleted: {thread_id}$"
    with pytest.raises(ThreadNotPersisted, match=refusal):
        await rig.host.trees.delete(thread_id, ORIGIN)
    assert list(rig.host.live.ids()) == [thread_id]
    await rig.turn(thread_id)
    assert rig.host.threads.status(thread_id) == "active"


async def test_a_store_that_cannot_delete_refuses_every_deletion_and_preview(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, trees = await rig.start(), rig.host.trees
    monkeypatch.setattr(Log, "can_delete", property(lambda _: False))
    wanted = (trees.delete(root, ORIGIN), trees.delete_on_terms(root, root, ORIGIN, DEFAULT_TERMS))
    for deleting in (*wanted, trees.preview(root)):
        with pytest.raises(DeletionNotSupported):
            await deleting
    assert_usable(rig, [root])


async def test_an_unloaded_root_with_live_descendants_is_deleted(rig: Rig) -> None:
    root = await rig.start()
    child = await rig.start(root)
    await rig.turn(child)
    await rig.host.life.unload([root], "test", ORIGIN)
    await rig.host.trees.delete(root, ORIGIN)
    assert announced(rig) == [child, root]
    assert_gone(rig, [root, child])


async def test_a_stored_tree_is_deleted_without_being_loaded(rig: Rig) -> None:
    them = await family(rig)
    await rig.host.life.unload(them.everyone, "test", ORIGIN)
    loaded = len(rig.published_events(ThreadActivated.kind))
    await rig.host.trees.delete(them.root, ORIGIN)
    assert announced(rig) == them.leaf_first
    assert len(rig.published_events(ThreadActivated.kind)) == loaded
    assert rig.published_events(TreeShutdownCompleted.kind) == []


async def test_a_deletion_of_a_subtree_leaves_the_rest_of_the_tree_usable(rig: Rig) -> None:
    them = await family(rig)
    await rig.host.trees.delete(them.first, ORIGIN)
    assert_gone(rig, [them.first, *them.grandchildren])
    assert_usable(rig, [them.root, them.second])
    again = await rig.start(them.root)
    assert rig.host.threads.status(again) == "idle"


async def test_closed_edges_are_deleted_along(rig: Rig) -> None:
    them = await family(rig)
    await close_edge(rig, them.root, them.first)
    await rig.host.trees.delete(them.root, ORIGIN)
    assert_gone(rig, them.everyone)


async def test_a_descendant_that_never_existed_loses_its_edge_and_is_not_announced(
    rig: Rig,
) -> None:
    root = await rig.start()
    await edge(rig, root, root, "ghost")
    receipt = await rig.host.trees.delete(root, ORIGIN)
    assert (receipt.threads, receipt.missing) == (1, 1)
    assert announced(rig) == [root]
    assert set(rows_about(rig, ["ghost", root]).values()) == {0}
    assert await rig.logs.durable.stream_head(thread_stream("ghost")) is None


async def test_rows_of_threads_that_never_existed_are_deleted_and_counted_as_missing(
    rig: Rig,
) -> None:
    """One ghost below another: no tombstone of a thread above or below takes their edge along."""
    root = await rig.start()
    await edge(rig, root, root, "ghost")
    await edge(rig, root, "ghost", "shade")
    goal = {c.name: 1 for c in GOALS.columns} | {"thread_id": "shade", "status": "active"}
    await rig.logs.durable.transact(lambda tx: tx.write(GOALS.insert().text, [goal]))
    receipt = await rig.host.trees.delete(root, ORIGIN)
    assert (receipt.threads, receipt.missing) == (1, 2)
    assert (receipt.rows["spawn_edges"], receipt.rows["thread_goals"]) == (2, 1)
    assert announced(rig) == [root]
    assert set(rows_about(rig, ["ghost", "shade", root]).values()) == {0}
    (released,) = rig.published_events(TreeTargetsReleased.kind)
    assert released.thread_ids == ["shade", "ghost"]
    tree = (await rig.host.trees.actors.get(root)).tree
    assert (dict(tree.nodes), dict(tree.children), tree.fenced) == ({}, {}, frozenset())


async def test_threads_below_a_descendant_that_never_existed_are_deleted_too(rig: Rig) -> None:
    root = await rig.start()
    child = await rig.start()
    await edge(rig, root, root, "ghost")
    await edge(rig, root, "ghost", child)
    receipt = await rig.host.trees.delete(root, ORIGIN)
    assert (receipt.threads, receipt.missing) == (2, 1)
    assert announced(rig) == [child, root]


async def test_threads_below_a_root_that_was_never_stored_are_deleted(rig: Rig) -> None:
    child = await rig.start()
    await edge(rig, "ghost", "ghost", child)
    receipt = await rig.host.trees.delete("ghost", ORIGIN)
    assert (receipt.threads, receipt.missing) == (1, 1)
    assert announced(rig) == [child]


async def test_a_cycle_in_damaged_data_is_deleted_once_around(rig: Rig) -> None:
    one, two, three = [await rig.start() for _ in range(3)]
    for parent, child in ((one, two), (two, three), (three, one)):
        await edge(rig, one, parent, child)
    receipt = await within(rig.host.trees.delete(one, ORIGIN))
    assert receipt.threads == 3
    assert sorted(announced(rig)) == sorted([one, two, three])
    assert announced(rig)[-1] == one
    assert_gone(rig, [one, two, three])


async def test_the_deletion_of_a_deleted_or_unknown_thread_is_refused_as_not_found(
    rig: Rig,
) -> None:
    root = await rig.start()
    await rig.host.trees.delete(root, ORIGIN)
    for thread_id in (root, "nobody"):
        with pytest.raises(ThreadNotFound, match=f"^thread not found: {thread_id}$"):
            await rig.host.trees.delete(thread_id, ORIGIN)
    assert announced(rig) == [root]


async def test_ephemeral_descendants_are_stopped_and_announced_first(rig: Rig) -> None:
    root = await rig.start()
    child = await rig.start(root)
    fleeting = await rig.start(root, ephemeral=True)
    below = await rig.start(fleeting, ephemeral=True)
    await rig.turn(fleeting)
    receipt = await rig.host.trees.delete(root, ORIGIN)
    assert announced(rig) == [below, fleeting, child, root]
    assert (receipt.threads, receipt.missing, receipt.ephemeral) == (2, 0, 2)
    assert list(rig.host.live.ids()) == []
    assert not rig.logs.is_ephemeral(fleeting)
    memory = rig.logs.ephemeral
    for stream in (thread_stream(fleeting), thread_stream(below), tree_stream(root)):
        assert await memory.stream_head(stream) is None


async def test_a_busy_thread_ends_its_turn_before_it_is_deleted(rig: Rig) -> None:
    root = await rig.start()
    await rig.turn(root)
    call = await rig.model.asked()
    await rig.host.trees.delete(root, ORIGIN)
    assert call.closed.is_set()
    (ended,) = rig.published_events(TurnCompleted.kind)
    assert (ended.outcome, ended.reason) == ("interrupted", "delete")
    kinds = [fact.kind for fact in rig.seen]
    assert kinds.index(TurnCompleted.kind) < kinds.index("thread.deleted.v1")


async def test_every_step_of_a_deletion_is_in_the_log_with_its_principal(rig: Rig) -> None:
    them = await family(rig)
    await rig.host.trees.delete(them.root, policy("someone", "asked", "test"))
    steps = (await rig.logs.durable.read_stream(tree_stream(them.root)))[4:]
    assert [fact.kind for fact in steps] == [
        TreeDeletionPlanned.kind,
        TreeShutdownCompleted.kind,
        TreeDeletionCompleted.kind,
    ]
    assert {fact.meta.principal for fact in steps} == {"policy:someone"}
    planned, shut_down = steps[0].event, steps[1].event
    assert isinstance(planned, TreeDeletionPlanned)
    assert [t.thread_id for t in planned.targets] == them.leaf_first[::-1]
    assert isinstance(shut_down, TreeShutdownCompleted)
    assert (shut_down.stopped, shut_down.timed_out) == (5, [])


async def test_the_receipt_counts_exactly_the_rows_files_and_keys_that_existed(rig: Rig) -> None:
    them = await family(rig)
    for thread_id in (them.root, them.second):
        await answered(rig, thread_id, LARGE)
    before = rows_about(rig, them.everyone)
    files = sum(len(rig.logs.durable.files.list(t)) for t in them.everyone)
    assert files == (2 if rig.home else 0)
    heads = await rig.logs.durable.stream_heads(list(map(thread_stream, them.everyone)))
    numbers = sorted(head.key_id for head in heads.values() if head.key_id is not None)
    receipt = await rig.host.trees.delete(them.root, ORIGIN)
    assert len(set(numbers)) == 5
    assert receipt == DeletionReceipt(
        threads=5,
        files=files,
        keys=5,
        key_numbers=numbers,
        rows={k: n for k, n in before.items() if n},
    )
    assert receipts(rig, them.root) == [receipt]
    assert len(rig.published_events(TreeFilesRemoved.kind)) == (1 if rig.home else 0)
    assert_gone(rig, them.everyone)


@pytest.mark.slices
async def test_erasure_is_confirmed_about_a_second_later_for_deletions_together(rig: Rig) -> None:
    roots = [await rig.start() for _ in range(3)]
    for root in roots:
        await rig.host.trees.delete(root, ORIGIN)
    await rig.published(ErasureConfirmed.kind)
    assert DELAY_S <= 1
    planned = [event.deletion_id for event in rig.published_events(TreeDeletionPlanned.kind)]
    confirmed = [fact for fact in rig.seen if isinstance(fact.event, ErasureConfirmed)]
    last = [f.position for f in rig.seen if f.kind == TreeDeletionCompleted.kind][-1]
    assert [event.deletion_ids for event in rig.published_events(ErasureConfirmed.kind)] == [
        [deletion_id] for deletion_id in planned
    ]
    assert len({fact.decision for fact in confirmed}) == 1
    assert all(last < fact.position for fact in confirmed)


async def test_a_closing_host_confirms_pending_erasures(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        await rig.host.trees.delete(await rig.start(), ORIGIN)
    assert len(rig.published_events(ErasureConfirmed.kind)) == 1


async def test_the_keys_of_deleted_threads_are_destroyed(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        kept, root = await rig.start(), await rig.start()
        streams = (thread_stream(kept), thread_stream(root))
        heads = [await rig.logs.durable.stream_head(stream) for stream in streams]
        ids = [head.key_id for head in heads if head is not None]
        receipt = await rig.host.trees.delete(root, ORIGIN)
        assert receipt.key_numbers == ids[1:]
        with changed(tmp_path / "keys.db") as keys:
            found = keys.execute("SELECT id FROM keys WHERE id IN (?, ?)", ids).fetchall()
        keys.close()
        assert found == [(ids[0],)]


@pytest.mark.slices
async def test_no_byte_of_a_deleted_thread_is_left_in_the_home(tmp_path: Path) -> None:
    async with open_rig(tmp_path) as rig:
        root = await rig.start()
        await answered(rig, root, "very-secret " + LARGE)
        await rig.host.trees.delete(root, ORIGIN)
        await rig.published(ErasureConfirmed.kind)
        files = files_in(tmp_path)
        assert files
        assert not any(b"very-secret" in content for content in files.values())
        assert not (tmp_path / "blobs" / thread_stream(root)).exists()


async def test_a_deletion_in_a_memory_store_leaves_no_file_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_rig() as rig:
        live = await rig.start()
        await answered(rig, live, LARGE)
        (stored,) = await stored_tree(rig, 1)
        assert (await rig.host.trees.delete(live, ORIGIN)).threads == 1
        assert (await rig.host.trees.delete(stored, ORIGIN)).threads == 1
        assert announced(rig) == [live, stored]
    assert files_in(tmp_path) == {}


@pytest.mark.slices
async def test_large_trees_are_buried_in_transactions_of_at_most_256(rig: Rig) -> None:
    threads = await stored_tree(rig, 600)
    transactions: list[int] = []

    def listen(facts: object) -> None:
        assert isinstance(facts, list | tuple)
        transactions.append(sum(fact.kind == "thread.deleted.v1" for fact in facts))

    rig.logs.durable.feed.listen(listen)
    receipt = await within(rig.host.trees.delete(threads[0], ORIGIN), 20)
    assert receipt.threads == 600
    assert [n for n in transactions if n] == [256, 256, 88]
    assert announced(rig)[-1] == threads[0]
    assert_gone(rig, threads)


async def test_a_preview_lists_the_threads_of_a_deletion_and_changes_nothing(rig: Rig) -> None:
    them = await family(rig)
    await close_edge(rig, them.root, them.second)
    await rig.host.life.unload([them.second], "test", ORIGIN)
    await rig.turn(them.first)
    position = rig.logs.durable.position
    preview = await rig.host.trees.preview(them.root)
    assert preview.order == them.leaf_first
    assert preview.live == {them.root, them.first, *them.grandchildren}
    assert preview.busy == {them.first}
    assert preview.open_edges[them.second] is False
    assert rig.logs.durable.position == position
    with pytest.raises(ThreadNotFound):
        await rig.host.trees.preview("nobody")
