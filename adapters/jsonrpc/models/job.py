"""`job/*`: a table of work, its progress, and the results of its rows."""

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
    """A job, with the number of its rows in each state; times are in seconds.

    `exports`: its rows are written to `output_path` once it is over. `export_error` says why the
    last attempt to write them failed.
    """

    id: str
    """The id of the job."""
    thread_id: str
    """The id of the thread below which its workers are started."""
    name: str
    status: JobStatus
    """Its status."""
    paused: bool
    """Whether the job is paused: it starts no more rows."""
    input_complete: bool
    """Whether all rows of the file were read."""
    total_items: I64
    pending_items: I64
    running_items: I64
    completed_items: I64
    failed_items: I64
    priority: I64
    """Its share of the tree's workers."""
    error: str | None = None
    """Why it ended early; null if it did not."""
    input_path: str
    """The file of rows."""
    output_path: str
    """The file to which its rows are written; if the job names none, the default file of an
    export."""
    exports: bool
    """Whether the host writes its rows to a file when it is over."""
    exported_at: I64 | None = None
    """The time of the last export, in seconds since 1970; null if there was none."""
    export_failed: bool
    """Whether the last attempt to write them failed."""
    export_error: str | None = None
    """The error of the last failed attempt; null if none failed, or if it cannot be read."""
    created_at: I64
    updated_at: I64
    started_at: I64 | None = None
    """The time of its start, in seconds since 1970; null before."""
    completed_at: I64 | None = None
    """The time of its end, in seconds since 1970; null before."""


class JobItem(Wire):
    """A row of a job, its worker and its result; times are in seconds.

    Values that cannot be read, since the log is damaged, are null.
    """

    item_id: str | None
    """The id of the row; null if it cannot be read."""
    row_index: I64
    """The index of the row, counted from 0."""
    source_id: str | None
    """The row's value of the id column; null if there is no such column."""
    status: JobItemStatus
    """Its status."""
    assigned_thread_id: str | None
    """The thread id of its worker; null if it has none."""
    attempt_count: I64
    """The number of attempts so far."""
    last_error: str | None
    """The error of the last failed attempt; null if none failed."""
    row: dict[str, Any] | None
    """The row as it was read; null if it cannot be read."""
    result: dict[str, Any] | None
    """Its result; null before there is one."""
    created_at: I64
    updated_at: I64
    reported_at: I64 | None
    """The time of its worker's report, in seconds since 1970; null before."""
    completed_at: I64 | None
    """The time of its end, in seconds since 1970; null before."""


class JobCreateParams(Params):
    """A job to begin below a thread; paths count from its folder, and lie below it.

    `force`: the export replaces a file at `output_path`.
    """

    thread_id: str
    """The id of the thread below which the job's workers are started."""
    input_path: str
    """The file of rows (CSV, or JSON lines), relative to the thread's folder and inside it."""
    instruction: str
    """The instruction to the worker of each row; `{column}` stands for the row's value, `{{` and
    `}}` for braces."""
    name: str | None = None
    """The name of the job; if absent or null, that of its input file."""
    id_column: str | None = None
    """The column with the ids of the rows; if absent or null, these are `row-1`, `row-2` and so
    on."""
    output_path: str | None = None
    """The file to which the rows are written when the job is over, inside the thread's folder; if
    absent or null, none is written."""
    force: bool = False
    """Whether the export may replace an existing file at `outputPath`."""
    output_schema: dict[str, Any] | None = None
    """The JSON Schema of a row's result; null to accept any object."""
    max_concurrency: U32 | None = None
    """The largest number of rows at work at once, 1 to 64; 16 if absent or null."""
    max_runtime_seconds: U32 | None = None
    """The time limit of a row, in seconds, at least 1; 1,800 if absent or null."""
    max_attempts: U32 | None = None
    """The largest number of attempts for a row, 1 to 100; 3 if absent or null."""
    deadline_seconds: U32 | None = None
    """The time limit of the job, in seconds, at least 1; none if absent or null."""
    priority: U32 | None = None
    """The job's share of the tree's workers, 1 to 100: a job of 20 gets twice as many as a job of
    10; 1 if absent or null."""
    idempotency_key: IdempotencyKey | None = None


class JobReadParams(Params):
    """The job."""

    job_id: str


class JobChangeParams(Params):
    """The job."""

    job_id: str
    idempotency_key: IdempotencyKey | None = None


class JobResponse(Result):
    """The current job."""

    job: Job
    """The current job."""


class JobListParams(Params):
    """The page of jobs to list, the newest first, and their status if only one is wanted."""

    cursor: str | None = None
    limit: U32 | None = None
    status: JobStatus | None = None
    """The status of the jobs to return; null for all."""


class JobListResponse(Result):
    """One page of jobs."""

    data: list[Job]
    """The jobs, the newest first."""
    next_cursor: str | None = None


class JobItemsListParams(Params):
    """The page of rows to list, in their order, and their status if only one is wanted."""

    job_id: str
    cursor: str | None = None
    limit: U32 | None = None
    status: JobItemStatus | None = None
    """The status of the rows to return; null for all."""


class JobItemsListResponse(Result):
    """One page of rows."""

    data: list[JobItem]
    """The rows, in their order."""
    next_cursor: str | None = None


class JobExportParams(Params):
    """A job, and where its rows are to be written, if not where it says itself.

    `force` replaces a file that is there; `escape_formulas` keeps spreadsheets from computing.
    """

    job_id: str
    output_path: str | None = None
    """The file to write, inside the thread's folder; if absent or null, the one that the job
    names."""
    format: JobFormat | None = None
    """The format of the file; if absent or null, that of its suffix, `csv` by default."""
    force: bool = False
    """Whether the export may replace an existing file."""
    escape_formulas: bool = False
    """Whether to put a `'` ahead of cells that a spreadsheet would compute."""


class JobExportResponse(Result):
    """The file that was written."""

    output_path: str
    """The file that was written."""
    items: I64
    """The number of rows."""


class JobDeleteResponse(Empty):
    """It is gone, with its rows."""


class JobCreatedNotification(Notification):
    """A job was created."""

    method: ClassVar[str] = "job/created"
    job_id: str
    thread_id: str
    """The id of the thread below which its workers are started."""


class JobProgressNotification(Notification):
    """The progress of a job: at its start and end, and at most once a second in between.

    `eta_seconds` is how long the rest takes at the speed so far, null while that is not known.
    """

    method: ClassVar[str] = "job/progress"
    job_id: str
    status: JobStatus
    """Its status."""
    total_items: I64
    pending_items: I64
    running_items: I64
    completed_items: I64
    failed_items: I64
    eta_seconds: I64 | None
    """The estimated remaining time at the speed so far, in seconds; null while that is not
    known."""


class JobItemFailedNotification(Notification):
    """A row failed for good."""

    method: ClassVar[str] = "job/item/failed"
    job_id: str
    row_index: I64
    """The index of the row, counted from 0."""
    error: str
    """Why it failed."""


class JobCompletedNotification(Notification):
    """A job ended: all its rows did, or the job failed or was cancelled."""

    method: ClassVar[str] = "job/completed"
    job_id: str
    status: Literal["completed", "failed", "cancelled"]
    """How it ended."""
    error: str | None
    """Why it ended early; null if it did not."""


class JobExportedNotification(Notification):
    """The rows of a job were written to its file."""

    method: ClassVar[str] = "job/exported"
    job_id: str
    items: I64
    """The number of rows that were written."""


class JobExportFailedNotification(Notification):
    """The host could not write the rows of a job; the client may try again."""

    method: ClassVar[str] = "job/export/failed"
    job_id: str
    reason: str
    """The reason of the failure."""


class JobDeletedNotification(Notification):
    """A job was deleted."""

    method: ClassVar[str] = "job/deleted"
    job_id: str
