"""Jobs whose input, or whose resumption, meets a fault that passes: nothing waits for a restart."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.hosts import ORIGIN, Rig, eventually, settle, within
from tests.support.jobs import JOB_ID, JobView, SomeFiles, begun, job_rig, never, reports
from threadhost.actors.host_jobs import HostJobs
from threadhost.actors.job import BY_CLIENT, EndJob
from threadhost.actors.job_request import JobRequest
from threadhost.actors.runtime import append_errors
from threadhost.events.job import JobCreated, JobEnded, JobInputEnded, JobRowsAdded
from threadhost.events.store.errors import StoreUnreadable
from threadhost.projections.jobs import unfinished_jobs

NAMES = [f"file-{n}" for n in range(10)]
FIRSTS = [0, 4, 8]
"""The first rows of its pages."""
FAULTS = [StoreUnreadable("the disk has a fault"), ZeroDivisionError()]
FAILURES = 2


def failing(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, after: int = 0) -> None:
    """Let calls of this method of jobs fail, twice, behind so many that do not."""
    real, calls = getattr(HostJobs, name), 0

    async def fails(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if after < calls <= after + FAILURES:
            raise error
        return await real(*args, **kwargs)

    monkeypatch.setattr(append_errors, "RETRY_S", 0.001)
    monkeypatch.setattr(HostJobs, name, fails)


async def resumed(rig: Rig) -> None:
    """Resume the jobs of an earlier process."""
    await rig.host.jobs.resume(await unfinished_jobs(rig.logs.durable.reads), "test")


def firsts_of(rig: Rig) -> list[int]:
    """The first rows of the pages that this process has added."""
    return [event.first for event in rig.published_events(JobRowsAdded.kind)]


async def created(rig: Rig) -> str:
    """A job whose first page is recorded."""
    request = JobRequest(await rig.start(), "in.csv", "Look at {path}")
    job_id: str = await within(rig.host.jobs.create(request, ORIGIN))
    return job_id


@pytest.mark.few(1)
@pytest.mark.parametrize("error", FAULTS, ids=["store", "host"])
@pytest.mark.parametrize("step", ["ask_patiently", "ask"])
async def test_an_input_is_read_to_its_end_though_a_page_of_it_could_not_be_recorded(
    monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    failing(monkeypatch, step, error, after=1 if step == "ask_patiently" else 2)
    files = SomeFiles(NAMES)
    async with job_rig(files=files) as rig:
        job_id = await created(rig)
        over = await within(JobView(rig, job_id).finished())
        assert (over.status, over.completed) == ("completed", len(NAMES))
        assert firsts_of(rig) == FIRSTS
        await eventually(lambda: all(one.is_closed for one in files.inputs))


@pytest.mark.few(2)
@pytest.mark.parametrize("error", FAULTS, ids=["store", "host"])
@pytest.mark.parametrize("step", ["described", "settings_of", "actor", "go_on"])
async def test_an_earlier_input_is_read_on_though_the_store_fails_for_a_while_after_a_restart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: str, error: Exception
) -> None:
    files = SomeFiles(NAMES)
    files.pause_after_the_first()
    async with job_rig(never, tmp_path, files=files) as rig:
        job_id = await created(rig)
    failing(monkeypatch, step, error)
    async with job_rig(reports, tmp_path, files=SomeFiles(NAMES)) as rig:
        await resumed(rig)
        await within(rig.published(JobInputEnded.kind))
        over = await within(JobView(rig, job_id).finished())
        assert (over.status, over.completed) == ("completed", len(NAMES))
        assert firsts_of(rig) == FIRSTS[1:]


@pytest.mark.parametrize("error", FAULTS, ids=["store", "host"])
async def test_a_job_that_is_retried_runs_though_the_store_fails_just_then(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with job_rig(files=SomeFiles(NAMES)) as rig:
        job = await begun(rig, 3)
        await rig.host.jobs.ask(job.job_id, EndJob("cancelled", BY_CLIENT), ORIGIN)
        await job.finished()
        await eventually(lambda: rig.host.jobs.going_on == 0)
        failing(monkeypatch, "go_on", error)
        await rig.host.jobs.retry(job.job_id, ORIGIN)
        await eventually(lambda: len(rig.published_events(JobEnded.kind)) == 2)
        assert (await job.finished()).completed == 3


async def test_a_job_whose_resumption_is_tried_again_keeps_the_workers_that_it_has_by_then(
    tmp_path: Path,
) -> None:
    async with job_rig(never, tmp_path) as rig:
        job = await begun(rig, 2)
        await eventually(lambda: rig.host.jobs.working == 2)
    async with job_rig(never, tmp_path) as rig:
        await resumed(rig)
        await eventually(lambda: rig.host.jobs.working == 2)
        claims = [item.assigned_thread_id for item in await JobView(rig, job.job_id).items()]
        await resumed(rig)
        assert [i.assigned_thread_id for i in await JobView(rig, job.job_id).items()] == claims


async def cancelled_after(ticks: int) -> tuple[bool, int]:
    """Cancel a creation after so many turns: whether it was, and how many jobs ran to an end."""
    files = SomeFiles(NAMES)
    async with job_rig(files=files) as rig:
        request = JobRequest(await rig.start(), "in.csv", "Look at {path}")
        creating = asyncio.ensure_future(rig.host.jobs.create(request, ORIGIN))
        await settle(ticks)
        creating.cancel()
        await asyncio.wait([creating])
        await settle(50)  # what was asked of the tree is done or refused
        count = len(rig.published_events(JobCreated.kind))
        if count:
            await within(rig.published(JobEnded.kind))
            assert firsts_of(rig) == FIRSTS
        await eventually(lambda: all(one.is_closed for one in files.inputs))
        return creating.cancelled(), count


async def test_a_job_whose_creation_is_cancelled_goes_on_if_it_has_begun() -> None:
    outcomes = {await cancelled_after(ticks) for ticks in range(40)}
    assert outcomes == {(True, 0), (True, 1), (False, 1)}


async def test_a_job_that_is_not_there_is_not_resumed_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(append_errors, "RETRY_S", 0.001)
    looks = 0
    async with job_rig() as rig:
        jobs = rig.host.jobs
        real = jobs.go_on

        async def go_on(job_id: str) -> None:
            nonlocal looks
            looks += 1
            await real(job_id)

        monkeypatch.setattr(jobs, "go_on", go_on)
        await jobs.resume([JOB_ID], "test")
        await eventually(lambda: looks >= 2)
        await asyncio.sleep(0.05)
        assert looks == 2
