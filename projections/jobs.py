"""The views of jobs: the state of each job and each row; their contents are only in the log."""

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
from threadhost.projections.base import Projection, Write
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

CREATE = JOBS.insert()
ADD_ITEM = ITEMS.insert()
COUNTS = ("pending", "running", "completed", "failed")
GROW = JOBS.update("updated_at_ms", adds=("total", "pending"))
COUNT = JOBS.update("updated_at_ms", adds=COUNTS)
INPUT_ENDED = JOBS.update("has_input", "updated_at_ms")
STARTED = JOBS.update("status", "started_at_ms", "updated_at_ms", where="started_at_ms IS NULL")
PAUSE = JOBS.update("is_paused", "updated_at_ms")
END = JOBS.update("status", "last_error", "completed_at_ms", "updated_at_ms")
RETRIED = ("status", "last_error", "completed_at_ms", "exported_at_ms", "export_failed")
RETRY = JOBS.update(*RETRIED, "updated_at_ms", where="status <> 'pending'")
DELETING = JOBS.update("status", "updated_at_ms")
EXPORT = JOBS.update("exported_at_ms", "export_failed", "updated_at_ms")
EXPORT_FAILED = JOBS.update("export_failed", "updated_at_ms")
CLAIM = ITEMS.update("status", "assigned_thread_id", "attempt_count", "last_error", "updated_at_ms")
TOUCH = ITEMS.update("updated_at_ms")
ENDED = ("status", "assigned_thread_id", "last_error", "completed_at_ms", "updated_at_ms")
COMPLETE = ITEMS.update(*ENDED, "result_version", "reported_at_ms")
FAIL = ITEMS.update(*ENDED)
REQUEUE = ITEMS.update(*ENDED, "attempt_count")
UNASSIGN = ITEMS.update("assigned_thread_id", "updated_at_ms")
DROP_PAGE = ITEMS.delete("job_id", "page")
DROP = JOBS.delete()


def _at(fact: Recorded) -> dict[str, object]:
    return {"job_id": job_of(fact.stream), "updated_at_ms": fact.meta.recorded_at_ms}


def _of_item(event: OfItem, fact: Recorded) -> dict[str, object]:
    return {**_at(fact), "row_index": event.item}


def _moved(fact: Recorded, before: str, after: str) -> Write:
    """The state of one row of a job changed."""
    return COUNT, {**_at(fact), **dict.fromkeys(COUNTS, 0), before: -1, after: 1}


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
    yield GROW, {**_at(fact), "total": event.items, "pending": event.items}


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
    yield INPUT_ENDED, {**_at(fact), "has_input": True}


@projection.on(JobPageOpened)
def _page_opened(event: JobPageOpened, fact: Recorded) -> Iterable[Write]:
    values = {"status": "running", "started_at_ms": fact.meta.recorded_at_ms}
    yield STARTED, {**_at(fact), **values}


@projection.on(JobPaused)
def _paused(event: JobPaused, fact: Recorded) -> Iterable[Write]:
    yield PAUSE, {**_at(fact), "is_paused": True}


@projection.on(JobResumed)
def _resumed(event: JobResumed, fact: Recorded) -> Iterable[Write]:
    yield PAUSE, {**_at(fact), "is_paused": False}


@projection.on(JobRetried)
def _retried(event: JobRetried, fact: Recorded) -> Iterable[Write]:
    values = {**dict.fromkeys(RETRIED), "status": "running", "export_failed": False}
    yield RETRY, {**_at(fact), **values}


@projection.on(JobEnded)
def _ended(event: JobEnded, fact: Recorded) -> Iterable[Write]:
    end = {"status": event.status, "last_error": event.error or None}
    yield END, {**_at(fact), **end, "completed_at_ms": fact.meta.recorded_at_ms}


@projection.on(JobExported)
def _exported(event: JobExported, fact: Recorded) -> Iterable[Write]:
    exported = {"exported_at_ms": fact.meta.recorded_at_ms, "export_failed": False}
    yield EXPORT, {**_at(fact), **exported}


@projection.on(JobExportFailed)
def _export_failed(event: JobExportFailed, fact: Recorded) -> Iterable[Write]:
    yield EXPORT_FAILED, {**_at(fact), "export_failed": True}


@projection.on(JobDeletionBegun)
def _deletion_begun(event: JobDeletionBegun, fact: Recorded) -> Iterable[Write]:
    yield DELETING, {**_at(fact), "status": "deleting"}


@projection.on(JobItemClaimed)
def _claimed(event: JobItemClaimed, fact: Recorded) -> Iterable[Write]:
    values = {"assigned_thread_id": event.thread_id, "attempt_count": event.attempt}
    yield CLAIM, {**_of_item(event, fact), **values, "status": "running", "last_error": None}
    yield _moved(fact, "pending", "running")


@projection.on(JobItemRenewed, JobItemMisfit)
def _heard_of(event: OfItem, fact: Recorded) -> Iterable[Write]:
    yield TOUCH, _of_item(event, fact)


def _ended_item(event: OfItem, fact: Recorded, status: str, error: str | None) -> dict[str, object]:
    end = {"status": status, "last_error": error, "completed_at_ms": fact.meta.recorded_at_ms}
    return {**_of_item(event, fact), **end, "assigned_thread_id": None}


@projection.on(JobItemCompleted)
def _completed(event: JobItemCompleted, fact: Recorded) -> Iterable[Write]:
    at_ms = fact.meta.recorded_at_ms
    result = {"result_version": event.reported_version, "reported_at_ms": at_ms}
    yield COMPLETE, {**_ended_item(event, fact, "completed", None), **result}
    yield _moved(fact, "running", "completed")


@projection.on(JobItemFailed)
def _failed(event: JobItemFailed, fact: Recorded) -> Iterable[Write]:
    yield FAIL, _ended_item(event, fact, "failed", event.error)
    yield _moved(fact, event.was, "failed")


@projection.on(JobItemRequeued)
def _requeued(event: JobItemRequeued, fact: Recorded) -> Iterable[Write]:
    values = {"completed_at_ms": None, "attempt_count": event.attempts}
    yield REQUEUE, {**_ended_item(event, fact, "pending", event.error or None), **values}
    yield _moved(fact, event.was, "pending")


@projection.on(JobItemUnassigned)
def _unassigned(event: JobItemUnassigned, fact: Recorded) -> Iterable[Write]:
    yield UNASSIGN, {**_of_item(event, fact), "assigned_thread_id": None}


@projection.on(JobPageDeleted)
def _page_deleted(event: JobPageDeleted, fact: Recorded) -> Iterable[Write]:
    yield DROP_PAGE, {"job_id": job_of(fact.stream), "page": event.page}


@projection.on(JobDeleted)
def _deleted(event: JobDeleted, fact: Recorded) -> Iterable[Write]:
    yield DROP, {"job_id": job_of(fact.stream)}


_UNFINISHED = (
    "SELECT job_id FROM agent_jobs WHERE status IN ('pending', 'running', 'deleting')"
    " OR running > 0 OR (exports AND exported_at_ms IS NULL AND NOT export_failed)"
    " ORDER BY job_id"
)


async def unfinished_jobs(reads: Reads) -> Sequence[str]:
    """Return jobs that are not over, or left with workers, a deletion or a file to finish."""
    return [row[0] for row in await reads.rows(_UNFINISHED)]
