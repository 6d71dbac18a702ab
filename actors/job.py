"""Commands on a job and its rows, and the words for what becomes of these."""

from collections.abc import Collection, Sequence
from typing import Any, Literal

from threadhost.actors.command import Command
from threadhost.actors.errors import Refusal
from threadhost.events.job import JobDescribed, JobEnd

MILLISECONDS = 1000
THREAD_DELETED = "assigned thread was deleted"
RUNNER_DELETED = "agent job runner thread was deleted"
NO_REPORT = "worker finished without calling report_agent_job_result"
MISFIT = "the result does not fit the output schema"
TOO_LONG = "worker exceeded max runtime"
NOT_SPAWNED = "failed to spawn worker"
AT_LIMIT = "the model's provider is at its limit"
LEASE_OVER = "worker was not heard of until its lease was over"
BY_WORKER = "cancelled by worker request"
BY_CLIENT = "cancelled by a client"
INPUT_FAILED = "the input cannot be read"
DEADLINE_PASSED = "the deadline of the job passed"
JOB_OVER = "the job was over"
ROWS_LOST = "rows of the job cannot be read"
USED_UP = "all attempts are used up"


class JobNotFound(Refusal):
    """No such job, or no longer."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job not found: {job_id}")


class JobRefused(Refusal):
    """The job does not stand so that this could be done."""


class CreateJob(Command):
    """Begin a job, whose rows follow; the limits are those of `JobCreated`."""

    runner_id: str
    described: JobDescribed
    concurrency: int = 16
    attempts_max: int = 3
    item_ms: int = 1_800_000
    lease_ms: int = 600_000
    wait_ms: int = 1_000
    deadline_ms: int = 0
    priority: int = 1
    exports: bool = False
    replaces: bool = False


class AddRows(Command):
    """The next rows of the input, as a page."""

    item_ids: Sequence[str]
    source_ids: Sequence[str | None]
    rows: Sequence[dict[str, Any]]
    read_to: Sequence[int | str] | None = None


class EndInput(Command):
    """There are no more rows."""

    at_ms: int


class FailInput(Command):
    """The input cannot be read any further: the job is over."""

    reason: str


class ClaimRows(Command):
    """Assign as many rows of the page as there are threads; each takes the next that is due."""

    thread_ids: Sequence[str]
    at_ms: int


class RowCommand(Command):
    """Something about a row that is assigned to a thread; nothing where it is not, or no more."""

    item: int
    thread_id: str
    at_ms: int


class RenewLease(RowCommand):
    """The thread is at work still."""


class ReportResult(RowCommand):
    """The thread says what came of its row.

    A result with a `misfit` goes back to it, the first time. `stops`: the job is over with it.
    """

    item_id: str
    result: dict[str, Any]
    misfit: bool = False
    stops: bool = False


class FailAttempt(RowCommand):
    """Nothing came of the thread's work; where that is not the row's fault, it does not count."""

    error: str
    counts: bool = True
    wait_ms: int = 0


class EndLeases(Command):
    """Take the rows back of whose threads nothing was heard for too long."""

    at_ms: int


class DetachThreads(Command):
    """Threads are deleted: no row names one of them any more."""

    thread_ids: Collection[str]


class PauseJob(Command):
    """Claim no more rows."""


class ResumeJob(Command):
    """Claim rows again."""


class EndJob(Command):
    """The job is over before its rows are."""

    status: JobEnd
    error: str


class RetryJob(Command):
    """Work once more on what failed, and on what a cancelled job left.

    A job that is over goes on with it, paused or not.
    """


class RetryPage(Command):
    """The same for a page, which waits for that."""


class RecordExport(Command):
    """The rows were written to a file; or could not be, for a reason."""

    format: Literal["csv", "jsonl", "parquet"]
    items: int
    reason: str = ""
    file: Sequence[int] = ()


class BeginJobDeletion(Command):
    """Record nothing else of the job any more."""


class DeletePage(Command):
    """Place the tombstone of a page."""


class DeleteJob(Command):
    """Place the tombstone of the job; those of its pages are there."""


def shown_error(error: str, item_ms: int) -> str:
    """Why a row waits again or failed, as clients are told."""
    return f"{error} of {item_ms / MILLISECONDS:g} s" if error == TOO_LONG else error
