"""What other parts of the host do in a deletion: before, beside and after the tombstones."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.support.deletions import assert_usable
from tests.support.hosts import ORIGIN, Rig, within
from threadhost.actors.errors import DeletionHalted
from threadhost.actors.runtime import append_errors, deletion
from threadhost.actors.runtime.participants import PARTICIPANTS, Keys, Obstacle
from threadhost.events import failpoints
from threadhost.events.host import LoopStalled
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreFailed
from threadhost.events.thread import ThreadDeleted
from threadhost.events.tree import DeletionReceipt, TreeDeletionHalted

JOB = "job-1"


class Workers(Keys):
    """Notes each thread that goes in a stream of its own, and can hold one back."""

    name = "workers"
    steps: Sequence[str] = ()
    held_back = ""
    expected: int | None = None

    async def before(self, thread_ids: Sequence[str]) -> Obstacle | None:
        """Refuse the thread that is held back."""
        type(self).steps = [*self.steps, f"before {len(thread_ids)}"]
        if self.held_back in thread_ids:
            return Obstacle(self.held_back, "it is still needed")
        return None

    async def beside(self, thread_ids: Sequence[str]) -> Sequence[StreamAppend]:
        """One event for the threads of one append."""
        noted = [LoopStalled(stalled_ms=len(thread_ids))]
        return [StreamAppend(JOB, noted, self.expected)]

    async def after(self, thread_ids: Sequence[str]) -> None:
        """Note that it comes last."""
        type(self).steps = [*self.steps, f"after {len(thread_ids)}"]


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> type[Workers]:
    kind = type("Workers", (Workers,), {})
    monkeypatch.setattr(deletion, "PARTICIPANTS", (kind, *PARTICIPANTS))
    return kind


async def test_appends_of_deletion_participants_are_in_the_append_of_the_tombstones(
    rig: Rig, workers: type[Workers]
) -> None:
    root = await rig.start()
    everyone = [root, await rig.start(root), await rig.start(root)]
    await within(rig.host.trees.delete(root, ORIGIN))
    [noted] = await rig.logs.durable.read_stream(JOB)
    buried = [fact for fact in rig.seen if fact.kind == ThreadDeleted.kind]
    assert noted.event == LoopStalled(stalled_ms=3)
    assert noted.position == buried[-1].position + 1
    assert workers.steps == [f"before {len(everyone)}", f"after {len(everyone)}"]


async def test_a_thread_that_a_participant_holds_back_stays_with_its_ancestors(
    rig: Rig, workers: type[Workers]
) -> None:
    root = await rig.start()
    child = await rig.start(root)
    leaf = await rig.start(child)
    workers.held_back = child
    with pytest.raises(DeletionHalted, match="it is still needed"):
        await within(rig.host.trees.delete(root, ORIGIN))
    assert [fact.stream for fact in rig.seen if fact.kind == ThreadDeleted.kind] == [
        f"thread-{leaf}"
    ]
    workers.held_back = ""
    receipt = await within(rig.host.trees.delete(root, ORIGIN))
    assert receipt.threads == 2


async def test_a_conflict_beside_the_tombstones_is_tried_again_before_any_tombstone_is_written(
    rig: Rig, workers: type[Workers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.001)
    root = await rig.start()
    workers.expected = 7
    tries = []

    async def beside(self: Workers, thread_ids: Sequence[str]) -> Sequence[StreamAppend]:
        tries.append(len([f for f in rig.seen if f.kind == ThreadDeleted.kind]))
        workers.expected = 7 if len(tries) < 3 else 0
        return await Workers.beside(self, thread_ids)

    monkeypatch.setattr(workers, "beside", beside)
    receipt = await within(rig.host.trees.delete(root, ORIGIN))
    assert receipt.threads == 1
    assert tries == [0, 0, 0]


async def test_a_store_that_fails_leaves_a_deletion_to_the_next_start(
    rig: Rig, workers: type[Workers], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise StoreFailed("the disk is gone")

    root = await rig.start()
    monkeypatch.setattr(workers, "before", fail)
    with pytest.raises(StoreFailed):
        await within(rig.host.trees.delete(root, ORIGIN))
    assert rig.published_events(TreeDeletionHalted.kind) == []


async def test_a_parent_is_deleted_though_the_deletion_of_its_child_halts_meanwhile(
    rig: Rig, workers: type[Workers]
) -> None:
    root = await rig.start()
    workers.held_back = child = await rig.start(root)
    above: list[asyncio.Task[DeletionReceipt]] = []

    def ask_for_all() -> None:
        failpoints.disarm()
        workers.held_back = ""
        above.append(asyncio.create_task(rig.host.trees.delete(root, ORIGIN)))

    failpoints.arm("deletion.files_removed", ask_for_all)
    with pytest.raises(DeletionHalted):
        await within(rig.host.trees.delete(child, ORIGIN))
    assert (await within(above[0])).threads == 2


async def test_a_fork_that_cannot_go_keeps_no_start_from_going_on(
    rig: Rig, workers: type[Workers]
) -> None:
    workers.held_back = fork = await rig.start()
    deletions = rig.host.trees.deletions
    await within(deletions.sweep([fork], "test"))
    assert (deletions.copies.removals, deletions.running) == ({}, 0)
    assert_usable(rig, [fork])
