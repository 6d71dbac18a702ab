"""The changes to jobs and rows that are appended beside the tombstones of threads."""

from collections.abc import Sequence

from threadhost.actors.job import RUNNER_DELETED, DetachThreads, EndJob
from threadhost.actors.job_rules import decide_job
from threadhost.actors.runtime.job_actor import job_as_recorded, page_as_recorded
from threadhost.events.ids import job_stream, page_stream
from threadhost.events.job_page import Page
from threadhost.events.job_state import Job
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log


async def released(
    log: Log, pages: Sequence[tuple[str, int]], thread_ids: Sequence[str]
) -> Sequence[StreamAppend]:
    """The appends that remove these threads from the rows of these pages (job id and number)."""
    command, appends = DetachThreads(frozenset(thread_ids)), list[StreamAppend]()
    for job_id, number in dict.fromkeys(pages):
        page = await page_as_recorded(log, Page(job_id, number))
        events = decide_job(command, Job(job_id), page).page
        if events:
            appends.append(StreamAppend(page_stream(job_id, number), events, page.version))
    return appends


async def ended(log: Log, job_ids: Sequence[str]) -> Sequence[StreamAppend]:
    """The appends that end these jobs, whose runners are gone."""
    command, appends = EndJob("cancelled", RUNNER_DELETED), list[StreamAppend]()
    for job_id in job_ids:
        job = await job_as_recorded(log, job_id)
        events = decide_job(command, job, Page()).job
        if events:
            appends.append(StreamAppend(job_stream(job_id), events, job.version))
    return appends
