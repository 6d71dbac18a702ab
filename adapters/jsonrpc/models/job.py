"""`job/*`: a table of work, how it goes, and what came of each row."""

from typing import Any, ClassVar, Literal

from threadhost.adapters.jsonrpc.field_limits import ID, INSTRUCTIONS, NAME, PATH, declare
from threadhost.adapters.jsonrpc.models.base import Empty, Notification, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import I64, U32, IdempotencyKey

declare(
    job_id=ID,
    instruction=INSTRUCTIONS,
    id_column=NAME,
    input_path=PATH,
    output_path=PATH,
)

JobStatus = Literal["pending", "running", "completed", "failed", "cancelled", "deleting"]
JobItemStatus = Literal["pending", "running", "completed", "failed"]
JobFormat = Literal["csv", "jsonl", "parquet"]


class Job(Wire):
    """A job and how many of its rows stand how; times are seconds.

    `exports`: its rows are written to `output_path` once it is over. `export_error` says why they
    could not be, the last time that it was tried.
    """

    id: str
    thread_id: str
    name: str
    status: JobStatus
    paused: bool
    input_complete: bool
    total_items: I64
    pending_items: I64
    running_items: I64
    completed_items: I64
    failed_items: I64
    priority: I64
    error: str | None = None
    input_path: str
    output_path: str
    exports: bool
    exported_at: I64 | None = None
    export_failed: bool
    export_error: str | None = None
    created_at: I64
    updated_at: I64
    started_at: I64 | None = None
    completed_at: I64 | None = None


class JobItem(Wire):
    """A row of a job, whose it is now and what came of it; times are seconds.

    What cannot be read of it, as its log is damaged, is null.
    """

    item_id: str | None
    row_index: I64
    source_id: str | None
    status: JobItemStatus
    assigned_thread_id: str | None
    attempt_count: I64
    last_error: str | None
    row: dict[str, Any] | None
    result: dict[str, Any] | None
    created_at: I64
    updated_at: I64
    reported_at: I64 | None
    completed_at: I64 | None


class JobCreateParams(Params):
    """A job to begin below a thread; paths count from its folder, and lie below it.

    `force`: a file at `output_path` is replaced in the end.
    """

    thread_id: str
    input_path: str
    instruction: str
    name: str | None = None
    id_column: str | None = None
    output_path: str | None = None
    force: bool = False
    output_schema: dict[str, Any] | None = None
    max_concurrency: U32 | None = None
    max_runtime_seconds: U32 | None = None
    max_attempts: U32 | None = None
    deadline_seconds: U32 | None = None
    priority: U32 | None = None
    idempotency_key: IdempotencyKey | None = None


class JobReadParams(Params):
    """Which job."""

    job_id: str


class JobChangeParams(Params):
    """Which job."""

    job_id: str
    idempotency_key: IdempotencyKey | None = None


class JobResponse(Result):
    """The job as it is now."""

    job: Job


class JobListParams(Params):
    """Which page of jobs, the newest first; those of one status, if it is named."""

    cursor: str | None = None
    limit: U32 | None = None
    status: JobStatus | None = None


class JobListResponse(Result):
    """One page of jobs."""

    data: list[Job]
    next_cursor: str | None = None


class JobItemsListParams(Params):
    """Which page of the rows of a job, in their order; those of one status, if it is named."""

    job_id: str
    cursor: str | None = None
    limit: U32 | None = None
    status: JobItemStatus | None = None


class JobItemsListResponse(Result):
    """One page of rows."""

    data: list[JobItem]
    next_cursor: str | None = None


class JobExportParams(Params):
    """A job, and where its rows are to be written, if not where it says itself.

    `force` replaces a file that is there; `escape_formulas` keeps spreadsheets from computing.
    """

    job_id: str
    output_path: str | None = None
    format: JobFormat | None = None
    force: bool = False
    escape_formulas: bool = False


class JobExportResponse(Result):
    """What was written."""

    output_path: str
    items: I64


class JobDeleteResponse(Empty):
    """It is gone, with its rows."""


class JobCreatedNotification(Notification):
    """A job came to be."""

    method: ClassVar[str] = "job/created"
    job_id: str
    thread_id: str


class JobProgressNotification(Notification):
    """How a job stands; at its beginning and end, and at most once a second between them.

    `eta_seconds` is how long the rest takes at the speed so far, null while that is not known.
    """

    method: ClassVar[str] = "job/progress"
    job_id: str
    status: JobStatus
    total_items: I64
    pending_items: I64
    running_items: I64
    completed_items: I64
    failed_items: I64
    eta_seconds: I64 | None


class JobItemFailedNotification(Notification):
    """A row was given up."""

    method: ClassVar[str] = "job/item/failed"
    job_id: str
    row_index: I64
    error: str


class JobCompletedNotification(Notification):
    """A job is over; all its rows are, unless it failed or was cancelled."""

    method: ClassVar[str] = "job/completed"
    job_id: str
    status: Literal["completed", "failed", "cancelled"]
    error: str | None


class JobExportedNotification(Notification):
    """The rows of a job were written to its file."""

    method: ClassVar[str] = "job/exported"
    job_id: str
    items: I64


class JobExportFailedNotification(Notification):
    """The rows of a job could not be written, for a reason; it may be tried again."""

    method: ClassVar[str] = "job/export/failed"
    job_id: str
    reason: str


class JobDeletedNotification(Notification):
    """A job is gone."""

    method: ClassVar[str] = "job/deleted"
    job_id: str
