"""The views of jobs: how each stands, and each of its rows; what they say only the log knows."""

from collections.abc import Iterable, Sequence

from threadhost.events.base import Recorded
from threadhost.events.ids import job_of, page_of
from threadhost.events.job import (
    JobCreated,
    JobDeleted,
    JobDeletionBegun,
    JobEnded,
    JobExported,
    JobExportFailed,
    JobInputEnded,
    JobItemClaimed,
    JobItemCompleted,
    JobItemFailed,
    JobItemMisfit,
    JobItemRenewed,
    JobItemRequeued,
    JobItemUnassigned,
    JobPageAdded,
    JobPageDeleted,
    JobPageOpened,
    JobPaused,
    JobResumed,
    JobRetried,
    JobRowsAdded,
    OfItem,
)
from threadhost.events.store.port import Reads
from threadhost.projections.base import Projection, Write, inserting
from threadhost.projections.table import Column, Index, Table

JOBS = Table(
    "agent_jobs",
    (
        Column("job_id", "key"),
        Column("runner_id", "key"),
        Column("status", "key"),
        Column("is_paused", "boolean"),
        Column("has_input", "boolean"),
        Column("total", "long"),
        Column("pending", "long"),
        Column("running", "long"),
        Column("completed", "long"),
        Column("failed", "long"),
        Column("priority", "integer"),
        Column("exports", "boolean"),
        Column("last_error", may_be_null=True),
        Column("created_at_ms", "long"),
        Column("updated_at_ms", "long"),
        Column("started_at_ms", "long", may_be_null=True),
        Column("completed_at_ms", "long", may_be_null=True),
        Column("exported_at_ms", "long", may_be_null=True),
        Column("export_failed", "boolean"),
    ),
    key=("job_id",),
    indices=(
        Index("agent_jobs_by_runner", ("runner_id", "job_id")),
        Index("agent_jobs_by_status", ("status", "job_id")),
    ),
)
ITEMS = Table(
    "agent_job_items",
    (
        Column("job_id", "key"),
        Column("row_index", "long"),
        Column("page", "long"),
        Column("status", "key"),
        Column("assigned_thread_id", "key", may_be_null=True),
        Column("attempt_count", "long"),
        Column("last_error", may_be_null=True),
        Column("result_version", "long"),
        Column("created_at_ms", "long"),
        Column("updated_at_ms", "long"),
        Column("reported_at_ms", "long", may_be_null=True),
        Column("completed_at_ms", "long", may_be_null=True),
    ),
    key=("job_id", "row_index"),
    indices=(
        Index(
            "agent_job_items_by_thread",
            ("assigned_thread_id",),
            where="assigned_thread_id IS NOT NULL",
        ),
        Index("agent_job_items_by_status", ("job_id", "status", "row_index")),
        Index("agent_job_items_by_page", ("job_id", "page")),
    ),
)

projection = Projection(JOBS, ITEMS)

CREATE = inserting("agent_jobs", *(column.name for column in JOBS.columns))
ADD_ITEM = inserting("agent_job_items", *(column.name for column in ITEMS.columns))
GROW = (
    "UPDATE agent_jobs SET total = total + :more, pending = pending + :more,"
    " updated_at_ms = :at_ms WHERE job_id = :of"
)
INPUT_ENDED = "UPDATE agent_jobs SET has_input = :is_so, updated_at_ms = :at_ms WHERE job_id = :of"
STARTED = (
    "UPDATE agent_jobs SET status = 'running', started_at_ms = :at_ms, updated_at_ms = :at_ms"
    " WHERE job_id = :of AND status = 'pending'"
)
PAUSE = "UPDATE agent_jobs SET is_paused = :is_so, updated_at_ms = :at_ms WHERE job_id = :of"
END = (
    "UPDATE agent_jobs SET status = :ended, last_error = :error, completed_at_ms = :at_ms,"
    " updated_at_ms = :at_ms WHERE job_id = :of"
)
RETRY = (
    "UPDATE agent_jobs SET status = 'running', last_error = NULL, completed_at_ms = NULL,"
    " exported_at_ms = NULL, export_failed = :is_so, updated_at_ms = :at_ms"
    " WHERE job_id = :of AND status <> 'pending'"
)
DELETING = "UPDATE agent_jobs SET status = 'deleting', updated_at_ms = :at_ms WHERE job_id = :of"
EXPORT = (
    "UPDATE agent_jobs SET exported_at_ms = :at_ms, export_failed = :is_so,"
    " updated_at_ms = :at_ms WHERE job_id = :of"
)
EXPORT_FAILED = (
    "UPDATE agent_jobs SET export_failed = :is_so, updated_at_ms = :at_ms WHERE job_id = :of"
)
COUNT = (
    "UPDATE agent_jobs SET pending = pending + :more_pending, running = running + :more_running,"
    " completed = completed + :more_completed, failed = failed + :more_failed,"
    " updated_at_ms = :at_ms WHERE job_id = :of"
)
CLAIM = (
    "UPDATE agent_job_items SET status = 'running', assigned_thread_id = :whose,"
    " attempt_count = :attempts, last_error = NULL, updated_at_ms = :at_ms"
    " WHERE job_id = :of AND row_index = :item"
)
TOUCH = "UPDATE agent_job_items SET updated_at_ms = :at_ms WHERE job_id = :of AND row_index = :item"
COMPLETE = (
    "UPDATE agent_job_items SET status = 'completed', assigned_thread_id = NULL,"
    " last_error = NULL, result_version = :reported, reported_at_ms = :at_ms,"
    " completed_at_ms = :at_ms, updated_at_ms = :at_ms WHERE job_id = :of AND row_index = :item"
)
FAIL = (
    "UPDATE agent_job_items SET status = 'failed', assigned_thread_id = NULL,"
    " last_error = :error, completed_at_ms = :at_ms, updated_at_ms = :at_ms"
    " WHERE job_id = :of AND row_index = :item"
)
REQUEUE = (
    "UPDATE agent_job_items SET status = 'pending', assigned_thread_id = NULL,"
    " attempt_count = :attempts, last_error = :error, completed_at_ms = NULL,"
    " updated_at_ms = :at_ms WHERE job_id = :of AND row_index = :item"
)
UNASSIGN = (
    "UPDATE agent_job_items SET assigned_thread_id = NULL, updated_at_ms = :at_ms"
    " WHERE job_id = :of AND row_index = :item"
)
DROP_PAGE = "DELETE FROM agent_job_items WHERE job_id = :of AND page = :number"
DROP = "DELETE FROM agent_jobs WHERE job_id = :of"
NO_CHANGE = {"more_pending": 0, "more_running": 0, "more_completed": 0, "more_failed": 0}


def _at(fact: Recorded) -> dict[str, object]:
    return {"of": job_of(fact.stream), "at_ms": fact.meta.recorded_at_ms}


def _moved(fact: Recorded, was: str, then: str) -> Write:
    """One row of a job stands otherwise."""
    change = {**NO_CHANGE, f"more_{was}": -1, f"more_{then}": 1}
    return COUNT, {**_at(fact), **change}


@projection.on(JobCreated)
def _created(event: JobCreated, fact: Recorded) -> Iterable[Write]:
    at_ms = fact.meta.recorded_at_ms
    yield (
        CREATE,
        {
            "job_id": job_of(fact.stream),
            "runner_id": event.runner_id,
            "status": "pending",
            "is_paused": False,
            "has_input": False,
            **dict.fromkeys(("total", "pending", "running", "completed", "failed"), 0),
            "priority": event.priority,
            "exports": event.exports,
            "last_error": None,
            "created_at_ms": at_ms,
            "updated_at_ms": at_ms,
            **dict.fromkeys(("started_at_ms", "completed_at_ms", "exported_at_ms")),
            "export_failed": False,
        },
    )


@projection.on(JobPageAdded)
def _page_added(event: JobPageAdded, fact: Recorded) -> Iterable[Write]:
    yield GROW, {**_at(fact), "more": event.items}


@projection.on(JobRowsAdded)
def _rows_added(event: JobRowsAdded, fact: Recorded) -> Iterable[Write]:
    at_ms = fact.meta.recorded_at_ms
    for number in range(len(event.item_ids)):
        yield (
            ADD_ITEM,
            {
                "job_id": job_of(fact.stream),
                "row_index": event.first + number,
                "page": page_of(fact.stream),
                "status": "pending",
                "assigned_thread_id": None,
                "attempt_count": 0,
                "last_error": None,
                "result_version": 0,
                "created_at_ms": at_ms,
                "updated_at_ms": at_ms,
                "reported_at_ms": None,
                "completed_at_ms": None,
            },
        )


@projection.on(JobInputEnded)
def _input_ended(event: JobInputEnded, fact: Recorded) -> Iterable[Write]:
    yield INPUT_ENDED, {**_at(fact), "is_so": True}


@projection.on(JobPageOpened)
def _page_opened(event: JobPageOpened, fact: Recorded) -> Iterable[Write]:
    yield STARTED, _at(fact)


@projection.on(JobPaused)
def _paused(event: JobPaused, fact: Recorded) -> Iterable[Write]:
    yield PAUSE, {**_at(fact), "is_so": True}


@projection.on(JobResumed)
def _resumed(event: JobResumed, fact: Recorded) -> Iterable[Write]:
    yield PAUSE, {**_at(fact), "is_so": False}


@projection.on(JobRetried)
def _retried(event: JobRetried, fact: Recorded) -> Iterable[Write]:
    yield RETRY, {**_at(fact), "is_so": False}


@projection.on(JobEnded)
def _ended(event: JobEnded, fact: Recorded) -> Iterable[Write]:
    yield END, {**_at(fact), "ended": event.status, "error": event.error or None}


@projection.on(JobExported)
def _exported(event: JobExported, fact: Recorded) -> Iterable[Write]:
    yield EXPORT, {**_at(fact), "is_so": False}


@projection.on(JobExportFailed)
def _export_failed(event: JobExportFailed, fact: Recorded) -> Iterable[Write]:
    yield EXPORT_FAILED, {**_at(fact), "is_so": True}


@projection.on(JobDeletionBegun)
def _deletion_begun(event: JobDeletionBegun, fact: Recorded) -> Iterable[Write]:
    yield DELETING, _at(fact)


@projection.on(JobItemClaimed)
def _claimed(event: JobItemClaimed, fact: Recorded) -> Iterable[Write]:
    whose = {"item": event.item, "whose": event.thread_id, "attempts": event.attempt}
    yield CLAIM, {**_at(fact), **whose}
    yield _moved(fact, "pending", "running")


@projection.on(JobItemRenewed, JobItemMisfit)
def _heard_of(event: OfItem, fact: Recorded) -> Iterable[Write]:
    yield TOUCH, {**_at(fact), "item": event.item}


@projection.on(JobItemCompleted)
def _completed(event: JobItemCompleted, fact: Recorded) -> Iterable[Write]:
    yield COMPLETE, {**_at(fact), "item": event.item, "reported": event.reported_version}
    yield _moved(fact, "running", "completed")


@projection.on(JobItemFailed)
def _failed(event: JobItemFailed, fact: Recorded) -> Iterable[Write]:
    yield FAIL, {**_at(fact), "item": event.item, "error": event.error}
    yield _moved(fact, event.was, "failed")


@projection.on(JobItemRequeued)
def _requeued(event: JobItemRequeued, fact: Recorded) -> Iterable[Write]:
    says = {"item": event.item, "attempts": event.attempts, "error": event.error or None}
    yield REQUEUE, {**_at(fact), **says}
    yield _moved(fact, event.was, "pending")


@projection.on(JobItemUnassigned)
def _unassigned(event: JobItemUnassigned, fact: Recorded) -> Iterable[Write]:
    yield UNASSIGN, {**_at(fact), "item": event.item}


@projection.on(JobPageDeleted)
def _page_deleted(event: JobPageDeleted, fact: Recorded) -> Iterable[Write]:
    yield DROP_PAGE, {"of": job_of(fact.stream), "number": event.page}


@projection.on(JobDeleted)
def _deleted(event: JobDeleted, fact: Recorded) -> Iterable[Write]:
    yield DROP, {"of": job_of(fact.stream)}


_UNFINISHED = (
    "SELECT job_id FROM agent_jobs WHERE status IN ('pending', 'running', 'deleting')"
    " OR running > 0 OR (exports AND exported_at_ms IS NULL AND NOT export_failed)"
    " ORDER BY job_id"
)


async def unfinished_jobs(reads: Reads) -> Sequence[str]:
    """Jobs that are not over, or whose workers, deletion or file an earlier process left."""
    return [row[0] for row in await reads.rows(_UNFINISHED)]
