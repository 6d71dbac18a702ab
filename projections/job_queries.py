"""Queries of the views of jobs: pages of jobs and rows, and what belongs to threads."""

from collections.abc import Mapping, Sequence
from typing import Any

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.port import Reads
from threadhost.projections.jobs import ITEMS, JOBS


class JobRow(NamedTuple):
    """A job as the view has it."""

    job_id: str
    runner_id: str
    status: str
    is_paused: bool
    has_input: bool
    total: int
    pending: int
    running: int
    completed: int
    failed: int
    priority: int
    exports: bool
    last_error: str | None
    created_at_ms: int
    updated_at_ms: int
    started_at_ms: int | None
    completed_at_ms: int | None
    exported_at_ms: int | None
    export_failed: bool


class ItemRow(NamedTuple):
    """A row of a job as the view has it."""

    job_id: str
    row_index: int
    page: int
    status: str
    assigned_thread_id: str | None
    attempt_count: int
    last_error: str | None
    result_version: int
    created_at_ms: int
    updated_at_ms: int
    reported_at_ms: int | None
    completed_at_ms: int | None


class Assignment(NamedTuple):
    """A row that is assigned to a thread, with its page and job."""

    job_id: str
    page: int
    row_index: int
    thread_id: str


_JOB_COLUMNS = ", ".join(column.name for column in JOBS.columns)
_ITEM_COLUMNS = ", ".join(column.name for column in ITEMS.columns)
_ONE = f"SELECT {_JOB_COLUMNS} FROM agent_jobs WHERE job_id = :of"  # noqa: S608  (names of ours)
_PAGE = (
    f"SELECT {_JOB_COLUMNS} FROM agent_jobs WHERE job_id < :before"  # noqa: S608
    " ORDER BY job_id DESC LIMIT :most"
)
_PAGE_BY_STATUS = (
    f"SELECT {_JOB_COLUMNS} FROM agent_jobs WHERE status = :status AND job_id < :before"  # noqa: S608
    " ORDER BY job_id DESC LIMIT :most"
)
_ENDING = (
    f"SELECT {_JOB_COLUMNS} FROM agent_jobs WHERE job_id LIKE :ending"  # noqa: S608
    " ORDER BY job_id DESC LIMIT :most"
)
_ITEMS = (
    f"SELECT {_ITEM_COLUMNS} FROM agent_job_items WHERE job_id = :of AND row_index > :after"  # noqa: S608
    " ORDER BY row_index LIMIT :most"
)
_ITEMS_BY_STATUS = (
    f"SELECT {_ITEM_COLUMNS} FROM agent_job_items WHERE job_id = :of AND status = :status"  # noqa: S608
    " AND row_index > :after ORDER BY row_index LIMIT :most"
)
_TIES = (
    "SELECT job_id, page, row_index, assigned_thread_id FROM agent_job_items"
    " WHERE assigned_thread_id"
)
_RUN_BY = "SELECT job_id, status FROM agent_jobs WHERE runner_id"
LAST_ID = "~"
"""Sorts after every id of a job."""


async def job_row(reads: Reads, job_id: str) -> JobRow | None:
    """Return one job, or None."""
    rows = await reads.rows(_ONE, {"of": job_id})
    return _job(rows[0]) if rows else None


async def job_page(
    reads: Reads, before: str, limit: int, status: str | None = None
) -> Sequence[JobRow]:
    """Return jobs older than one, the newest first."""
    query = _PAGE if status is None else _PAGE_BY_STATUS
    values: dict[str, object] = {"before": before, "status": status, "most": limit}
    return [_job(row) for row in await reads.rows(query, values)]


async def jobs_with_suffix(reads: Reads, suffix: str, limit: int) -> Sequence[JobRow]:
    """Return jobs whose ids have this suffix, the newest first."""
    values: dict[str, object] = {"ending": f"%{suffix}", "most": limit}
    return [_job(row) for row in await reads.rows(_ENDING, values)]


def _job(row: Sequence[object]) -> JobRow:
    job = JobRow(*row)  # type: ignore[arg-type]
    return job._replace(
        is_paused=bool(job.is_paused),
        has_input=bool(job.has_input),
        exports=bool(job.exports),
        export_failed=bool(job.export_failed),
    )


async def item_page(
    reads: Reads, job_id: str, after: int, limit: int, status: str | None = None
) -> Sequence[ItemRow]:
    """Return rows of a job after one, in their order."""
    query = _ITEMS if status is None else _ITEMS_BY_STATUS
    values: dict[str, object] = {"of": job_id, "after": after, "status": status, "most": limit}
    return [ItemRow(*row) for row in await reads.rows(query, values)]


async def assignments_of(reads: Reads, thread_ids: Sequence[str]) -> Sequence[Assignment]:
    """The rows that are assigned to these threads."""
    return [Assignment(*row) for row in await _of_threads(reads, _TIES, thread_ids)]


async def jobs_run_by(reads: Reads, thread_ids: Sequence[str]) -> Sequence[str]:
    """Return the unfinished jobs that run for these threads."""
    rows = await _of_threads(reads, _RUN_BY, thread_ids)
    return [job_id for job_id, status in rows if status in ("pending", "running")]


async def _of_threads(
    reads: Reads, query: str, thread_ids: Sequence[str]
) -> Sequence[Sequence[Any]]:
    """Return what a query finds for these threads, at most as many as one append takes."""
    if not thread_ids:
        return ()
    names: Mapping[str, object] = {f"t{n}": thread_id for n, thread_id in enumerate(thread_ids)}
    places = ", ".join(f":{name}" for name in names)
    return await reads.rows(f"{query} IN ({places})", names)
