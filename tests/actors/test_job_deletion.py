"""What a deletion of threads does to the jobs that they work for, beside their tombstones."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.deletions import delayed_deletion, edge
from tests.support.hosts import ORIGIN, Rig, eventually, within
from tests.support.jobs import JobRig, SomeFiles, begun, job_rig
from threadhost.actors.errors import DeletionHalted
from threadhost.actors.hold import ThreadHeld
from threadhost.actors.job import (
    NO_REPORT,
    RUNNER_DELETED,
    THREAD_DELETED,
    FailAttempt,
    JobNotFound,
    ReportResult,
)
from threadhost.actors.job_request import JobRequest
from threadhost.events.hold import DeletionRefused, HoldSet
from threadhost.events.ids import job_stream, page_stream, thread_stream
from threadhost.events.job import (
    JobDeletionBegun,
    JobEnded,
    JobItemClaimed,
    JobItemRequeued,
    JobItemUnassigned,
)
from threadhost.events.thread import ThreadDeleted
from threadhost.events.tree import (
    DeletionReceipt,
    TreeDeletionCompleted,
    TreeTargetsReleased,
)
from threadhost.events.words import JOB_DELETION
from threadhost.projections.job_queries import item_page, job_row

BEGUN = JobDeletionBegun.kind


def receipt_of(rig: Rig) -> DeletionReceipt:
    """The newest receipt."""
    receipt: DeletionReceipt = rig.published_events(TreeDeletionCompleted.kind)[-1].receipt
    return receipt


async def test_delete_thread_cleans_associated_state(rig: Rig) -> None:
    """The row of a worker waits again: unassigned, with its attempt counted, and says why."""
    job, runner = JobRig(rig), await rig.start()
    worker = await rig.start(runner)
    await job.make(runner)
    await job.claim(worker)
    [before] = await job.view.items()
    assert (before.status, before.assigned_thread_id, before.attempt_count) == (
        "running",
        worker,
        1,
    )
    await asyncio.sleep(0.002)
    receipt = await within(rig.host.trees.delete(worker, ORIGIN))
    [item] = await job.view.items()
    assert (item.status, item.assigned_thread_id, item.attempt_count) == ("pending", None, 1)
    assert item.last_error == THREAD_DELETED == "assigned thread was deleted"
    assert item.updated_at_ms > before.updated_at_ms
    assert (receipt.threads, receipt.requeued, receipt.unassigned) == (1, 1, 0)
    assert receipt_of(rig) == receipt
    row = await job.view.row()
    assert (row.pending, row.running, row.completed, row.failed) == (1, 0, 0, 0)


async def test_the_row_waits_again_in_the_append_of_the_tombstone(rig: Rig) -> None:
    job, runner = JobRig(rig), await rig.start()
    worker = await rig.start(runner)
    await job.make(runner)
    await job.claim(worker)
    await within(rig.host.trees.delete(worker, ORIGIN))
    [tombstone] = [f for f in rig.seen if f.kind == ThreadDeleted.kind]
    [requeued] = [f for f in rig.seen if f.kind == JobItemRequeued.kind]
    assert requeued.stream == page_stream(job.job_id, 0)
    assert requeued.decision == tombstone.decision
    assert requeued.event == JobItemRequeued(
        item=0, was="running", error=THREAD_DELETED, attempts=1
    )


async def test_the_row_of_a_missing_thread_waits_again_too(rig: Rig) -> None:
    """It has no stream, so nothing of it is deleted; what hangs on it is let go all the same."""
    job, runner, missing = JobRig(rig), await rig.start(), rig.ids.new()
    await job.make(runner)
    await edge(rig, runner, runner, missing)
    await job.claim(missing)
    await within(rig.host.trees.delete(runner, ORIGIN))
    [released] = rig.published_events(TreeTargetsReleased.kind)
    assert released.thread_ids == [missing]
    [item] = await job.view.items()
    assert (item.status, item.assigned_thread_id, item.last_error) == (
        "pending",
        None,
        THREAD_DELETED,
    )
    assert (receipt_of(rig).missing, receipt_of(rig).requeued) == (1, 1)


async def test_only_rows_that_are_worked_on_wait_again(rig: Rig) -> None:
    """What came to its end stays there, whoever is deleted."""
    job, runner = JobRig(rig), await rig.start()
    workers = [await rig.start(runner) for _ in range(3)]
    await job.make(runner, 3, attempts_max=1)
    assert await job.claim(*workers) == [0, 1, 2]
    done = ReportResult(
        item=0, thread_id=workers[0], at_ms=1, item_id="item-1", result={"ok": True}
    )
    await job.do(done, 0)
    await job.do(FailAttempt(item=1, thread_id=workers[1], at_ms=1, error=NO_REPORT), 0)
    for worker in workers:
        await within(rig.host.trees.delete(worker, ORIGIN))
    assert [item.status for item in await job.view.items()] == ["completed", "failed", "pending"]
    assert [item.last_error for item in await job.view.items()] == [None, NO_REPORT, THREAD_DELETED]
    assert [
        len(rig.published_events(kind.kind)) for kind in (JobItemRequeued, JobItemUnassigned)
    ] == [1, 0]


async def test_a_job_whose_runner_is_deleted_is_cancelled_in_the_same_append(rig: Rig) -> None:
    job, runner = JobRig(rig), await rig.start()
    worker = await rig.start(runner)
    await job.make(runner, 2)
    await job.claim(worker)
    receipt = await within(rig.host.trees.delete(runner, ORIGIN))
    row = await job.view.row()
    assert (row.status, row.last_error) == ("cancelled", RUNNER_DELETED)
    assert RUNNER_DELETED == "agent job runner thread was deleted"
    assert (row.pending, row.running) == (2, 0)
    [ended] = [f for f in rig.seen if f.kind == JobEnded.kind]
    [tombstone] = [
        f for f in rig.seen if f.kind == ThreadDeleted.kind and f.stream == thread_stream(runner)
    ]
    assert (ended.stream, ended.decision) == (job_stream(job.job_id), tombstone.decision)
    assert (receipt.requeued, receipt.jobs_cancelled) == (1, 1)


async def test_the_deletion_of_a_runner_does_not_change_a_job_that_is_over(rig: Rig) -> None:
    job, runner = JobRig(rig), await rig.start()
    worker = await rig.start(runner)
    await job.make(runner)
    await job.claim(worker)
    done = ReportResult(item=0, thread_id=worker, at_ms=1, item_id="item-1", result={})
    await job.do(done, 0)
    await within(rig.host.trees.delete(runner, ORIGIN))
    row = await job.view.row()
    assert (row.status, row.last_error, row.completed) == ("completed", None, 1)


async def test_the_actor_of_a_job_sees_at_once_that_a_worker_was_deleted(rig: Rig) -> None:
    """The row can be claimed again, and what the deleted worker says of it is not taken."""
    job, runner = JobRig(rig), await rig.start()
    first, second = await rig.start(runner), await rig.start(runner)
    await job.make(runner)
    await job.claim(first)
    await within(rig.host.trees.delete(first, ORIGIN))
    assert await job.claim(second) == [0]
    late = ReportResult(item=0, thread_id=first, at_ms=1, item_id="item-1", result={})
    assert not (await job.do(late, 0)).recorded
    [item] = await job.view.items()
    assert (item.assigned_thread_id, item.attempt_count) == (second, 2)


async def test_a_job_of_a_thread_under_a_hold_is_not_deleted_and_the_attempt_is_recorded() -> None:
    async with job_rig() as rig:
        root = await rig.start()
        job = await begun(rig, 2, await rig.start(root))
        await job.finished()
        await rig.host.holds.set(root, "m", "tree", "because", ORIGIN)
        with pytest.raises(ThreadHeld, match=f"^thread is under legal hold: {root} "):
            await rig.host.jobs.delete(job.job_id, ORIGIN)
        [attempt] = rig.published_events(DeletionRefused.kind)
        assert (attempt.root_id, attempt.reason) == (job.runner_id, JOB_DELETION)
        assert len(await item_page(rig.logs.durable.reads, job.job_id, -1, 100)) == 2
        await rig.host.holds.release(root, "m", "settled", ORIGIN)
        await within(rig.host.jobs.delete(job.job_id, ORIGIN))
        assert await job_row(rig.logs.durable.reads, job.job_id) is None


@pytest.mark.slices
async def test_a_hold_that_races_the_deletion_of_a_job_prevents_it_or_follows_it_in_the_log() -> (
    None
):
    async with job_rig() as rig:
        refused = 0
        for ticks in range(0, 40, 5):
            job = await begun(rig, 1)
            await job.finished()
            setting = asyncio.ensure_future(
                rig.host.holds.set(job.runner_id, "m", "thread", "because", ORIGIN)
            )
            for _ in range(ticks):
                await asyncio.sleep(0)
            deleting = asyncio.ensure_future(rig.host.jobs.delete(job.job_id, ORIGIN))
            outcome, _ = await within(asyncio.gather(deleting, setting, return_exceptions=True))
            refused += isinstance(outcome, ThreadHeld)
            order = [
                type(r.event)
                for r in await rig.logs.durable.read(0, 10_000)
                if (isinstance(r.event, HoldSet) and r.event.thread_id == job.runner_id)
                or (isinstance(r.event, JobDeletionBegun) and r.stream == job_stream(job.job_id))
            ]
            expected = [HoldSet] if isinstance(outcome, ThreadHeld) else [JobDeletionBegun, HoldSet]
            assert order == expected, ticks
        assert 0 < refused < 8


async def test_a_hold_beside_or_below_the_thread_of_a_job_keeps_no_job() -> None:
    async with job_rig() as rig:
        root = await rig.start()
        job = await begun(rig, 1, await rig.start(root))
        await job.finished()
        below = await rig.start(job.runner_id)
        await rig.host.holds.set(root, "m", "thread", "because", ORIGIN)
        await rig.host.holds.set(below, "m", "tree", "because", ORIGIN)
        await within(rig.host.jobs.delete(job.job_id, ORIGIN))
        assert await job_row(rig.logs.durable.reads, job.job_id) is None


async def test_a_job_can_be_deleted_after_its_runner() -> None:
    async with job_rig() as rig:
        job = await begun(rig, 1)
        await job.finished()
        await within(rig.host.trees.delete(job.runner_id, ORIGIN))
        await within(rig.host.jobs.delete(job.job_id, ORIGIN))
        assert await job_row(rig.logs.durable.reads, job.job_id) is None


async def test_a_job_can_be_deleted_while_its_runner_is_being_deleted() -> None:
    async with job_rig() as rig:
        job = await begun(rig, 1)
        await job.finished()
        async with delayed_deletion(rig, job.runner_id) as deletion:
            await within(rig.host.jobs.delete(job.job_id, ORIGIN))
        assert (await deletion).threads > 0
        assert await job_row(rig.logs.durable.reads, job.job_id) is None


async def test_a_hold_set_after_the_halted_deletion_of_a_runner_follows_the_deletion_of_its_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with job_rig() as rig:
        job = await begun(rig, 1)
        await job.finished()
        ask, is_asked, goes_on = rig.host.jobs.ask, asyncio.Event(), asyncio.Event()

        async def ask_late(*asked: Any, **more: Any) -> Any:
            is_asked.set()
            await goes_on.wait()
            return await ask(*asked, **more)

        monkeypatch.setattr(rig.host.jobs, "ask", ask_late)
        async with delayed_deletion(rig, job.runner_id, halts=True):
            deleting = asyncio.ensure_future(rig.host.jobs.delete(job.job_id, ORIGIN))
            await within(is_asked.wait())
        await rig.host.holds.set(job.runner_id, "m", "thread", "because", ORIGIN)
        goes_on.set()
        await within(deleting)
        kinds = [fact.kind for fact in rig.seen if fact.kind in (HoldSet.kind, BEGUN)]
        assert kinds == [BEGUN, HoldSet.kind]


async def test_a_job_that_begins_while_its_runner_is_being_deleted_waits_until_that_halts() -> None:
    async with job_rig() as rig:
        job, runner_id = JobRig(rig), await rig.start()
        await job.make(runner_id, 2, attempts_max=1)
        async with delayed_deletion(rig, runner_id, halts=True) as deletion:
            await rig.host.jobs.go_on(job.job_id)
            await asyncio.sleep(0.05)
            assert not rig.published_events(JobItemClaimed.kind)
        assert isinstance(deletion.exception(), DeletionHalted)
        over = await job.view.finished()
        assert (over.status, over.completed, over.failed) == ("completed", 2, 0)


@pytest.mark.slices
async def test_of_two_concurrent_deletions_of_a_job_one_is_refused_as_not_found() -> None:
    async with job_rig() as rig:
        for ticks in range(0, 100, 20):
            job = await begun(rig, 1)
            await job.finished()
            first = asyncio.ensure_future(rig.host.jobs.delete(job.job_id, ORIGIN))
            for _ in range(ticks):
                await asyncio.sleep(0)
            second = rig.host.jobs.delete(job.job_id, ORIGIN)
            outcomes = await within(asyncio.gather(first, second, return_exceptions=True))
            assert {type(outcome) for outcome in outcomes} == {type(None), JobNotFound}
            assert await job_row(rig.logs.durable.reads, job.job_id) is None


async def test_a_start_that_resumes_jobs_logs_no_error_for_a_job_that_is_being_deleted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    goes_on = asyncio.Event()

    async with job_rig() as rig:
        destroy_keys = rig.logs.durable.destroy_keys

        async def later(streams: Sequence[str]) -> None:
            await goes_on.wait()
            await destroy_keys(streams)

        job = await begun(rig, 1)
        await job.finished()
        monkeypatch.setattr(rig.logs.durable, "destroy_keys", later)
        deleting = asyncio.ensure_future(rig.host.jobs.delete(job.job_id, ORIGIN))
        await eventually(lambda: bool(rig.published_events(JobDeletionBegun.kind)))
        resuming = asyncio.ensure_future(rig.host.jobs.resume([job.job_id], "start:host-1@1"))
        await asyncio.sleep(0.01)
        goes_on.set()
        await within(asyncio.gather(deleting, resuming))
    assert caplog.messages == []


async def test_a_start_that_resumes_jobs_logs_no_error_for_a_job_deleted_since_the_query(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with job_rig() as rig:
        job = await begun(rig, 1)
        await within(rig.host.jobs.delete(job.job_id, ORIGIN))
        await within(rig.host.jobs.resume([job.job_id], "start:host-1@1"))
    assert caplog.messages == []


async def test_the_deletion_of_a_job_closes_its_input_and_logs_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    files = SomeFiles(["a", "b", "c"], page_rows=2)
    goes_on = files.pause_after_the_first()
    async with job_rig(files=files) as rig:
        request = JobRequest(await rig.start(), "in.csv", "Look at {path}")
        job_id = await rig.host.jobs.create(request, ORIGIN)
        await within(rig.host.jobs.delete(job_id, ORIGIN))
        goes_on.set()
        await eventually(lambda: files.inputs[0].is_closed)
    assert caplog.messages == []
