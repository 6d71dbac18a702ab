"""Jobs against all that may happen to them and their workers meanwhile, by seeds."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from tests.support import job_truth
from tests.support.hosts import ORIGIN, Rig, eventually, message, within
from tests.support.jobs import JobView, Task, begun, job_rig, never
from threadhost.actors.errors import Refusal
from threadhost.actors.job import (
    BY_CLIENT,
    EndJob,
    EndLeases,
    FailAttempt,
    PauseJob,
    ResumeJob,
)
from threadhost.actors.models import ModelEvent
from threadhost.adapters.clock import SystemClock
from threadhost.events.job import JobItemClaimed

SEEDS, A_HOST = 500, 10
ROWS, ACTS, YIELDS_MAX = 6, 8, 120


class Fire:
    """What happens by a seed: how workers behave, and what is done to their job."""

    def __init__(self) -> None:
        self.random = Random(0)

    async def pause(self) -> None:
        """Let others go on, for as long as the seed says."""
        for _ in range(self.random.randrange(YIELDS_MAX)):
            await asyncio.sleep(0)

    async def acts(self, task: Task) -> list[ModelEvent]:
        """A worker reports, lies, forgets, or hangs."""
        await self.pause()
        if task.outputs:
            return message("done")
        said = (
            task.report(),
            message("I forgot"),
            [*task.report(), *task.report(1)],
            task.report(item_id="item-1"),
            task.report(result=7),
        )
        kind = self.random.randrange(9)
        return said[kind % len(said)] if kind else await never(task)

    def what_may_be_done(self, rig: Rig, job: JobView) -> list[Coroutine[Any, Any, Any]]:
        """One of everything."""
        jobs, now_ms = rig.host.jobs, SystemClock().now_ms()
        claims = rig.told(JobItemClaimed.kind) or [JobItemClaimed(item=0, thread_id="x", attempt=1)]
        claim = self.random.choice(claims)
        lost = FailAttempt(claim.item, claim.thread_id, now_ms, "the host was restarted")
        return [
            jobs.ask(job.job_id, PauseJob(), ORIGIN),
            jobs.ask(job.job_id, ResumeJob(), ORIGIN),
            jobs.ask(job.job_id, ResumeJob(), ORIGIN),
            jobs.ask(job.job_id, EndLeases(now_ms + 10**9), ORIGIN, 0),
            jobs.ask(job.job_id, lost, ORIGIN, 0),
            jobs.ask(job.job_id, EndJob("cancelled", BY_CLIENT), ORIGIN),
            jobs.retry(job.job_id, ORIGIN),
            rig.host.trees.delete(claim.thread_id, ORIGIN),
            rig.host.trees.delete(claim.thread_id, ORIGIN),
            rig.host.life.unload([claim.thread_id], "idle", ORIGIN),
        ]

    async def later(self, rig: Rig, job: JobView) -> object:
        """Do one of it at some moment."""
        await self.pause()
        await self.pause()
        acts = self.what_may_be_done(rig, job)
        chosen = acts.pop(self.random.randrange(len(acts)))
        for act in acts:
            act.close()
        return await chosen


async def race(rig: Rig, fire: Fire, seed: int) -> None:
    """Let everything happen at once to a job, and have it come to an end then."""
    fire.random = Random(seed)
    job = await begun(rig, ROWS, page_rows=3, concurrency=3, item_ms=60)
    things = [fire.later(rig, job) for _ in range(ACTS)]
    if fire.random.random() < 0.2:
        things.append(rig.host.trees.delete(job.runner_id, ORIGIN))
    done = await within(asyncio.gather(*things, return_exceptions=True), 20)
    failed = [one for one in done if isinstance(one, BaseException)]
    assert all(isinstance(one, Refusal) for one in failed), failed
    with suppress(Refusal):  # it may be over
        await rig.host.jobs.ask(job.job_id, ResumeJob(), ORIGIN)
    await eventually(lambda: rig.host.jobs.working == 0 and rig.host.jobs.going_on == 0)


@pytest.mark.few(1)
@pytest.mark.parametrize("first", range(0, SEEDS, A_HOST))
async def test_every_row_ends_once_whatever_happens_to_its_workers_and_its_job(first: int) -> None:
    fire = Fire()
    async with job_rig(fire.acts) as rig:
        for seed in range(first, first + A_HOST):
            await race(rig, fire, seed)
        assert job_truth.faults(rig.logs.durable) == []
