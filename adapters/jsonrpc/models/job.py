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
    """A job and how many of its rows stand how; times are seconds.

    `exports`: its rows are written to `output_path` once it is over. `export_error` says why the
    last attempt to write them failed.
    """

    id: str
    """The job, by its id."""
    thread_id: str
    """The thread that its workers are below, by its id."""
    name: str
    status: JobStatus
    """How it stands."""
    paused: bool
    """Whether no more rows are begun."""
    input_complete: bool
    """Whether all rows of the file were read."""
    total_items: I64
    pending_items: I64
    running_items: I64
    completed_items: I64
    failed_items: I64
    priority: I64
    """How it shares workers with others of its tree."""
    error: str | None = None
    """Why it ended early; null if it did not."""
    input_path: str
    """The file of rows."""
    output_path: str
    """The file that its rows are written to; of one that names none, where an export would
    write."""
    exports: bool
    """Whether its rows are written once it is over."""
    exported_at: I64 | None = None
    """When they were last written, in seconds since 1970; null if never."""
    export_failed: bool
    """Whether the last try to write them failed."""
    export_error: str | None = None
    """Why the last try failed; null if it did not, or cannot be read."""
    created_at: I64
    updated_at: I64
    started_at: I64 | None = None
    """When it began, in seconds since 1970; null while it has not."""
    completed_at: I64 | None = None
    """When it was over, in seconds since 1970; null while it is not."""


class JobItem(Wire):
    """A row of a job, whose it is now and what came of it; times are seconds.

    Values that cannot be read, since the log is damaged, are null.
    """

    item_id: str | None
    """What the row is called; null if that cannot be read."""
    row_index: I64
    """The place of the row, counted from 0."""
    source_id: str | None
    """What stands in the column that names rows; null if there is none."""
    status: JobItemStatus
    """How it stands."""
    assigned_thread_id: str | None
    """The worker, by its id; null if nobody works on it."""
    attempt_count: I64
    """How often it was tried."""
    last_error: str | None
    """Why the last try failed; null if none did."""
    row: dict[str, Any] | None
    """The row as it was read; null if it cannot be read."""
    result: dict[str, Any] | None
    """What came of it; null while nothing did."""
    created_at: I64
    updated_at: I64
    reported_at: I64 | None
    """When its worker reported, in seconds since 1970; null while none did."""
    completed_at: I64 | None
    """When it was over, in seconds since 1970; null while it is not."""


class JobCreateParams(Params):
    """A job to begin below a thread; paths count from its folder, and lie below it.

    `force`: the export replaces a file at `output_path`.
    """

    thread_id: str
    """The thread that the job's workers are started below, by its id."""
    input_path: str
    """The file of rows (CSV, or JSON lines), from the thread's folder on, and below that."""
    instruction: str
    """What a worker is told for each row; `{column}` stands for the row's value, `{{` and `}}` for
    braces."""
    name: str | None = None
    """What the job is called; without it, or null, as its input is."""
    id_column: str | None = None
    """The column that names the rows; without it, or null, they are `row-1`, `row-2` and so on."""
    output_path: str | None = None
    """The file that the rows are written to once the job is over, below the thread's folder;
    without it, or null, none is written."""
    force: bool = False
    """Whether a file that is at `outputPath` is replaced in the end."""
    output_schema: dict[str, Any] | None = None
    """The JSON Schema of a row's result; null for any object."""
    max_concurrency: U32 | None = None
    """How many rows are worked on at once, 1 to 64; 16 without it, or null."""
    max_runtime_seconds: U32 | None = None
    """How long a row may take, in seconds, at least 1; 1,800 without it, or null."""
    max_attempts: U32 | None = None
    """How often a row is tried, 1 to 100; 3 times without it, or null."""
    deadline_seconds: U32 | None = None
    """How long the job may take, in seconds, at least 1; for ever without it, or null."""
    priority: U32 | None = None
    """How the job shares workers with others of its tree, 1 to 100: one of 20 gets twice as many as
    one of 10; 1 without it, or null."""
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
    """The job as it is now."""


class JobListParams(Params):
    """Which page of jobs, the newest first; those of one status, if it is named."""

    cursor: str | None = None
    limit: U32 | None = None
    status: JobStatus | None = None
    """The status of the jobs that are wanted; null for all."""


class JobListResponse(Result):
    """One page of jobs."""

    data: list[Job]
    """The jobs, the newest first."""
    next_cursor: str | None = None


class JobItemsListParams(Params):
    """Which page of the rows of a job, in their order; those of one status, if it is named."""

    job_id: str
    cursor: str | None = None
    limit: U32 | None = None
    status: JobItemStatus | None = None
    """The status of the rows that are wanted; null for all."""


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
    """The file to write, below the thread's folder; without it, or null, the one that the job
    names."""
    format: JobFormat | None = None
    """The form of the file; without it, or null, as its name ends, `csv` by default."""
    force: bool = False
    """Whether a file that is there is replaced."""
    escape_formulas: bool = False
    """Whether cells that a spreadsheet would compute get a `'` ahead of them."""


class JobExportResponse(Result):
    """What was written."""

    output_path: str
    """The file that was written."""
    items: I64
    """How many rows it has."""


class JobDeleteResponse(Empty):
    """It is gone, with its rows."""


class JobCreatedNotification(Notification):
    """A job came to be."""

    method: ClassVar[str] = "job/created"
    job_id: str
    thread_id: str
    """The thread that its workers are below, by its id."""


class JobProgressNotification(Notification):
    """How a job stands; at its beginning and end, and at most once a second between them.

    `eta_seconds` is how long the rest takes at the speed so far, null while that is not known.
    """

    method: ClassVar[str] = "job/progress"
    job_id: str
    status: JobStatus
    """How it stands."""
    total_items: I64
    pending_items: I64
    running_items: I64
    completed_items: I64
    failed_items: I64
    eta_seconds: I64 | None
    """How long the rest takes at the speed so far, in seconds; null while that is not known."""


class JobItemFailedNotification(Notification):
    """A row was given up."""

    method: ClassVar[str] = "job/item/failed"
    job_id: str
    row_index: I64
    """The place of the row, counted from 0."""
    error: str
    """Why it was given up."""


class JobCompletedNotification(Notification):
    """A job is over; all its rows are, unless it failed or was cancelled."""

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
    """How many rows were written."""


class JobExportFailedNotification(Notification):
    """The rows of a job could not be written, for a reason; it may be tried again."""

    method: ClassVar[str] = "job/export/failed"
    job_id: str
    reason: str
    """Why they could not be written."""


class JobDeletedNotification(Notification):
    """A job is gone."""

    method: ClassVar[str] = "job/deleted"
    job_id: str
