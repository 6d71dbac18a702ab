"""Jobs at work: rows are claimed, worked on by threads of their own, and end exactly once."""

import asyncio

from tests.support.hosts import message
from tests.support.jobs import Task, begun, job_rig, reports
from threadhost.actors.job import NO_REPORT
from threadhost.actors.models import ModelEvent
from threadhost.events.job import JobItemClaimed, JobItemReported
from threadhost.events.thread import ThreadStarted


async def test_each_row_is_worked_on_by_a_thread_below_the_runner_and_ends_with_its_report() -> (
    None
):
    async with job_rig() as rig:
        job = await begun(rig, 3)
        over = await job.over()
        assert (over.status, over.completed, over.total) == ("completed", 3, 3)
        started = rig.told(ThreadStarted.kind)
        workers = [event for event in started if event.parent_id == job.runner_id]
        assert {event.source for event in workers} == {f"agent_job:{job.job_id}"}
        claims = rig.told(JobItemClaimed.kind)
        assert {claim.thread_id for claim in claims} == {event.thread_id for event in workers}
        assert [item.attempt_count for item in await job.items()] == [1, 1, 1]
        assert [event.result for event in rig.told(JobItemReported.kind)] == [{"n": 1}] * 3


async def test_no_more_rows_are_worked_on_at_once_than_the_job_allows() -> None:
    """As many are: each waits for two others that are at work."""
    three, working = asyncio.Barrier(3), list[int]()

    async def waits_for_others(task: Task) -> list[ModelEvent]:
        if not task.outputs:
            working.append(rig.host.jobs.working)
            await three.wait()
        return await reports(task)

    async with job_rig(waits_for_others) as rig:
        job = await begun(rig, 9, concurrency=3)
        assert (await job.over()).completed == 9
        assert max(working) == 3


async def test_a_worker_that_ends_without_a_report_is_tried_again_and_its_row_fails_at_last() -> (
    None
):
    async def says_nothing(task: Task) -> list[ModelEvent]:
        del task
        return message("I forgot")

    async with job_rig(says_nothing) as rig:
        job = await begun(rig, 1, attempts_max=2)
        over = await job.over()
        assert (over.status, over.failed) == ("completed", 1)
        [item] = await job.items()
        assert (item.attempt_count, item.last_error) == (2, NO_REPORT)


async def test_a_job_of_many_pages_is_done_in_the_order_of_its_rows() -> None:
    async with job_rig() as rig:
        job = await begun(rig, 20, page_rows=6, concurrency=8)
        over = await job.over()
        assert (over.status, over.completed) == ("completed", 20)
        claimed = [claim.item for claim in rig.told(JobItemClaimed.kind)]
        assert claimed == list(range(20))
