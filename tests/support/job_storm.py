"""A host whose job of many rows is under fire until it is over, or until somebody kills it.

Arguments: the home, how many rows, a seed. With the seed 0 nothing is done to the job, and workers
report at once. A home without a job is given one. Says so once it is there, and ends by itself when
the job is complete.
"""

import asyncio
import sys
from pathlib import Path
from random import Random
from typing import Any

from tests.support.hosts import ORIGIN, SETTINGS
from tests.support.job_fire import Fire
from tests.support.jobs import DESCRIBED, JobView, Task, Workers, reports, rows
from tests.support.store import database_of
from threadhost.actors.errors import Refusal
from threadhost.actors.job import CreateJob, EndInput, ResumeJob
from threadhost.actors.models import ModelEvent
from threadhost.actors.thread import StartThread
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.events.base import Recorded

PAGE_ROWS = 256
AT_ONCE = 32
ITEM_MS = 500
"""A worker that hangs is given up after this."""
LATE = 0.02
"""In so many rows the worker reports when it is about to be given up."""
ACT_S_MAX = 0.1
CLAIMS_KEPT = 8
JOB = "SELECT job_id, status FROM agent_jobs"


class Storm(Fire):
    """Fire on a whole application, by a seed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = Random(seed)

    async def acts(self, task: Task) -> list[ModelEvent]:
        """As under fire, or a report that comes as its time is over."""
        if not task.outputs and self.random.random() < LATE:
            await asyncio.sleep(self.random.uniform(0.8, 1.1) * ITEM_MS / 1000)
            return task.report()
        return await super().acts(task)


class Stormy:
    """What fire needs of a host."""

    def __init__(self, app: App) -> None:
        self.host = app.host
        self._claims: list[Any] = []
        app.logs.durable.feed.listen(self._published)

    def published_events(self, kind: str) -> list[Any]:
        """The last claims."""
        return [event for event in self._claims if event.kind == kind]

    def _published(self, recorded: Any) -> None:
        claims = [fact.event for fact in recorded if is_claim(fact)]
        self._claims = [*self._claims, *claims][-CLAIMS_KEPT:]


def is_claim(fact: Recorded) -> bool:
    """Whether a row was claimed."""
    return fact.kind == "job.item_claimed.v1"


async def work(home: Path, count: int, seed: int) -> None:
    """Work on the job until it is complete."""
    storm = Storm(seed)
    model = Workers(storm.acts if seed else reports)
    app = await open_app(Settings(home, listen=()), env={}, model=model)
    job_id = found[0][0] if (found := database_of(app.logs.durable).rows(JOB)) else ""
    job = JobView(Stormy(app), job_id or await begin(app, count))  # type: ignore[arg-type]
    print("begun", flush=True)  # noqa: T201
    while (status := database_of(app.logs.durable).rows(JOB)[0][1]) != "completed":
        if status in ("failed", "cancelled"):
            await app.host.jobs.retry(job.job_id, ORIGIN)
        await (under_fire(job, storm) if seed else calm(app, job))
    await app.host.jobs.idle(job.job_id)
    await app.close()


async def begin(app: App, count: int) -> str:
    """A thread, and a job that runs for it."""
    runner, job_id, jobs = app.ids.new(), app.ids.new(), app.host.jobs
    await app.host.threads.start(StartThread(runner, SETTINGS), ORIGIN)
    create = CreateJob(
        runner_id=runner, described=DESCRIBED, wait_ms=1, item_ms=ITEM_MS, concurrency=AT_ONCE
    )
    await jobs.ask(job_id, create, ORIGIN)
    for first in range(0, count, PAGE_ROWS):
        await jobs.ask(job_id, rows(min(PAGE_ROWS, count - first), first), ORIGIN)
    await jobs.ask(job_id, EndInput(at_ms=1), ORIGIN)
    await jobs.go_on(job_id)
    return job_id


async def under_fire(job: JobView, storm: Storm) -> None:
    """One thing more is done to it."""
    await asyncio.sleep(storm.random.uniform(0, ACT_S_MAX))
    await asyncio.gather(storm.later(job.rig, job), return_exceptions=True)


async def calm(app: App, job: JobView) -> None:
    """It goes on, even if it was paused."""
    try:
        await app.host.jobs.ask(job.job_id, ResumeJob(), ORIGIN)
    except Refusal:
        return  # it is over
    await asyncio.sleep(ACT_S_MAX)


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
