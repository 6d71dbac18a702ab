"""Sends clients the progress of jobs: soon after the beginning, once a second, and at the end."""

import asyncio
from collections.abc import Callable

from threadhost.actors.host_jobs import HostJobs
from threadhost.actors.ports import Clock
from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.models.job import JobProgressNotification
from threadhost.events.job_state import ENDED
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads
from threadhost.projections.job_queries import JobRow, job_row

FIRST_S, EVERY_S = 0.25, 1.0
"""The delay of the first notification after a job begins, and the time between later ones."""
MILLISECONDS = 1000
OVER = ENDED | {"deleting"}


class ProgressNews(NamedTuple):
    """A host's jobs, where they are looked up, who receives progress, and which are followed."""

    jobs: HostJobs
    reads: Reads
    clock: Clock
    say: Callable[[JobProgressNotification], None]
    followed: set[str]


async def notify_progress(news: ProgressNews, job_id: str) -> None:
    """Notify all clients of a job's progress until it ends; nothing if that runs already."""
    if job_id in news.followed:
        return
    news.followed.add(job_id)
    try:
        await _follow(news, job_id)
    finally:
        news.followed.discard(job_id)


async def _follow(news: ProgressNews, job_id: str) -> None:
    pause_s = FIRST_S
    with news.jobs.news.watching(job_id) as changed:
        while True:
            changed.clear()
            row = await job_row(news.reads, job_id)
            if row is None:
                return
            is_over = row.status in OVER
            if is_over and changed.is_set():
                continue  # it may be resumed
            news.say(progress_of(row, news.clock.now_ms()))
            if is_over:
                return
            await changed.wait()
            await asyncio.sleep(pause_s)
            pause_s = EVERY_S


def progress_of(row: JobRow, now_ms: int) -> JobProgressNotification:
    """The progress of a job, and the time that it still takes at its speed so far."""
    done, unfinished = row.completed + row.failed, row.pending + row.running
    eta = None
    if done and row.started_at_ms is not None:
        eta = max(0, now_ms - row.started_at_ms) * unfinished // done // MILLISECONDS
    return JobProgressNotification(
        job_id=row.job_id,
        status=row.status,  # type: ignore[arg-type]
        total_items=render.count(row.total),
        pending_items=render.count(row.pending),
        running_items=render.count(row.running),
        completed_items=render.count(row.completed),
        failed_items=render.count(row.failed),
        eta_seconds=None if eta is None else render.count(eta),
    )
