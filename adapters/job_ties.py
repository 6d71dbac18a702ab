"""The jobs that involve a thread, according to the views."""

from collections.abc import Sequence

from threadhost.events.store.port import Reads
from threadhost.projections.job_queries import assignments_of, jobs_run_by


class ViewedTies:
    """The queries of deletions to the views of jobs."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def pages_of(self, thread_ids: Sequence[str]) -> Sequence[tuple[str, int]]:
        """Jobs and their pages with rows that are assigned to these threads."""
        return [(tie.job_id, tie.page) for tie in await assignments_of(self._reads, thread_ids)]

    async def run_by(self, thread_ids: Sequence[str]) -> Sequence[str]:
        """Unfinished jobs that run for these threads."""
        return await jobs_run_by(self._reads, thread_ids)
