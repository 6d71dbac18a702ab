"""Telling clients how jobs go: at most once a second, and at the end."""

import asyncio
from collections.abc import Callable

from threadhost.actors.jobs import HostJobs
from threadhost.actors.ports import Clock
from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.models.job import JobProgressNotification
from threadhost.events.job_state import ENDED
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads
from threadhost.projections.job_queries import JobRow, job_row

EVERY_S = 1.0
MILLISECONDS = 1000
OVER = ENDED | {"deleting"}


class Told(NamedTuple):
    """The jobs of a host, where they are looked up, who is told of them, and of which they are."""

    jobs: HostJobs
    reads: Reads
    clock: Clock
    say: Callable[[JobProgressNotification], None]
    telling: set[str]


async def tell_progress(told: Told, job_id: str) -> None:
    """Tell everyone how a job goes, until it is over; nothing where that is being done."""
    if job_id in told.telling:
        return
    told.telling.add(job_id)
    try:
        await _tell(told, job_id)
    finally:
        told.telling.discard(job_id)


async def _tell(told: Told, job_id: str) -> None:
    with told.jobs.watching(job_id) as moved:
        while True:
            moved.clear()
            row = await job_row(told.reads, job_id)
            if row is None:
                return
            is_over = row.status in OVER
            if is_over and moved.is_set():
                continue  # it may go on again
            told.say(progress_of(row, told.clock.now_ms()))
            if is_over:
                return
            await moved.wait()
            await asyncio.sleep(EVERY_S)


def progress_of(row: JobRow, now_ms: int) -> JobProgressNotification:
    """How a job stands, and how long the rest of it takes at the speed so far."""
    done, left = row.completed + row.failed, row.pending + row.running
    eta = None
    if done and row.started_at_ms is not None:
        eta = max(0, now_ms - row.started_at_ms) * left // done // MILLISECONDS
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
