"""Jobs at work: rows are claimed, worked on by threads of their own, and end exactly once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.support.hosts import ORIGIN, eventually, message, within
from tests.support.jobs import DESCRIBED, Task, Workers, begun, job_rig, never, reports
from threadhost.actors import job_pacing
from threadhost.actors.agent_limits import JobPolicy
from threadhost.actors.job import (
    AT_LIMIT,
    BY_CLIENT,
    JOB_OVER,
    NO_REPORT,
    RUNNER_DELETED,
    THREAD_DELETED,
    TOO_LONG,
    EndJob,
    PauseJob,
    ResumeJob,
)
from threadhost.actors.models import ModelEvent, ModelFailed, ModelRequest
from threadhost.events.host_tool import HostToolAnswered
from threadhost.events.ids import job_stream, page_stream
from threadhost.events.job import (
    JobEnded,
    JobItemClaimed,
    JobItemRenewed,
    JobItemReported,
    JobItemRequeued,
)
from threadhost.events.thread import ThreadStarted
from threadhost.events.turn import TurnStarted

Says = Callable[[Task], list[ModelEvent]]


async def test_each_row_is_worked_on_by_a_thread_below_the_runner_and_ends_with_its_report() -> (
    None
):
    async with job_rig() as rig:
        job = await begun(rig, 3)
        over = await job.finished()
        assert (over.status, over.completed, over.total) == ("completed", 3, 3)
        started = rig.published_events(ThreadStarted.kind)
        workers = [event for event in started if event.parent_id == job.runner_id]
        assert {event.source for event in workers} == {f"agent_job:{job.job_id}"}
        claims = rig.published_events(JobItemClaimed.kind)
        assert {claim.thread_id for claim in claims} == {event.thread_id for event in workers}
        assert [item.attempt_count for item in await job.items()] == [1, 1, 1]
        assert [event.result for event in rig.published_events(JobItemReported.kind)] == [
            {"n": 1}
        ] * 3


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
        assert (await job.finished()).completed == 9
        assert max(working) == 3


async def test_a_worker_that_ends_without_a_report_is_tried_again_and_its_row_fails_at_last() -> (
    None
):
    async def says_nothing(task: Task) -> list[ModelEvent]:
        return message("I forgot")

    async with job_rig(says_nothing) as rig:
        job = await begun(rig, 1, attempts_max=2)
        over = await job.finished()
        assert (over.status, over.failed) == ("completed", 1)
        [item] = await job.items()
        assert (item.attempt_count, item.last_error) == (2, NO_REPORT)


async def test_a_job_of_many_pages_is_done_in_the_order_of_its_rows() -> None:
    async with job_rig() as rig:
        job = await begun(rig, 20, page_rows=6, concurrency=8)
        over = await job.finished()
        assert (over.status, over.completed) == ("completed", 20)
        claimed = [claim.item for claim in rig.published_events(JobItemClaimed.kind)]
        assert claimed == list(range(20))


def once(first: Says, later: Says) -> Callable[[Task], Awaitable[list[ModelEvent]]]:
    """What a worker says at its first call, and at all others."""

    async def acts(task: Task) -> list[ModelEvent]:
        return later(task) if task.outputs else first(task)

    return acts


LIES: dict[str, dict[str, Any]] = {
    "of another job": {"job_id": "0193a1b2-0000-7000-8000-0000000000ff"},
    "of another row": {"item_id": "item-2"},
    "that is no object": {"result": [1]},
    "that stops with a word": {"stop": "yes"},
    "that does not fit": {"result": {"n": "one"}},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_false_report_is_refused_and_a_true_one_after_it_is_accepted(
    lie: str,
) -> None:
    acts = once(lambda task: task.report(**LIES[lie]), lambda task: task.report())
    schema = DESCRIBED.model_copy(update={"output_schema": {"type": "object"}})
    async with job_rig(acts) as rig:
        job = await begun(rig, 2, concurrency=1, described=schema, attempts_max=1)
        over = await job.finished()
        assert (over.completed, over.failed) == (2, 0)
        assert [event.result for event in rig.published_events(JobItemReported.kind)] == [
            {"n": 1}
        ] * 2
        answers = [event.output for event in rig.published_events(HostToolAnswered.kind)]
        assert answers.count('{"accepted":true}') == 2


async def test_the_second_report_of_a_worker_is_ignored() -> None:
    def twice(task: Task) -> list[ModelEvent]:
        return [*task.report(), *task.report(1, result={"n": 2})]

    async with job_rig(once(twice, lambda _: message("done"))) as rig:
        job = await begun(rig, 1)
        assert (await job.finished()).completed == 1
        assert [event.result for event in rig.published_events(JobItemReported.kind)] == [{"n": 1}]


async def test_a_worker_can_stop_the_job_with_its_report() -> None:
    async with job_rig(once(lambda task: task.report(stop=True), lambda _: message("x"))) as rig:
        job = await begun(rig, 5, concurrency=1)
        over = await job.finished()
        assert (over.status, over.last_error) == ("cancelled", "cancelled by worker request")
        assert (over.completed, over.pending, over.running) == (1, 4, 0)


async def test_a_worker_that_takes_too_long_is_released_and_its_row_tried_again() -> None:
    async with job_rig(never) as rig:
        job = await begun(rig, 1, item_ms=5, attempts_max=2)
        over = await job.finished()
        assert (over.failed, over.completed) == (1, 0)
        [item] = await job.items()
        assert (item.attempt_count, item.last_error) == (2, TOO_LONG)
        workers = [claim.thread_id for claim in rig.published_events(JobItemClaimed.kind)]
        assert len(workers) == 2
        assert all(rig.host.live.get(worker) is None for worker in workers)


async def test_the_lease_of_a_worker_that_is_at_work_is_renewed() -> None:
    goes_on = asyncio.Event()

    async def waits(task: Task) -> list[ModelEvent]:
        await goes_on.wait()
        return await reports(task)

    async with job_rig(waits) as rig:
        job = await begun(rig, 1, lease_ms=30)
        await rig.published(JobItemRenewed.kind)
        goes_on.set()
        assert (await job.finished()).completed == 1
        assert not rig.published_events(JobItemRequeued.kind)


async def test_a_provider_at_its_limit_slows_the_job_down_and_costs_no_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_pacing, "WAIT_MIN_MS", 20)
    refusals = 2

    class Limited(Workers):
        async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
            nonlocal refusals
            if refusals:
                refusals -= 1
                raise ModelFailed("slow down", "rateLimitExceeded", 429)
            async for event in super().stream(request):
                yield event

    async with job_rig(model=Limited(reports)) as rig:
        job = await begun(rig, 4, concurrency=2, attempts_max=1)
        requeued = await rig.published(JobItemRequeued.kind)
        assert requeued.event == JobItemRequeued(
            item=0, was="running", error=AT_LIMIT, attempts=0, wait_ms=20
        )
        over = await job.finished()
        assert (over.completed, over.failed) == (4, 0)
        assert [item.attempt_count for item in await job.items()] == [1, 1, 1, 1]


async def test_workers_of_a_cancelled_job_are_released_and_their_rows_wait() -> None:
    async with job_rig(never) as rig:
        job = await begun(rig, 5, concurrency=2)
        await eventually(lambda: len(rig.published_events(TurnStarted.kind)) == 2)
        await rig.host.jobs.ask(job.job_id, EndJob("cancelled", BY_CLIENT), ORIGIN)
        over = await job.finished()
        assert (over.status, over.pending, over.running) == ("cancelled", 5, 0)
        assert {item.last_error for item in (await job.items())[:2]} == {JOB_OVER}
        assert len(rig.host.live.actors()) == 1


async def test_a_paused_job_begins_no_row_until_it_is_resumed() -> None:
    async with job_rig() as rig:
        job_id = (job := await begun(rig, 3, concurrency=1)).job_id
        await rig.host.jobs.ask(job_id, PauseJob(), ORIGIN)
        await eventually(lambda: rig.host.jobs.working == 0)
        paused = await job.row()
        assert (paused.is_paused, paused.running) == (True, 0)
        assert paused.completed < 3
        await rig.host.jobs.ask(job_id, ResumeJob(), ORIGIN)
        assert (await job.finished()).completed == 3


async def test_failed_rows_are_worked_on_again_after_a_retry() -> None:
    is_well = False

    async def acts(task: Task) -> list[ModelEvent]:
        return await reports(task) if is_well or task.item_id != "item-2" else message("no")

    async with job_rig(acts) as rig:
        job = await begun(rig, 3, attempts_max=1)
        over = await job.finished()
        assert (over.status, over.completed, over.failed) == ("completed", 2, 1)
        is_well = True
        await rig.host.jobs.retry(job.job_id, ORIGIN)
        await eventually(lambda: len(rig.published_events(JobEnded.kind)) == 2)
        again = await job.row()
        assert (again.status, again.completed, again.failed) == ("completed", 3, 0)


async def test_the_row_of_a_deleted_worker_is_given_to_another_worker() -> None:
    asked, goes_on = asyncio.Event(), asyncio.Event()

    async def acts(task: Task) -> list[ModelEvent]:
        if not goes_on.is_set():
            asked.set()
            return await never(task)
        return await reports(task)

    async with job_rig(acts) as rig:
        job = await begun(rig, 1)
        claimed = await rig.published(JobItemClaimed.kind)
        await within(asked.wait())
        first: str = claimed.event.thread_id  # type: ignore[union-attr]
        goes_on.set()
        await within(rig.host.trees.delete(first, ORIGIN))
        assert (await job.finished()).completed == 1
        requeued = [event.error for event in rig.published_events(JobItemRequeued.kind)]
        assert requeued == [THREAD_DELETED]
        assert [claim.attempt for claim in rig.published_events(JobItemClaimed.kind)] == [1, 2]


async def test_a_job_whose_runner_is_deleted_begins_nothing_more() -> None:
    async with job_rig(never) as rig:
        job = await begun(rig, 9, concurrency=2)
        await eventually(lambda: len(rig.published_events(TurnStarted.kind)) == 2)
        receipt = await within(rig.host.trees.delete(job.runner_id, ORIGIN))
        over = await job.finished()
        assert (over.status, over.last_error) == ("cancelled", RUNNER_DELETED)
        assert (over.pending, over.running) == (9, 0)
        assert (receipt.requeued, receipt.jobs_cancelled, receipt.threads) == (2, 1, 3)
        assert len(rig.published_events(JobItemClaimed.kind)) == 2


async def test_jobs_of_two_trees_share_the_places_of_the_host() -> None:
    """One that comes later gets as many as the one that was there, from then on."""
    goes_on = asyncio.Event()

    async def acts(task: Task) -> list[ModelEvent]:
        await goes_on.wait()
        return await reports(task)

    async with job_rig(acts, limits=JobPolicy(host_max=2)) as rig:
        first, second = await begun(rig, 6), await begun(rig, 4)
        goes_on.set()
        for job in (first, second):
            await rig.published(JobEnded.kind, job_stream(job.job_id))
        claims = [fact for fact in rig.seen if fact.kind == JobItemClaimed.kind]
        whose = [fact.stream == page_stream(second.job_id, 0) for fact in claims]
        assert whose[:2] == [False, False]
        assert sum(whose[2:6]) == 2
