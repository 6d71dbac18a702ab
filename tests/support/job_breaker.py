"""A host whose jobs, and whose threads that they run for, are treated at random, until it dies.

Arguments: the home, a seed. With the seed 0 nothing more is done: everything that was paused or
archived goes on, and the host ends once all jobs are over. Each answer of a creation is a line
`created JOB RUNNER`, each of a deletion of a job `deleted JOB`, of a runner `gone RUNNER`. A
refusal that no rule explains is a line `odd ...`.
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.support.hosts import ORIGIN, SETTINGS, message
from tests.support.jobs import Task, Workers, never
from tests.support.store import database_of
from threadhost.actors.errors import (
    AlreadyArchived,
    NotArchived,
    ThreadArchived,
    ThreadBeingDeleted,
    ThreadNotFound,
)
from threadhost.actors.job import BY_CLIENT, EndJob, JobNotFound, JobRefused, PauseJob, ResumeJob
from threadhost.actors.job_ports import OutputRefused
from threadhost.actors.job_request import Export, JobRequest
from threadhost.actors.models import ModelEvent
from threadhost.actors.thread import StartThread
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.events.store.committer import Idempotency

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

ROWS, RUNNERS, AT_ONCE = 300, 3, 6
"""More rows than a page has."""
WAIT_S = 0.02
CALM_S = 100
UNDERSTOOD = (
    *(AlreadyArchived, JobNotFound, JobRefused, NotArchived, OutputRefused),
    *(ThreadArchived, ThreadBeingDeleted, ThreadNotFound),
)


def say(*words: object) -> None:
    """Print a line at once."""
    print(*words, flush=True)  # noqa: T201


class Breaker:
    """Does one thing after the other to a host, some of them at the same time."""

    def __init__(self, app: App, seed: int) -> None:
        self.app = app
        self.random = Random(seed)
        self.keys = 0
        self._seed = seed
        self._acts: Sequence[Callable[[], Awaitable[object]]] = (
            *(self.create, self.create, self.create_twice, self.start),
            *(self.cancel, self.pause, self.resume, self.resume, self.retry, self.retry),
            *(self.archive, self.unarchive, self.unarchive),
            *(self.delete_runner, self.delete_job, self.delete_worker, self.export),
        )

    async def acts(self, task: Task) -> list[ModelEvent]:
        """Report, forget or hang."""
        if not self._seed:
            return task.report() if not task.outputs else message("done")
        await asyncio.sleep(self.random.uniform(0, WAIT_S))
        if task.outputs:
            return message("done")
        kind = self.random.randrange(20)
        if kind == 0:
            return await never(task)
        return message("I forgot") if kind == 1 else task.report()

    async def run(self) -> None:
        """Do such things for ever."""
        await asyncio.gather(*(self._run() for _ in range(AT_ONCE)))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self.random.uniform(0, 5 * WAIT_S))
            act = self.random.choice(self._acts)
            try:
                await act()
            except UNDERSTOOD:
                pass
            except Exception as error:  # noqa: BLE001  (whatever it is is told)
                say("odd", act.__name__, type(error).__name__, error)

    async def start(self) -> None:
        """Start a thread for jobs to run for, unless there are enough."""
        if len(self._rows("SELECT id FROM threads WHERE parent_id IS NULL")) < RUNNERS:
            settings = SETTINGS.model_copy(update={"cwd": str(self.app.settings.home.parent)})
            await self.app.host.threads.start(StartThread(self.app.ids.new(), settings), ORIGIN)

    async def create(self) -> None:
        """Create a job, unless there are many."""
        await self._create(1)

    async def create_twice(self) -> None:
        """Create a job by two equal requests of one key."""
        await self._create(2)

    async def _create(self, times: int) -> None:
        going_on = "SELECT job_id FROM agent_jobs WHERE status IN ('pending', 'running')"
        if not (runner_id := self._runner()) or len(self._rows(going_on)) > RUNNERS:
            return
        self.keys += 1
        key = Idempotency.of(f"{self._seed}-{self.keys}", b"a job")
        request = JobRequest(
            runner_id, "in.csv", "Look at {path}", concurrency=8, attempts_max=20, runtime_s=1
        )
        creating = [self.app.host.jobs.create(request, ORIGIN, key) for _ in range(times)]
        found = await asyncio.gather(*creating, return_exceptions=True)
        job_ids = {one for one in found if isinstance(one, str)}
        if len(job_ids) > 1:
            say("odd", "one key made", *job_ids)
        for job_id in job_ids:
            say("created", job_id, runner_id)
        for one in found:
            if isinstance(one, BaseException):
                raise one

    async def cancel(self) -> None:
        """Cancel a job."""
        await self.app.host.jobs.ask(self._job(), EndJob("cancelled", BY_CLIENT), ORIGIN)

    async def pause(self) -> None:
        """Pause a job."""
        await self.app.host.jobs.ask(self._job(), PauseJob(), ORIGIN)

    async def resume(self) -> None:
        """Resume a job."""
        await self.app.host.jobs.ask(self._job(), ResumeJob(), ORIGIN)

    async def retry(self) -> None:
        """Retry a job."""
        await self.app.host.jobs.retry(self._job(), ORIGIN)

    async def export(self) -> None:
        """Write a job to a file."""
        job_id = self._job()
        await self.app.host.jobs.export(job_id, Export(f"{job_id}.csv", replaces=True), ORIGIN)

    async def delete_job(self) -> None:
        """Delete a job, seldom."""
        if not self.random.randrange(3):
            job_id = self._job()
            await self.app.host.jobs.delete(job_id, ORIGIN)
            say("deleted", job_id)

    async def delete_worker(self) -> None:
        """Delete a thread that a row is assigned to."""
        workers = self._rows("SELECT id FROM threads WHERE parent_id IS NOT NULL")
        if workers:
            await self.app.host.trees.delete(self.random.choice(workers), ORIGIN)

    async def delete_runner(self) -> None:
        """Delete a thread that jobs run for, seldom."""
        if not self.random.randrange(4) and (runner_id := self._runner()):
            await self.app.host.trees.delete(runner_id, ORIGIN)
            say("gone", runner_id)

    async def archive(self) -> None:
        """Archive a thread that jobs run for."""
        if runner_id := self._runner():
            await self.app.host.trees.archive(runner_id, ORIGIN)

    async def unarchive(self) -> None:
        """Unarchive such a thread."""
        if runner_id := self._runner():
            await self.app.host.trees.unarchive(runner_id, ORIGIN)

    async def calm(self) -> None:
        """Let everything go on, and wait until it is over."""
        for runner_id in self._rows("SELECT id FROM threads WHERE parent_id IS NULL"):
            with suppress(*UNDERSTOOD):
                await self.app.host.trees.unarchive(runner_id, ORIGIN)
        for job_id in self._rows("SELECT job_id FROM agent_jobs"):
            with suppress(*UNDERSTOOD):
                await self.app.host.jobs.ask(job_id, ResumeJob(), ORIGIN)
        async with asyncio.timeout(CALM_S):
            while self._is_busy():  # noqa: ASYNC110  (whatever it is that it waits for)
                await asyncio.sleep(WAIT_S)
        for job_id in self._rows("SELECT job_id FROM agent_jobs"):
            await self.app.host.jobs.idle(job_id)

    def _is_busy(self) -> bool:
        left = "SELECT job_id FROM agent_jobs WHERE status NOT IN"
        return bool(self._rows(f"{left} ('completed', 'failed', 'cancelled')"))

    def _runner(self) -> str:
        runners = self._rows("SELECT id FROM threads WHERE parent_id IS NULL")
        return self.random.choice(runners) if runners else ""

    def _job(self) -> str:
        jobs = self._rows("SELECT job_id FROM agent_jobs ORDER BY job_id DESC LIMIT 6")
        if not jobs:
            raise JobNotFound("")
        return self.random.choice(jobs)

    def _rows(self, statement: str) -> list[str]:
        return [row[0] for row in database_of(self.app.logs.durable).rows(statement)]


async def work(home: Path, seed: int) -> None:
    """Break what can be broken, or let all jobs come to their end."""
    breakers: list[Breaker] = []

    async def acts(task: Task) -> list[ModelEvent]:
        return await breakers[0].acts(task)

    rows = home.parent / "in.csv"
    if not rows.exists():
        rows.write_text("path\n" + "".join(f"file-{n}\n" for n in range(ROWS)))
    app = await open_app(Settings(home, listen=()), env={}, model=Workers(acts))
    breakers.append(Breaker(app, seed))
    say("begun")
    await (breakers[0].run() if seed else breakers[0].calm())
    await app.close()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2])))
