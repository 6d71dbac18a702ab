"""How a job stands, as models are told: under the names that they know."""

from collections.abc import Mapping
from typing import Any

from threadhost.adapters.job_reading import items_shown, job_shown
from threadhost.events.store.log import Log
from threadhost.projections.job_queries import item_page

FAILURES_MAX = 5
NO_WORDS = "agent job has failed items but no error details were recorded"
NOT_WRITTEN = "auto-export failed: {}"


async def answer_of(log: Log, job_id: str) -> Mapping[str, Any]:
    """A job in numbers, and the first of its rows that failed. Raises JobNotFound."""
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
