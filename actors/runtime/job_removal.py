"""Deleting a job: its workers are let go, its pages get their tombstones, and their keys go."""

import asyncio

from threadhost.actors.job import BeginJobDeletion, DeleteJob, DeletePage
from threadhost.actors.origin import Origin
from threadhost.actors.runtime.jobs import Jobs
from threadhost.events.causes import by_event
from threadhost.events.failpoints import reach
from threadhost.events.ids import job_stream, page_stream

AT_ONCE_MAX = 256
"""Pages whose keys are destroyed together."""


async def delete_job(jobs: Jobs, job_id: str, origin: Origin) -> None:
    """Erase a job with all its rows; what a crash interrupts the next start goes on with.

    Raises Refusal or StoreError.
    """
    await jobs.ask(job_id, BeginJobDeletion(), origin)
    await jobs.idle(job_id)
    actor = await jobs.actor(job_id)
    log, pages = jobs.services.sessions.logs.durable, actor.job.pages
    streams = [page_stream(job_id, number) for number in range(pages)]
    for number in range(pages):
        await jobs.ask(job_id, DeletePage(), origin, number)
        reach("job.page_deleted")
    for first in range(0, pages, AT_ONCE_MAX):
        some = streams[first : first + AT_ONCE_MAX]
        for stream in some:
            await asyncio.to_thread(log.files.remove_of, stream)
        await log.destroy_keys(some)
    reach("job.keys_destroyed")
    await asyncio.to_thread(log.files.remove_of, job_stream(job_id))
    [deleted] = (await jobs.ask(job_id, DeleteJob(), origin)).recorded
    reach("job.deleted")
    # A stream that is not closed may not lack its key: the next start would refuse the home.
    await log.destroy_keys([job_stream(job_id)])
    await log.checkpoint()
    jobs.services.life.reclaim(by_event(deleted.stream, deleted.version))
