"""What may happen to a job and its workers, by a seed."""

import asyncio
from collections.abc import Coroutine
from random import Random
from typing import Any

from tests.support.hosts import ORIGIN, Rig, message
from tests.support.jobs import JobView, Task, never
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
from threadhost.events.words import RESTARTED

YIELDS_MAX = 120
NEWEST = 4
"""Claims that something is done about: rows of older ones are at their end mostly."""


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

    def possible_acts(self, rig: Rig, job: JobView) -> list[Coroutine[Any, Any, Any]]:
        """One of each command that the storm chooses from."""
        jobs, now_ms = rig.host.jobs, SystemClock().now_ms()
        claims = rig.published_events(JobItemClaimed.kind) or [
            JobItemClaimed(item=0, thread_id="x", attempt=1)
        ]
        claim = self.random.choice(claims[-NEWEST:])
        lost = FailAttempt(claim.item, claim.thread_id, now_ms, RESTARTED)
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
        acts = self.possible_acts(rig, job)
        chosen = acts.pop(self.random.randrange(len(acts)))
        for act in acts:
            act.close()
        return await chosen
