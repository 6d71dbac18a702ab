"""A job whose runner is archived: its rows wait, and cost no attempt."""

import asyncio
from pathlib import Path

from tests.support.hosts import ORIGIN, Rig, eventually, message, within
from tests.support.jobs import JobView, Task, begun, job_rig, never
from threadhost.actors.job import ARCHIVED
from threadhost.actors.models import ModelEvent
from threadhost.events.job import JobItemClaimed


async def is_at_rest(rig: Rig, job: JobView) -> None:
    """No row is worked on, and none begins; those that were are as if they never had been."""
    await eventually(lambda: rig.host.jobs.working == 0)
    claimed = len(rig.told(JobItemClaimed.kind))
    await asyncio.sleep(0.05)
    assert len(rig.told(JobItemClaimed.kind)) == claimed
    items = await job.items()
    assert {(item.status, item.assigned_thread_id) for item in items} == {("pending", None)}
    assert max(item.attempt_count for item in items) == 0


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
        assert {item.last_error for item in await job.items()} == {ARCHIVED, None}
        goes_on.set()
        await within(rig.host.trees.unarchive(job.runner_id, ORIGIN))
        over = await job.over()
        assert (over.status, over.completed, over.failed) == ("completed", 6, 0)


async def test_rows_wait_over_a_restart_too(tmp_path: Path) -> None:
    async with job_rig(never, tmp_path) as rig:
        job = await begun(rig, 3, concurrency=2, attempts_max=1)
        await eventually(lambda: rig.host.jobs.working == 2)
        await within(rig.host.trees.archive(job.runner_id, ORIGIN))
        await eventually(lambda: rig.host.jobs.working == 0)
    async with job_rig(home=tmp_path) as rig:
        job = job._replace(rig=rig)
        await rig.host.jobs.go_on(job.job_id)
        await is_at_rest(rig, job)
        await within(rig.host.trees.unarchive(job.runner_id, ORIGIN))
        over = await job.over()
        assert (over.status, over.completed, over.failed) == ("completed", 3, 0)
