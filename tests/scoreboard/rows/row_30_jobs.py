"""Row 30: rows of jobs, under workers that lie, hang and are deleted, over lives of a host."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

from tests.scoreboard.row import Budget, Context, Counts, Row
from tests.support.hosts import ORIGIN, Rig, eventually, within
from tests.support.job_fire import Fire
from tests.support.job_truth import faults_of
from tests.support.jobs import JobView, begun, job_rig, reports
from threadhost.actors import job_rules
from threadhost.actors.errors import Refusal
from threadhost.actors.job import (
    THREAD_DELETED,
    ClaimRows,
    DetachThreads,
    EndJob,
    ResumeJob,
    RowCommand,
)
from threadhost.actors.job_rules import Decided, decide_job
from threadhost.actors.runtime import deletion
from threadhost.actors.runtime.participants import PARTICIPANTS, JobRows
from threadhost.events.ids import job_stream
from threadhost.events.job import JobEnded, JobItemRequeued
from threadhost.events.job_page import Page
from threadhost.events.job_state import Job
from threadhost.events.turn import TurnStarted
from threadhost.projections.jobs import unfinished_jobs

ROWS, ACTS, LIVES_MAX = 16, 5, 4
LIFE_S_MAX = 0.3
AT_WORK_SHARE = 0.7
"""In so many lives workers are at work before anything is done to them."""


def run(context: Context) -> Counts:
    """Each round: one job in a home of its own, over some lives of a host."""
    counts: Counter[str] = Counter()
    for number in context.rounds():
        fire = Fire()
        fire.random = context.random_of(number)
        home = context.new_folder() / "home"
        home.mkdir()
        asyncio.run(_job(home, fire, counts))
        for fault in faults_of(home):
            context.violates("J1", fault)
    return {"jobs": context.rounds_done, **dict(sorted(counts.items()))}


async def _job(home: Path, fire: Fire, counts: Counter[str]) -> None:
    job_id = ""
    for life in range(fire.random.randrange(1, LIVES_MAX)):
        async with job_rig(fire.acts, home) as rig:
            job_id = await _taken_up(rig, job_id)
            await _under_fire(rig, fire, JobView(rig, job_id))
            counts["lives"] += 1
            _count(rig, counts)
        del life
    async with job_rig(reports, home) as rig:
        await _taken_up(rig, job_id)
        with suppress(Refusal):
            await rig.host.jobs.ask(job_id, ResumeJob(), ORIGIN)
        await eventually(lambda: rig.host.jobs.going_on == 0)
        _count(rig, counts)


async def _taken_up(rig: Rig, job_id: str) -> str:
    """The job, gone on with, or begun."""
    if not job_id:
        return (await begun(rig, ROWS, page_rows=5, concurrency=4, item_ms=80)).job_id
    await rig.host.jobs.resume(await unfinished_jobs(rig.logs.durable.reads), "test")
    return job_id


async def _under_fire(rig: Rig, fire: Fire, job: JobView) -> None:
    """Let things happen to it until the host ends, which may be before it is done."""
    if fire.random.random() < AT_WORK_SHARE:
        with suppress(TimeoutError):
            async with asyncio.timeout(LIFE_S_MAX):
                await rig.published(TurnStarted.kind)
    things = [fire.later(rig, job) for _ in range(ACTS)]
    await within(asyncio.gather(*things, return_exceptions=True), 20)
    with suppress(TimeoutError):
        async with asyncio.timeout(fire.random.random() * LIFE_S_MAX):
            await rig.published(JobEnded.kind, job_stream(job.job_id))


def _count(rig: Rig, counts: Counter[str]) -> None:
    for fact in rig.seen:
        name = fact.kind.removeprefix("job.item_").removesuffix(".v1")
        if fact.kind.startswith("job.item_"):
            counts[name] += 1


# -- mutants --


@contextmanager
def no_fence() -> Iterator[None]:
    """A row is claimed though another thread works on it."""
    sound = decide_job.dispatch(ClaimRows)

    def claim(command: ClaimRows, job: Job, page: Page) -> Decided:
        items = [
            item._replace(status="pending") if item.status == "running" else item
            for item in page.items
        ]
        return sound(command, job, page._replace(items=tuple(items), next_pending=0))

    decide_job.register(ClaimRows, claim)
    try:
        yield
    finally:
        decide_job.register(ClaimRows, sound)


def no_assignment() -> AbstractContextManager[object]:
    """What a thread says counts whoever works on the row, if anybody does."""

    def is_of(command: RowCommand, page: Page) -> bool:
        return 0 <= command.item - page.first < len(page.items)

    return patch.object(job_rules, "_is_of", is_of)


def no_reason() -> AbstractContextManager[object]:
    """A row of a deleted thread waits again, and nobody says why."""
    return patch.object(job_rules, "THREAD_DELETED", "")


def no_participant() -> AbstractContextManager[object]:
    """Deletions know nothing of jobs."""
    left = tuple(one for one in PARTICIPANTS if one is not JobRows)
    return patch.object(deletion, "PARTICIPANTS", left)


@contextmanager
def completed_again() -> Iterator[None]:
    """With a row of a deleted thread one waits again that was complete."""
    sound = decide_job.dispatch(DetachThreads)

    def detach(command: DetachThreads, job: Job, page: Page) -> Decided:
        decided = sound(command, job, page)
        done = [n for n, item in enumerate(page.items, page.first) if item.status == "completed"]
        again = [
            JobItemRequeued(item=n, was="running", error=THREAD_DELETED, attempts=0)
            for n in done[:1]
        ]
        return decided._replace(page=[*decided.page, *again]) if decided.page else decided

    decide_job.register(DetachThreads, detach)
    try:
        yield
    finally:
        decide_job.register(DetachThreads, sound)


@contextmanager
def reports_after_the_end() -> Iterator[None]:
    """A job that was cancelled takes reports."""
    sound = decide_job.dispatch(EndJob)

    def end(command: EndJob, job: Job, page: Page) -> Decided:
        return sound(command, job._replace(status="running"), page)

    decide_job.register(EndJob, end)
    try:
        yield
    finally:
        decide_job.register(EndJob, sound)


ROW = Row(
    number=30,
    title="jobs under fire: workers lie, hang and are deleted; pauses, cancels, retries, restarts",
    invariants=("J1",),
    quick=Budget(60),
    long=Budget(2_000, seconds_max=3600),
    fast=Budget(2, seconds_max=12),
    run=run,
    mutants={
        "a claim without a fence": no_fence,
        "a report without a check of its assignment": no_assignment,
        "a row waits again without a reason": no_reason,
        "deletions pass jobs over": no_participant,
        "a row that was complete waits again": completed_again,
        "a job ends as often as it is asked": reports_after_the_end,
    },
)
