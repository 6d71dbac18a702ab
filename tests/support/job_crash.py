"""A host whose echo does the rows of a job, and which dies when it comes to a point.

Arguments: the home, the point, how many times it may be reached before. With the point "none" it
waits until the job is over and written, says how often each point was reached, and ends well. A
home without a thread is given one, and a job on a file beside the home.
"""

import asyncio
import sys
from pathlib import Path

from tests.support.dying import Doomed
from tests.support.hosts import ORIGIN, SETTINGS
from tests.support.quiet import quiet
from tests.support.store import database_of
from threadhost.actors.job_request import JobRequest
from threadhost.actors.thread import StartThread
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.adapters.models.echo import EchoClient

POINTS = (
    "store.begin",
    "store.before_commit",
    "store.committed",
    "job.claimed",
    "job.worker_started",
    "job.reported",
)
ROWS = 5


async def work(home: Path, point: str, times: int) -> None:
    """Let the echo do the rows, or die on the way."""
    doomed = Doomed(POINTS, point, times)
    app = await open_app(Settings(home, listen=()), env={}, model=EchoClient("ok"))
    if not database_of(app.logs.durable).rows("SELECT job_id FROM agent_jobs"):
        await begin(app, home)
    await quiet(app.logs.durable, lambda: is_busy(app))
    doomed.survived()
    await app.close()


async def begin(app: App, home: Path) -> None:
    """A thread and a job of its own."""
    folder = home.parent
    table = folder / f"{home.name}.csv"
    table.write_text("city\n" + "".join(f"city {n}\n" for n in range(ROWS)))
    settings = SETTINGS.model_copy(
        update={"model": "echo-1", "model_provider": "echo", "cwd": str(folder)}
    )
    thread_id = app.ids.new()
    await app.host.threads.start(StartThread(thread_id, settings), ORIGIN)
    request = JobRequest(
        thread_id,
        table.name,
        "Count in {city}",
        output_path=f"{home.name}-{app.ids.new()[-6:]}.csv",
        exports=True,
        concurrency=2,
        attempts_max=20,
    )
    await app.host.jobs.create(request, ORIGIN)


def is_busy(app: App) -> bool:
    """Whether a job goes on, by the view, or has yet to be written."""
    left = (
        "SELECT job_id FROM agent_jobs WHERE status IN ('pending', 'running')"
        " OR (exported_at_ms IS NULL AND NOT export_failed)"
    )
    return bool(database_of(app.logs.durable).rows(left))


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
