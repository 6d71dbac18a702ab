"""Jobs: a table of work, a page of rows at a time, and the progress of each row.

The contents of rows, instructions and results are sealed; ids, states, counts and assignments are
structural and name a row by its index. The job's own stream holds its definition and its status;
each page of rows has a stream of its own, which holds the progress of these rows.
"""

from typing import Any, Literal

from threadhost.events.base import UNTIL_CLOSED, Event, StreamState, event
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.part import Part
from threadhost.events.thread import Thread, evolve
from threadhost.events.words import Id, JobError

ItemStatus = Literal["pending", "running", "completed", "failed"]
JobEnd = Literal["completed", "failed", "cancelled"]


@event("job.created.v1", since="0.1", stream="job", cause="asked")
class JobCreated(Event):
    """A job was created below the thread that it runs for; a limit of 0 means no limit.

    At most `concurrency` of its rows are worked on at once, each at most `attempts_max` times, for
    `item_ms` each time. A row whose thread gives no sign of life for `lease_ms` is claimed again.
    `exports`: the host writes the rows to a file once the job is over; `replaces`: it may replace
    an existing file.
    """

    runner_id: Id
    concurrency: int
    attempts_max: int
    item_ms: int
    lease_ms: int
    wait_ms: int
    deadline_ms: int = 0
    priority: int = 1
    exports: bool = False
    replaces: bool = False


@event("job.described.v1", since="0.1", stream="job", cause="asked", sealed=True)
class JobDescribed(Event):
    """The instruction of a job, the source of its rows and the destination of its results."""

    name: str
    instruction: str
    headers: list[str]
    output_schema: dict[str, Any] | None = None
    input_path: str = ""
    output_path: str = ""
    id_column: str | None = None


@event("job.page_added.v1", since="0.1", stream="job", cause="asked")
class JobPageAdded(Event):
    """The next rows of the input were added, in a stream of their own."""

    page: int
    items: int


@event("job.input_ended.v1", since="0.1", stream="job", cause="asked")
class JobInputEnded(Event):
    """All rows of the input were read."""

    items: int


@event("job.page_opened.v1", since="0.1", stream="job", cause="asked")
class JobPageOpened(Event):
    """Rows of a page may be claimed from here on; after a retry, those that had failed."""

    page: int


@event("job.page_finished.v1", since="0.1", stream="job", cause="asked")
class JobPageFinished(Event):
    """Every row of a page is completed or failed."""

    page: int
    completed: int
    failed: int


@event("job.paused.v1", since="0.1", stream="job", cause="asked")
class JobPaused(Event):
    """No more rows are claimed; running rows go on."""


@event("job.resumed.v1", since="0.1", stream="job", cause="asked")
class JobResumed(Event):
    """Rows are claimed again."""


@event("job.retried.v1", since="0.1", stream="job", cause="asked")
class JobRetried(Event):
    """The failed rows of the job are pending again, with all their attempts."""


@event("job.ended.v1", since="0.1", stream="job", cause="asked")
class JobEnded(Event):
    """The job is over; later reports are refused."""

    status: JobEnd
    error: JobError = ""


@event("job.input_failed.v1", since="0.1", stream="job", cause="asked", sealed=True)
class JobInputFailed(Event):
    """The rest of the input cannot be read; the reason may quote it."""

    reason: str


@event("job.exported.v1", since="0.1", stream="job", cause="asked")
class JobExported(Event):
    """The rows were written to a file, with their results.

    `file` identifies this very file: device, inode, size and time of its last change.
    """

    format: Literal["csv", "jsonl", "parquet"]
    items: int
    file: list[int] | None = None


@event("job.export_failed.v1", since="0.1", stream="job", cause="asked", sealed=True)
class JobExportFailed(Event):
    """The host could not write the file; the client may try again."""

    reason: str


@event("job.deletion_begun.v1", since="0.1", stream="job", cause="asked", admitted=UNTIL_CLOSED)
class JobDeletionBegun(Event):
    """The deletion of the job and all its rows begins; its stream admits no other event."""


class _Tombstone(Event):
    """The end of a stream."""

    moves_fences = closes = True
    moves_to = StreamState.CLOSED


@event("job.page_deleted.v1", since="0.1", stream="job", cause="plan", admitted=UNTIL_CLOSED)
class JobPageDeleted(_Tombstone):
    """The tombstone of a page: its rows are gone."""

    page: int


@event("job.deleted.v1", since="0.1", stream="job", cause="plan", admitted=UNTIL_CLOSED)
class JobDeleted(_Tombstone):
    """The tombstone of a job, after those of its pages."""

    pages: int


@event("job.rows_added.v1", since="0.1", stream="job", cause="asked", sealed=True)
class JobRowsAdded(Event):
    """The rows of a page; the first has the index `first` in the job.

    `item_ids` are unique within the job; `source_ids` are as the input has them. `read_to` is how
    far the input was read, in the form that its reader uses; None if the rows come from no file.
    """

    first: int
    read_to: list[int | str] | None = None
    item_ids: list[str]
    source_ids: list[str | None]
    rows: list[dict[str, Any]]


class OfItem(Event):
    """An event of one row, which is named by its index within the job."""

    item: int


@event("job.item_claimed.v1", since="0.1", stream="job", cause="asked")
class JobItemClaimed(OfItem):
    """A row is assigned to a thread that is about to be started, for the given attempt."""

    thread_id: Id
    attempt: int


@event("job.item_renewed.v1", since="0.1", stream="job", cause="asked")
class JobItemRenewed(OfItem):
    """The thread that a row is assigned to still works on it."""

    thread_id: Id


@event("job.item_misfit.v1", since="0.1", stream="job", cause="asked")
class JobItemMisfit(OfItem):
    """A result did not match the schema; the thread got it back, with the reason."""

    thread_id: Id


@event("job.item_reported.v1", since="0.1", stream="job", cause="asked", sealed=True)
class JobItemReported(OfItem):
    """The thread's report of the result of its row."""

    thread_id: str
    result: dict[str, Any]


@event("job.item_completed.v1", since="0.1", stream="job", cause="asked")
class JobItemCompleted(OfItem):
    """The row is completed; its result is at `reported_version`."""

    thread_id: Id
    reported_version: int


@event("job.item_failed.v1", since="0.1", stream="job", cause="asked")
class JobItemFailed(OfItem):
    """The row failed: all its attempts are used up, or another attempt cannot succeed."""

    was: Literal["pending", "running"]
    error: JobError


@event("job.item_requeued.v1", since="0.1", stream="job", cause="asked")
class JobItemRequeued(OfItem):
    """The row is pending again, for at least `wait_ms`, because of `error`.

    `attempts` is how many count from here on.
    """

    was: Literal["running", "failed"]
    error: JobError
    attempts: int
    wait_ms: int = 0


@event("job.item_unassigned.v1", since="0.1", stream="job", cause="asked")
class JobItemUnassigned(OfItem):
    """The thread of a row that is not at work was deleted; the row names no thread any more."""


@event("job.worker_started.v1", since="0.1", stream="thread", cause="asked")
class JobWorkerStarted(Event):
    """The thread was started for a row of a job, and reports the result."""

    job_id: Id
    item: int


class Worker(NamedTuple):
    """What a thread knows of the job that it works for, if it is a worker."""

    job_id: str = ""
    item: int = 0


WORKER = Part("worker", Worker())


@evolve.register
def _worker_started(fact: JobWorkerStarted, thread: Thread) -> Thread:
    return WORKER.put(thread, Worker(fact.job_id, fact.item))
