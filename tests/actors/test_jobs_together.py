"""Rows that are due at the same time share appends: their claims, starts, reports and ends."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from tests.support.counting import counted
from tests.support.hosts import ORIGIN, Rig, eventually, open_rig, within
from tests.support.jobs import JOB_ID, JobRig, JobView, Task, begun, job_rig, never, reports
from tests.support.steps import step
from threadhost.actors.command import Command
from threadhost.actors.job import (
    BY_CLIENT,
    NO_REPORT,
    ClaimRows,
    EndJob,
    EndLeases,
    FailAttempt,
    JobRefused,
    RenewLease,
    ReportResult,
    RetryJob,
    RetryPage,
)
from threadhost.actors.job_rules import Decided, decide_job
from threadhost.actors.models import ModelEvent
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime import job_actor, jobs
from threadhost.actors.runtime.actor import ActorFailed
from threadhost.actors.runtime.job_actor import (
    JobActor,
    JobActors,
    JobCommandEnvelope,
    job_as_recorded,
)
from threadhost.actors.thread import RenameThread
from threadhost.adapters.clock import SystemClock
from threadhost.events.base import Event, Recorded
from threadhost.events.causes import by_event
from threadhost.events.host_tool import HostToolAnswered
from threadhost.events.ids import page_stream, thread_stream
from threadhost.events.job import (
    JobEnded,
    JobItemClaimed,
    JobItemCompleted,
    JobItemRenewed,
    JobItemReported,
    JobItemRequeued,
    JobWorkerStarted,
)
from threadhost.events.job_page import Page
from threadhost.events.job_state import Job
from threadhost.events.store.committer import Appended
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadStarted, ThreadStopped
from threadhost.events.tree import ThreadSpawned
from threadhost.events.turn import ModelRequested, TurnCompleted

ROWS, AT_ONCE = 24, 8


def facts(rig: Rig, *types: type[Event]) -> list[Recorded]:
    """What was recorded of these types."""
    kinds = {type_.kind for type_ in types}
    return [fact for fact in rig.seen if fact.kind in kinds]


def appends(some: Iterable[Recorded]) -> int:
    """In how many appends that was."""
    return len({fact.decision for fact in some})


async def all_at_once(rig: Rig) -> JobView:
    """A job of which each eight rows are reported at the same time."""
    job = await begun(rig, ROWS, concurrency=AT_ONCE)
    over = await job.finished()
    assert (over.status, over.completed) == ("completed", ROWS)
    return job


class InStep:
    """Workers that wait for each other ahead of their reports."""

    def __init__(self) -> None:
        self._barrier = asyncio.Barrier(AT_ONCE)

    async def __call__(self, task: Task) -> list[ModelEvent]:
        await self._barrier.wait()
        return await reports(task)


async def test_workers_that_are_due_at_the_same_time_are_started_in_one_append() -> None:
    async with job_rig(InStep()) as rig:
        job = await all_at_once(rig)
        workers = facts(rig, JobWorkerStarted)
        assert len(workers) == len({fact.stream for fact in workers}) == ROWS
        assert appends(workers[:AT_ONCE]) == 1
        assert appends(workers) < ROWS / 2
        spawned = [fact for fact in facts(rig, ThreadSpawned) if fact.event.is_worker]  # type: ignore[union-attr]
        assert {fact.decision for fact in spawned} == {fact.decision for fact in workers}
        claims = {
            fact.event.thread_id: by_event(page_stream(job.job_id, 0), fact.version)  # type: ignore[union-attr]
            for fact in facts(rig, JobItemClaimed)
        }
        edges = {fact.event.child_id: fact.meta.causation_id for fact in spawned}  # type: ignore[union-attr]
        starts = {fact.stream[7:]: fact.meta.causation_id for fact in workers}
        assert starts == edges == claims


@pytest.mark.slices
async def test_reports_that_arrive_at_the_same_time_are_recorded_in_few_appends() -> None:
    """Each is led to by the call that made it."""
    async with job_rig(InStep()) as rig:
        await all_at_once(rig)
        taken = facts(rig, JobItemReported, JobItemCompleted)
        assert len(taken) == 2 * ROWS
        assert appends(taken) < ROWS / 2
        reported = {fact.event.item: fact.version for fact in facts(rig, JobItemReported)}  # type: ignore[union-attr]
        of_row = {e.item: e.reported_version for e in rig.published_events(JobItemCompleted.kind)}
        assert of_row == reported
        for fact in taken:
            of_its_thread = f"event:{thread_stream(fact.event.thread_id)}@"  # type: ignore[union-attr]
            assert fact.meta.causation_id.startswith(of_its_thread)


async def test_a_large_report_is_in_an_append_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others would have to wait until it is written."""
    monkeypatch.setattr(jobs, "is_large", lambda _: True)
    async with job_rig(InStep()) as rig:
        await all_at_once(rig)
        assert appends(facts(rig, JobItemReported)) == ROWS


async def test_an_accepted_report_ends_its_turn_and_worker_threads_stop_together() -> None:
    """The model is not asked again, and hears nothing but that its report was taken."""
    async with job_rig(InStep()) as rig:
        job = await all_at_once(rig)
        workers = {claim.thread_id for claim in rig.published_events(JobItemClaimed.kind)}
        ends = [fact for fact in facts(rig, TurnCompleted) if fact.stream[7:] in workers]
        assert {fact.event.outcome for fact in ends} == {"completed"}  # type: ignore[union-attr]
        answers = facts(rig, HostToolAnswered)
        assert {fact.event.output for fact in answers} == {'{"accepted":true}'}  # type: ignore[union-attr]
        assert {fact.decision for fact in answers} == {fact.decision for fact in ends}
        assert len(facts(rig, ModelRequested)) == ROWS
        stopped = [fact for fact in facts(rig, ThreadStopped) if fact.stream[7:] in workers]
        assert len(stopped) == ROWS
        assert appends(stopped) < ROWS / 2
        assert all(fact.meta.causation_id.startswith("event:") for fact in stopped)
        assert all(rig.host.live.get(worker) is None for worker in workers)
        assert rig.host.live.get(job.runner_id) is not None


async def test_a_refused_report_does_not_fail_the_others_in_its_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def decide(command: Command, job: Job, page: Page) -> Decided:
        if isinstance(command, ReportResult) and command.item == 2:
            raise JobRefused("not this one")
        return decide_job(command, job, page)

    monkeypatch.setattr(job_actor, "decide_job", decide)
    async with job_rig(InStep()) as rig:
        job = await begun(rig, AT_ONCE, concurrency=AT_ONCE, attempts_max=1)
        await eventually(lambda: len(facts(rig, JobItemCompleted)) == AT_ONCE - 1)
        [left] = [item for item in await job.items() if item.status != "completed"]
        assert left.row_index == 2


async def test_a_worker_that_gets_another_command_after_its_report_is_still_released() -> None:
    async with job_rig(reports) as rig:
        job = await begun(rig, 1)
        await rig.published(TurnCompleted.kind)
        [claim] = rig.published_events(JobItemClaimed.kind)
        rename = rig.host.threads.ask(claim.thread_id, RenameThread("mine"), ORIGIN)
        await within(asyncio.gather(rename, return_exceptions=True))
        assert (await job.finished()).completed == 1


async def test_each_row_fails_when_no_worker_can_be_started() -> None:
    async with job_rig(never) as rig:
        job = await begun(rig, 3, attempts_max=1, runner_id=rig.ids.new())
        over = await within(job.finished())
        assert (over.status, over.failed) == ("completed", 3)
        assert not [
            e for e in rig.published_events(ThreadStarted.kind) if e.parent_id == job.runner_id
        ]


async def test_an_event_of_a_row_wakes_only_the_worker_of_that_row() -> None:
    """What an event of a row costs does not grow with the rows that are worked on."""

    async def steps(rows: int) -> int:
        async with job_rig(never) as rig:
            job = await begun(rig, rows, concurrency=rows)
            await eventually(lambda: rig.host.jobs.working == rows)
            claim = rig.published_events(JobItemClaimed.kind)[0]
            renewed = JobItemRenewed(item=claim.item, thread_id=claim.thread_id)
            [last] = facts(rig, JobItemClaimed)[-1:]
            fact = last._replace(event=renewed, stream=page_stream(job.job_id, 0), version=0)
            published = step(rig.host.jobs, "_published")
            with counted() as found:
                published([fact])
            return found.bytecodes

    assert await steps(32) <= 1.1 * await steps(1)


async def test_the_actor_of_a_job_reads_only_events_behind_its_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with job_rig(reports) as rig:
        job = await begun(rig, 9, page_rows=2)
        await job.finished()
        log, actor = rig.logs.durable, await rig.host.jobs.actor(job.job_id)
        whole = await job_as_recorded(log, job.job_id)
        assert whole == actor.job
        read = list[int]()
        walk = type(log).walk_stream

        def noted(self: Any, stream: str, after: int, last: int) -> Any:
            read.append(after)
            return walk(self, stream, after, last)

        monkeypatch.setattr(type(log), "walk_stream", noted)
        await step(actor, "_read_again")()
        assert read == [whole.version]
        assert isinstance(actor, JobActor)
        assert actor.job == whole


async def test_a_claim_and_reports_that_wait_meanwhile_share_an_append_and_keep_their_causes() -> (
    None
):
    async with open_rig() as rig:
        job, runner = JobRig(rig), await rig.start()
        await job.make(runner, 4)
        first, second = await job.claim("a"), await job.claim("b")
        report = ReportResult(first[0], "a", 1, item_id="item-1", result={})
        asked: list[Command] = [
            RenewLease(second[0], "b", 1),
            report,
            ClaimRows(["c"], 1),
            FailAttempt(second[0], "b", 1, NO_REPORT),
            report,
        ]
        done = await asyncio.gather(
            *(
                job.actors.do(JOB_ID, JobCommandEnvelope(command, caused_by(n), 0))
                for n, command in enumerate(asked)
            )
        )
        kinds = [[type(fact.event) for fact in appended.recorded] for appended in done]
        assert kinds == [
            [JobItemRenewed],
            [JobItemReported, JobItemCompleted],
            [JobItemClaimed],
            [JobItemRequeued],
            [],
        ]
        assert len({fact.decision for appended in done for fact in appended.recorded}) == 1
        for n, appended in enumerate(done):
            assert {fact.meta.causation_id for fact in appended.recorded} <= {f"timer:{n}@0"}


async def test_of_commands_that_share_an_append_each_sees_the_effect_of_the_earlier_ones() -> None:
    """The end of a job is ahead of the claim that was asked for behind it."""
    async with open_rig() as rig:
        job, runner = JobRig(rig), await rig.start()
        await job.make(runner, 3)
        [item] = await job.claim("a")
        stops = ReportResult(item, "a", 1, item_id="item-1", result={}, stops=True)
        ended, claimed = await asyncio.gather(
            *(
                job.actors.do(JOB_ID, JobCommandEnvelope(command, caused_by(n), 0))
                for n, command in enumerate((stops, ClaimRows(["b"], 1)))
            )
        )
        assert [type(fact.event) for fact in ended.recorded][-1] is JobEnded
        assert {fact.meta.causation_id for fact in ended.recorded} == {"timer:0@0"}
        assert not claimed.recorded


async def test_a_stale_job_actor_records_no_claim_or_renewal_after_the_end_of_the_job() -> None:
    async with open_rig() as rig:
        job, runner = JobRig(rig), await rig.start()
        await job.make(runner, 3)
        await job.claim("a")
        late = JobActors(rig.logs.durable, SystemClock())  # hears of nothing that others append
        assert (await late.get(JOB_ID)).job.status == "running"
        await job.do(EndJob("cancelled", BY_CLIENT))
        for command in (ClaimRows(["b"], 1), RenewLease(0, "a", 1)):
            assert not (await late.do(JOB_ID, JobCommandEnvelope(command, ORIGIN, 0))).recorded


def caused_by(number: int) -> Origin:
    """What somebody does because of this timer."""
    return policy("test", "test", f"timer:{number}@0")


BEHIND_A_CLAIM: dict[str, Command] = {
    "claim": ClaimRows(["c"], 1),
    "renew": RenewLease(0, "a", 1),
    "report": ReportResult(0, "a", 1, item_id="item-1", result={}),
    "misfit": ReportResult(0, "a", 1, item_id="item-1", result={}, misfit=True),
    "fail": FailAttempt(0, "a", 1, NO_REPORT),
    "leases": EndLeases(2**42),
    "retry": RetryPage(),
}
"""Each that is carried out with others, on a page of which two rows are claimed."""


@pytest.mark.parametrize("command", BEHIND_A_CLAIM.values(), ids=BEHIND_A_CLAIM.keys())
async def test_commands_of_an_actor_that_is_stopped_after_the_commit_are_recorded_once(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nobody is told that nothing came of it."""
    append = Log.append

    async def done(*, is_stopped: bool) -> tuple[Sequence[object], Sequence[object]]:
        async with open_rig() as rig:
            job, runner = JobRig(rig), await rig.start()
            await job.make(runner, 4)
            await job.claim("a", "b")
            if isinstance(command, RetryPage):
                await job.do(FailAttempt(0, "a", 1, NO_REPORT), 0)
                for again in (EndJob("cancelled", BY_CLIENT), RetryJob()):
                    await job.do(again)

            async def stops(log: Log, *appends: Any, **named: Any) -> Appended:
                appended = await append(log, *appends, **named)
                job.actors.close()
                await asyncio.sleep(0)
                return appended

            rig.seen.clear()
            asked = (RenewLease(1, "b", 1), command)
            with monkeypatch.context() as patched:
                if is_stopped:
                    patched.setattr(Log, "append", stops)
                doing = [job.actors.do(JOB_ID, JobCommandEnvelope(one, ORIGIN, 0)) for one in asked]
                answers = await asyncio.gather(*doing, return_exceptions=True)
            return [fact.event for fact in rig.seen], answers

    once, _ = await done(is_stopped=False)
    assert once
    stopped, answers = await done(is_stopped=True)
    assert stopped == once
    assert {type(answer) for answer in answers} == {ActorFailed}
