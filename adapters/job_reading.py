"""Jobs and their rows as clients see them: progress from the views, the rest from the log."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from threadhost.actors.job import JobNotFound, shown_error
from threadhost.actors.runtime.job_run import described
from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.models.job import Job, JobItem
from threadhost.events.ids import job_stream, page_stream
from threadhost.events.job import (
    JobCreated,
    JobDescribed,
    JobExportFailed,
    JobInputFailed,
    JobItemReported,
    JobRowsAdded,
)
from threadhost.events.store.log import Log
from threadhost.events.store.log_reader import LogReader
from threadhost.projections.job_queries import ItemRow, JobRow, item_page, job_row

UNREADABLE = JobDescribed(name="", instruction="", headers=[])
FAILURES_MAX = 5
NO_WORDS = "agent job has failed items but no error details were recorded"
NOT_WRITTEN = "auto-export failed: {}"


async def job_shown(log: LogReader, job_id: str) -> Job:
    """One job. Raises JobNotFound."""
    row = await job_row(log.reads, job_id)
    if row is None:
        raise JobNotFound(job_id)
    return await shown(log, row)


async def shown(log: LogReader, row: JobRow) -> Job:
    """A job whose row is known; content that cannot be read is empty."""
    about = UNREADABLE
    with suppress(LookupError):
        about = await described(log, row.job_id)
    return Job(
        id=row.job_id,
        thread_id=row.runner_id,
        name=about.name,
        status=row.status,  # type: ignore[arg-type]
        paused=row.is_paused,
        input_complete=row.has_input,
        total_items=render.count(row.total),
        pending_items=render.count(row.pending),
        running_items=render.count(row.running),
        completed_items=render.count(row.completed),
        failed_items=render.count(row.failed),
        priority=row.priority,
        error=await _error(log, row),
        input_path=about.input_path,
        output_path=about.output_path,
        exports=row.exports,
        exported_at=_seconds(row.exported_at_ms),
        export_failed=row.export_failed,
        export_error=await _export_error(log, row) if row.export_failed else None,
        created_at=render.seconds(row.created_at_ms),
        updated_at=render.seconds(row.updated_at_ms),
        started_at=_seconds(row.started_at_ms),
        completed_at=_seconds(row.completed_at_ms),
    )


async def _error(log: LogReader, row: JobRow) -> str | None:
    """Why a job ended; for its input, the sealed text."""
    if row.status == "failed":
        for failed in await log.events_of(job_stream(row.job_id), JobInputFailed):
            return failed.reason
    return row.last_error


async def _export_error(log: LogReader, row: JobRow) -> str:
    """Why the last export of the rows failed."""
    failures = await log.events_of(job_stream(row.job_id), JobExportFailed)
    return failures[-1].reason if failures else "the reason cannot be read"


async def answer_of(log: Log, job_id: str) -> Mapping[str, Any]:
    """The numbers of a job and the first of its failed rows, under the names that models know.

    Raises JobNotFound.
    """
    job = await job_shown(log, job_id)
    rows = await item_page(log.reads, job_id, -1, FAILURES_MAX, "failed")
    failures = [
        {"item_id": item.item_id, "source_id": item.source_id, "last_error": item.last_error}
        for item in await items_shown(log, rows)
        if item.last_error
    ]
    lacks_words = job.failed_items > 0 and not failures
    not_written = NOT_WRITTEN.format(job.export_error) if job.export_failed else None
    return {
        "job_id": job.id,
        "status": job.status,
        "output_csv_path": job.output_path,
        "total_items": job.total_items,
        "pending_items": job.pending_items,
        "running_items": job.running_items,
        "completed_items": job.completed_items,
        "failed_items": job.failed_items,
        "job_error": job.error or not_written or (NO_WORDS if lacks_words else None),
        "failed_item_errors": failures,
    }


async def items_shown(log: LogReader, rows: Sequence[ItemRow]) -> list[JobItem]:
    """Rows with their content from the log; reads each page once, and no other results."""
    job_id = rows[0].job_id if rows else ""
    pages: dict[int, JobRowsAdded] = {}
    results: dict[tuple[int, int], JobItemReported] = {}
    item_ms = 0
    for created in await log.events_of(job_stream(job_id), JobCreated) if rows else ():
        item_ms = created.item_ms
    for number in dict.fromkeys(row.page for row in rows):
        for added in await log.events_of(page_stream(job_id, number), JobRowsAdded):
            pages[number] = added
    for row in rows:
        if row.status == "completed":
            fact = await log.fact_at(page_stream(job_id, row.page), row.result_version)
            if fact is not None and isinstance(fact.event, JobItemReported):
                results[row.page, fact.version] = fact.event
    return [
        _item(row, pages.get(row.page), results.get((row.page, row.result_version)), item_ms)
        for row in rows
    ]


def _item(
    row: ItemRow, added: JobRowsAdded | None, reported: JobItemReported | None, item_ms: int
) -> JobItem:
    number = row.row_index - added.first if added is not None else 0
    error = row.last_error
    return JobItem(
        item_id=added.item_ids[number] if added is not None else None,
        row_index=render.count(row.row_index),
        source_id=added.source_ids[number] if added is not None else None,
        status=row.status,  # type: ignore[arg-type]
        assigned_thread_id=row.assigned_thread_id,
        attempt_count=render.count(row.attempt_count),
        last_error=shown_error(error, item_ms) if error else None,
        row=added.rows[number] if added is not None else None,
        result=reported.result if reported is not None and row.status == "completed" else None,
        created_at=render.seconds(row.created_at_ms),
        updated_at=render.seconds(row.updated_at_ms),
        reported_at=_seconds(row.reported_at_ms) if row.status == "completed" else None,
        completed_at=_seconds(row.completed_at_ms),
    )


def _seconds(at_ms: int | None) -> int | None:
    return None if at_ms is None else render.seconds(at_ms)
