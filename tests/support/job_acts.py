"""A host in which much is done to a job whose workers hang, and which dies on the way.

Arguments: the home, the point, how many times it may be reached before. A worker's thread is
deleted, the job paused, resumed, cancelled, tried again, cancelled, written to a file, looked at
and deleted. Whoever comes after a death does all of it to what it finds, and one that ends well
says how often each point was reached.
"""

import asyncio
import sys
from pathlib import Path

from tests.support.dying import Doomed
from tests.support.hosts import ORIGIN, SETTINGS
from tests.support.job_truth import faults
from tests.support.quiet import quiet
from tests.support.store import database_of
from threadhost.actors.job import BY_CLIENT, EndJob, PauseJob, ResumeJob
from threadhost.actors.job_request import Export, JobRequest
from threadhost.actors.thread import StartThread
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.adapters.models.echo import EchoClient

POINTS = (
    "store.begin",
    "store.before_commit",
    "store.committed",
    "job.page_deleted",
    "job.keys_destroyed",
    "job.deleted",
)
ROWS, AT_ONCE = 4, 2
HANG = '@echo {{"steps": [{{"hang": true}}]}}'
OVER = ("completed", "failed", "cancelled")


async def work(home: Path, point: str, times: int) -> None:
    """Do it all, or die on the way."""
    doomed = Doomed(POINTS, point, times)
    app = await open_app(Settings(home, listen=()), env={}, model=EchoClient("ok"))
    await quiet(app.logs.durable, lambda: "deleting" in statuses(app))
    if not database_of(app.logs.durable).rows("SELECT id FROM threads"):
        await begin_thread(app, home.parent)
    if not (home.parent / "rows.jsonl").exists() or statuses(app):
        await act(app, await the_job(app), home.parent)
    doomed.survived()
    await app.close()


def statuses(app: App) -> list[str]:
    """How the jobs stand, by the view."""
    return [row[0] for row in database_of(app.logs.durable).rows("SELECT status FROM agent_jobs")]


async def begin_thread(app: App, folder: Path) -> None:
    """A thread that a job may run for, and its table."""
    (folder / "in.csv").write_text("city\n" + "".join(f"city {n}\n" for n in range(ROWS)))
    settings = SETTINGS.model_copy(
        update={"model": "echo-1", "model_provider": "echo", "cwd": str(folder)}
    )
    await app.host.threads.start(StartThread(app.ids.new(), settings), ORIGIN)


async def the_job(app: App) -> str:
    """The job that is there, or a new one."""
    database = database_of(app.logs.durable)
    for row in database.rows("SELECT job_id FROM agent_jobs"):
        return str(row[0])
    [runner] = database.rows("SELECT id FROM threads WHERE parent_id IS NULL")
    request = JobRequest(
        runner[0], "in.csv", f"Hello {{city}}\n{HANG}", concurrency=AT_ONCE, attempts_max=20
    )
    return await app.host.jobs.create(request, ORIGIN)


async def act(app: App, job_id: str, folder: Path) -> None:
    """All that may be done to a job, in turn."""
    jobs, log = app.host.jobs, app.logs.durable
    if statuses(app)[0] in OVER:
        await jobs.retry(job_id, ORIGIN)
    await jobs.ask(job_id, ResumeJob(), ORIGIN)
    await at_work(app)
    await app.host.trees.delete(workers(app)[0], ORIGIN)
    await at_work(app)
    await jobs.ask(job_id, PauseJob(), ORIGIN)
    await jobs.ask(job_id, ResumeJob(), ORIGIN)
    await cancel(app, job_id)
    await jobs.retry(job_id, ORIGIN)
    await at_work(app)
    await cancel(app, job_id)
    await jobs.export(job_id, Export("rows.jsonl", replaces=True), ORIGIN)
    assert faults(log) == []
    assert len((folder / "rows.jsonl").read_text().splitlines()) == ROWS
    await jobs.delete(job_id, ORIGIN)


async def cancel(app: App, job_id: str) -> None:
    """End the job, and wait until its workers are gone, those of a host that died too."""
    await app.host.jobs.ask(job_id, EndJob("cancelled", BY_CLIENT), ORIGIN)
    await app.host.jobs.idle(job_id)
    await quiet(app.logs.durable, lambda: bool(running(app)))


def workers(app: App) -> list[str]:
    """The threads that rows are assigned to, and that are there: they are started behind it."""
    assigned = "SELECT id FROM agent_job_items JOIN threads ON id = assigned_thread_id"
    return [row[0] for row in database_of(app.logs.durable).rows(assigned)]


def running(app: App) -> list[int]:
    """The rows that are worked on, by the view: of those of a host that died, too."""
    rows = database_of(app.logs.durable).rows(
        "SELECT row_index FROM agent_job_items WHERE status = 'running'"
    )
    return [row[0] for row in rows]


async def at_work(app: App) -> None:
    """Wait until as many rows are worked on as may be."""
    await quiet(app.logs.durable, lambda: len(workers(app)) < AT_ONCE)


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
