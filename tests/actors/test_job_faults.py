"""Jobs of which something fails: they are tried again, and no other job suffers from it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.damage import BREAK, edit, places
from tests.support.hosts import ORIGIN, eventually, message, within
from tests.support.jobs import JobView, SomeFiles, Task, begun, job_rig, never, reports
from threadhost.actors.command import Command
from threadhost.actors.errors import BudgetUsedUp, Refusal, ThreadBeingDeleted
from threadhost.actors.host_jobs import HostJobs
from threadhost.actors.job import ROWS_LOST, ClaimRows, EndJob, FailAttempt
from threadhost.actors.job_request import JobRequest
from threadhost.actors.job_rules import decide_job
from threadhost.actors.models import ModelEvent
from threadhost.actors.runtime import append_errors, job_actor
from threadhost.actors.runtime import jobs as runtime_jobs
from threadhost.actors.runtime.job_run import JobRun
from threadhost.actors.runtime.job_threads import Start, WorkerThreads
from threadhost.adapters.clock import SystemClock
from threadhost.events.ids import job_of, job_stream
from threadhost.events.job import JobCreated, JobEnded, JobItemClaimed, JobRowsAdded
from threadhost.events.job_page import Page
from threadhost.events.job_state import Job

FAILURES = 3
BROKEN = 2
"""The priority of jobs whose rules are wrong."""


class Abandoned(BaseException):
    """What an actor that is let go of answers with is that it failed."""


def fault(
    monkeypatch: pytest.MonkeyPatch,
    fails: Callable[[Command, Job], bool],
    error: type[BaseException] = ZeroDivisionError,
) -> None:
    """A rule that is wrong for some commands on some jobs; what fails is tried again at once."""

    def decide(command: Command, job: Job, page: Page) -> Any:
        if fails(command, job):
            raise error
        return decide_job(command, job, page)

    monkeypatch.setattr(job_actor, "decide_job", decide)
    monkeypatch.setattr(append_errors, "RETRY_S", 0.001)
    monkeypatch.setattr(runtime_jobs, "TICK_S", 0.01)


@pytest.mark.parametrize(
    ("command", "deadline_ms", "error"),
    [(ClaimRows, 0, ZeroDivisionError), (ClaimRows, 0, Abandoned), (EndJob, 1, Abandoned)],
    ids=["claim", "actor", "deadline"],
)
async def test_a_job_whose_rule_always_fails_stops_no_other(
    monkeypatch: pytest.MonkeyPatch,
    command: type[Command],
    deadline_ms: int,
    error: type[BaseException],
) -> None:
    failures = 0

    def fails(asked: Command, job: Job) -> bool:
        nonlocal failures
        is_so = isinstance(asked, command) and job.priority == BROKEN
        failures += is_so
        return is_so

    fault(monkeypatch, fails, error)
    async with job_rig(never if deadline_ms else reports) as rig:
        await begun(rig, 1, priority=BROKEN, deadline_ms=deadline_ms)
        await eventually(lambda: failures >= FAILURES)
        rig.model.acts = reports  # type: ignore[attr-defined]
        other = await begun(rig, 2)
        # Not until no worker is left: the job that fails may have one, whose model says nothing.
        await within(rig.published(JobEnded.kind, job_stream(other.job_id)))
        assert (await other.row()).completed == 2


async def test_a_job_whose_rule_fails_twice_still_completes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = 0

    def fails(asked: Command, job: Job) -> bool:
        nonlocal failures
        failures += isinstance(asked, ClaimRows)
        return isinstance(asked, ClaimRows) and failures <= 2

    fault(monkeypatch, fails)
    async with job_rig() as rig:
        job = await begun(rig, 1)
        assert (await within(job.finished())).completed == 1
    assert caplog.text.count(f"running job {job.job_id} failed") == 2


@pytest.mark.parametrize("error", [ZeroDivisionError, Abandoned])
async def test_jobs_go_on_after_the_scheduling_task_failed(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """After it died, with the next job."""
    failures, demand = 0, JobRun.demand

    def fails_once(run: JobRun, at_ms: int) -> int:
        nonlocal failures
        failures += 1
        if failures == 1:
            raise error
        return demand(run, at_ms)

    monkeypatch.setattr(runtime_jobs, "TICK_S", 0.01)
    monkeypatch.setattr(JobRun, "demand", fails_once)
    async with job_rig() as rig:
        jobs = [await begun(rig, 1)]
        if error is Abandoned:
            await eventually(lambda: failures == 1)
            jobs.append(await begun(rig, 1))
        for job in jobs:
            assert (await within(job.finished())).completed == 1


@pytest.mark.parametrize("error", [BudgetUsedUp(2, 1), ThreadBeingDeleted("its runner")])
async def test_a_row_loses_no_attempt_when_its_tree_refuses_a_worker_after_the_claim(
    monkeypatch: pytest.MonkeyPatch, error: Refusal
) -> None:
    refused, start = list[str](), WorkerThreads.start

    async def refuses_once(threads: WorkerThreads, job_id: str, asked: Start) -> None:
        if not refused:
            refused.append(asked.thread_id)
            raise error
        await start(threads, job_id, asked)

    monkeypatch.setattr(WorkerThreads, "start", refuses_once)
    async with job_rig() as rig:
        job = await begun(rig, 1, attempts_max=1)
        assert (await within(job.finished())).completed == 1


async def test_a_job_that_could_not_be_read_when_it_was_resumed_is_resumed_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with job_rig() as rig:
        current = JobRun.current

        async def fails(run: JobRun) -> Any:
            raise ZeroDivisionError

        monkeypatch.setattr(JobRun, "current", fails)
        with pytest.raises(ZeroDivisionError):
            await begun(rig, 1)
        assert rig.host.jobs.going_on == 0
        monkeypatch.setattr(JobRun, "current", current)
        [job_id] = [job_of(fact.stream) for fact in rig.seen if fact.kind == JobCreated.kind]
        await rig.host.jobs.go_on(job_id or "")
        await within(rig.published(JobEnded.kind))


async def test_a_job_with_unreadable_pages_completes_and_says_that_rows_are_lost(
    tmp_path: Path,
) -> None:
    """The first page was open when it was damaged, the second was not; the third is well."""
    async with job_rig(never, tmp_path) as rig:
        job = await begun(rig, 6, page_rows=2, concurrency=1)
        await eventually(lambda: rig.host.jobs.working == 1)
    for position in places(tmp_path, JobRowsAdded.kind)[:2]:
        edit(tmp_path, BREAK, position)
    async with job_rig(reports, tmp_path) as rig:
        await rig.host.jobs.resume([job.job_id], "test")
        over = await within(JobView(rig, job.job_id).finished())
        assert (over.status, over.last_error, over.completed) == ("completed", ROWS_LOST, 2)


@pytest.mark.few(1)
@pytest.mark.parametrize("step", ["ask_patiently", "go_on"])
@pytest.mark.parametrize("error", [ZeroDivisionError, asyncio.CancelledError])
async def test_a_job_that_was_created_is_begun_though_its_first_step_failed(
    monkeypatch: pytest.MonkeyPatch, step: str, error: type[BaseException]
) -> None:
    """Of its input nothing is lost, and nothing is left open."""
    real, calls = getattr(HostJobs, step), 0

    async def fails_once(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise error
        return await real(*args)

    monkeypatch.setattr(append_errors, "RETRY_S", 0.001)
    monkeypatch.setattr(HostJobs, step, fails_once)
    files = SomeFiles([f"file-{n}" for n in range(10)])
    async with job_rig(files=files) as rig:
        request = JobRequest(await rig.start(), "in.csv", "Look at {path}")
        with suppress(asyncio.CancelledError):
            await rig.host.jobs.create(request, ORIGIN)
        ended = await within(rig.published(JobEnded.kind))
        row = await JobView(rig, job_of(ended.stream) or "").finished()
        assert (row.status, row.total, row.completed) == ("completed", 10, 10)
        await eventually(lambda: all(one.is_closed for one in files.inputs))


async def test_a_worker_of_which_the_end_cannot_be_recorded_leaves_no_thread_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def says_nothing(task: Task) -> list[ModelEvent]:
        return message("I forgot")

    failures = 0

    def fails(command: Command, _: Job) -> bool:
        nonlocal failures
        failures += isinstance(command, FailAttempt)
        return isinstance(command, FailAttempt)

    fault(monkeypatch, fails, Abandoned)
    async with job_rig(says_nothing) as rig:
        await begun(rig, 1)
        await eventually(lambda: failures == 1 and rig.host.jobs.working == 0)
        [claim] = rig.published_events(JobItemClaimed.kind)
        assert rig.host.live.get(claim.thread_id) is None


@pytest.mark.parametrize("moved_ms", [-3_600_000, 3_600_000], ids=["back", "forth"])
async def test_a_row_waits_no_longer_for_its_next_attempt_where_the_clock_is_set_meanwhile(
    monkeypatch: pytest.MonkeyPatch, moved_ms: int
) -> None:
    right, attempts = SystemClock().now_ms, Counter[str]()

    async def second_time(task: Task) -> list[ModelEvent]:
        attempts[task.item_id] += 1
        moved = moved_ms if attempts.total() in (2, 3) else 0  # and put right again
        monkeypatch.setattr(SystemClock, "now_ms", lambda _: right() + moved)
        return message("no") if attempts[task.item_id] < 3 else await reports(task)

    async with job_rig(second_time) as rig:
        job = await begun(rig, 2, concurrency=1, wait_ms=20)
        row = await within(job.finished())
        assert (row.completed, row.failed) == (2, 0)


async def test_a_job_has_all_its_time_that_is_begun_while_the_clock_is_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SystemClock()
    right_ms, right_s = clock.now_ms, clock.monotonic
    async with job_rig(reports) as rig:
        await (await begun(rig, 1)).finished()  # jobs have a time from then on
        monkeypatch.setattr(SystemClock, "now_ms", lambda _: right_ms() - 3_600_000)
        monkeypatch.setattr(SystemClock, "monotonic", lambda _: right_s() + 1_800)
        job = await begun(rig, 1, deadline_ms=60_000)
        row = await within(job.finished())
        assert (row.status, row.completed) == ("completed", 1)
