"""A job whose runner is archived: its rows wait, and cost no attempt."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.hosts import ORIGIN, Rig, eventually, message, within
from tests.support.jobs import JobRig, JobView, Task, begun, job_rig, never
from threadhost.actors.job import THREAD_ARCHIVED
from threadhost.actors.models import ModelEvent
from threadhost.events.ids import job_stream
from threadhost.events.job import JobEnded, JobItemClaimed
from threadhost.events.store.errors import StoreUnreadable


async def is_at_rest(rig: Rig, job: JobView) -> None:
    """No row is worked on, and none begins; those that were are as if they never had been."""
    await eventually(lambda: rig.host.jobs.working == 0)
    claimed = len(rig.published_events(JobItemClaimed.kind))
    await asyncio.sleep(0.05)
    assert len(rig.published_events(JobItemClaimed.kind)) == claimed
    async with asyncio.timeout(10):  # a worker that ended may still record what became of its row
        while {(i.status, i.assigned_thread_id) for i in await job.items()} != {("pending", None)}:
            continue
    assert max(item.attempt_count for item in await job.items()) == 0


async def test_rows_wait_while_the_runner_is_archived_and_cost_no_attempt() -> None:
    asked, goes_on = list[Task](), asyncio.Event()

    async def acts(task: Task) -> list[ModelEvent]:
        asked.append(task)
        if not goes_on.is_set():
            await never(task)
        return task.report() if not task.outputs else message("done")

    async with job_rig(acts) as rig:
        job = await begun(rig, 6, concurrency=2, attempts_max=1)
        await eventually(lambda: len(asked) == 2)
        await within(rig.host.trees.archive(job.runner_id, ORIGIN))
        await is_at_rest(rig, job)
        assert {item.last_error for item in await job.items()} == {THREAD_ARCHIVED, None}
        goes_on.set()
        await within(rig.host.trees.unarchive(job.runner_id, ORIGIN))
        over = await job.finished()
        assert (over.status, over.completed, over.failed) == ("completed", 6, 0)


async def test_rows_wait_over_a_restart_too(tmp_path: Path) -> None:
    async with job_rig(never, tmp_path) as rig:
        job = await begun(rig, 3, concurrency=2, attempts_max=1)
        await eventually(lambda: rig.host.jobs.working == 2)
        await within(rig.host.trees.archive(job.runner_id, ORIGIN))
        await is_at_rest(rig, job)
    async with job_rig(home=tmp_path) as rig:
        job = job._replace(rig=rig)
        await rig.host.jobs.go_on(job.job_id)
        await is_at_rest(rig, job)
        await within(rig.host.trees.unarchive(job.runner_id, ORIGIN))
        over = await job.finished()
        assert (over.status, over.completed, over.failed) == ("completed", 3, 0)


@pytest.mark.parametrize("change", ["archive", "unarchive"])
async def test_an_archive_or_unarchive_of_the_runner_while_a_job_begins_takes_effect(
    monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    async with job_rig() as rig:
        job, runner_id = JobRig(rig), await rig.start()
        await job.make(runner_id, 2)
        await rig.host.life.unload([runner_id], "idle", ORIGIN)
        if change == "unarchive":
            await within(rig.host.trees.archive(runner_id, ORIGIN))
        stored, is_read, goes_on = rig.logs.stored, asyncio.Event(), asyncio.Event()

        async def read_late(thread_id: str) -> Any:
            found = await stored(thread_id)
            if not is_read.is_set():
                is_read.set()
                await goes_on.wait()
            return found

        monkeypatch.setattr(rig.logs, "stored", read_late)
        beginning = asyncio.ensure_future(rig.host.jobs.go_on(job.job_id))
        await within(is_read.wait())
        await within(getattr(rig.host.trees, change)(runner_id, ORIGIN))
        goes_on.set()
        await within(beginning)
        if change == "archive":
            await is_at_rest(rig, job.view)
            assert not rig.published_events(JobItemClaimed.kind)
            await within(rig.host.trees.unarchive(runner_id, ORIGIN))
        over = await job.view.finished()
        assert (over.status, over.completed, over.failed) == ("completed", 2, 0)


async def test_few_rows_are_claimed_in_vain_while_the_runner_is_about_to_be_archived() -> None:
    """A thread below it may take seconds to stop; nothing is recorded until then."""
    async with job_rig() as rig:
        job, runner_id = JobRig(rig), await rig.start()
        await job.make(runner_id, 100, attempts_max=1, wait_ms=1)
        with rig.host.live.leaving(runner_id):
            await rig.host.jobs.go_on(job.job_id)
            await asyncio.sleep(0.3)
            assert 0 < len(rig.published_events(JobItemClaimed.kind)) <= 3 * 16
        over = await job.view.finished()
        assert (over.status, over.completed, over.failed) == ("completed", 100, 0)


async def test_a_job_whose_runner_cannot_be_read_still_ends_at_its_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with job_rig(never) as rig:
        stored, runner_id = rig.logs.stored, await rig.start()

        async def unreadable(thread_id: str) -> Any:
            if thread_id == runner_id:
                raise StoreUnreadable("the disk has a fault")
            return await stored(thread_id)

        await rig.host.life.unload([runner_id], "idle", ORIGIN)
        monkeypatch.setattr(rig.logs, "stored", unreadable)
        job = await begun(rig, 2, runner_id, deadline_ms=1)
        over = await job.finished()
        assert (over.status, over.completed) == ("failed", 0)


async def test_a_job_whose_runner_is_read_slowly_delays_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with job_rig() as rig:
        stored, runner_id, goes_on = rig.logs.stored, await rig.start(), asyncio.Event()
        is_read = asyncio.Event()

        async def slow(thread_id: str) -> Any:
            if thread_id == runner_id:
                is_read.set()
                await goes_on.wait()
            return await stored(thread_id)

        await rig.host.life.unload([runner_id], "idle", ORIGIN)
        monkeypatch.setattr(rig.logs, "stored", slow)
        waits = await begun(rig, 2, runner_id)
        await within(is_read.wait())
        other = await begun(rig, 2)
        await within(rig.published(JobEnded.kind, job_stream(other.job_id)))
        assert (await waits.row()).pending == 2
        goes_on.set()
        assert (await within(waits.finished())).completed == 2
