"""The actor of a job follows the log, from its first reading on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.hosts import Rig, within
from tests.support.jobs import JobRig, job_rig
from threadhost.actors.job import BY_CLIENT, EndJob
from threadhost.actors.runtime import job_actor


@asynccontextmanager
async def read_late(
    monkeypatch: pytest.MonkeyPatch, reading: str, awaited: Any
) -> AsyncIterator["asyncio.Task[Any]"]:
    """Something that has read the log inside, and hears of it only afterwards."""
    read, is_read, goes_on = getattr(job_actor, reading), asyncio.Event(), asyncio.Event()

    async def late(*of: Any) -> Any:
        found = await read(*of)
        is_read.set()
        await goes_on.wait()
        return found

    monkeypatch.setattr(job_actor, reading, late)
    task = asyncio.ensure_future(awaited)
    await within(is_read.wait())
    monkeypatch.setattr(job_actor, reading, read)
    yield task
    goes_on.set()
    await within(task)


async def made(rig: Rig) -> JobRig:
    """A job with two rows."""
    job = JobRig(rig)
    await job.make(await rig.start(), 2)
    return job


async def test_events_of_a_job_recorded_while_its_actor_is_loaded_are_not_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with job_rig() as rig:
        job = await made(rig)
        jobs = rig.host.jobs
        async with read_late(monkeypatch, "job_as_recorded", jobs.actor(job.job_id)) as making:
            await job.do(EndJob("cancelled", BY_CLIENT))
        assert making.result().job.status == "cancelled"


async def test_events_of_a_page_recorded_while_it_is_read_are_not_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with job_rig() as rig:
        job = await made(rig)
        actor = await rig.host.jobs.actor(job.job_id)
        async with read_late(monkeypatch, "page_as_recorded", actor.page(0)) as reading:
            assert await job.claim(rig.ids.new()) == [0]
        assert reading.result().at(0).status == "running"
        assert await job.claim(rig.ids.new()) == [1]
        assert actor.pages[0].at(1).status == "running"
