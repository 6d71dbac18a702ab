"""Commands on a job and its rows, and the words for their outcomes."""

from collections.abc import Collection, Sequence
from typing import Any, Literal

from threadhost.actors.command import Command
from threadhost.actors.errors import Refusal
from threadhost.events.job import JobDescribed, JobEnd

MILLISECONDS = 1000
THREAD_DELETED = "assigned thread was deleted"
RUNNER_DELETED = "agent job runner thread was deleted"
THREAD_ARCHIVED = "assigned thread was archived"
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
    """The host has no job of this id, or it was deleted."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job not found: {job_id}")


class JobRefused(Refusal):
    """The job's state does not allow the request; the message says why."""


class CreateJob(Command):
    """Begin a job; its rows follow. The limits are those of `JobCreated`."""

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
    """Add the next rows of the input, as a page."""

    item_ids: Sequence[str]
    source_ids: Sequence[str | None]
    rows: Sequence[dict[str, Any]]
    read_to: Sequence[int | str] | None = None


class EndInput(Command):
    """Record that the input has no more rows."""

    at_ms: int


class FailInput(Command):
    """End the job because its input cannot be read any further."""

    reason: str


class ClaimRows(Command):
    """Assign due rows of the page to these threads, one row to each."""

    thread_ids: Sequence[str]
    at_ms: int


class RowCommand(Command):
    """A command about a row of a thread; does nothing if the row is not assigned to it any more."""

    item: int
    thread_id: str
    at_ms: int


class RenewLease(RowCommand):
    """Record that the thread still works."""


class ReportResult(RowCommand):
    """Record the result that a thread reports for its row.

    A result with a `misfit` goes back to the thread, the first time. `stops` also ends the job.
    """

    item_id: str
    result: dict[str, Any]
    misfit: bool = False
    stops: bool = False


class FailAttempt(RowCommand):
    """Record a failed attempt at a row; it `counts` unless the failure is not the row's fault."""

    error: str
    counts: bool = True
    wait_ms: int = 0


class EndLeases(Command):
    """Take back rows whose threads recorded nothing for a whole lease."""

    at_ms: int


class DetachThreads(Command):
    """Remove deleted threads from the rows that name them."""

    thread_ids: Collection[str]


class PauseJob(Command):
    """Claim no more rows."""


class ResumeJob(Command):
    """Claim rows again."""


class EndJob(Command):
    """End the job before all its rows are done."""

    status: JobEnd
    error: str


class RetryJob(Command):
    """Retry the failed rows, and those that a cancelled job left.

    A job that is over is reopened for them, even a paused one.
    """


class RetryPage(Command):
    """Retry the failed rows of a page that waits for its retry."""


class RecordExport(Command):
    """Record that the rows were written to a file, or the reason why they could not be."""

    format: Literal["csv", "jsonl", "parquet"]
    items: int
    reason: str = ""
    file: Sequence[int] = ()


class BeginJobDeletion(Command):
    """Record that the job is being deleted; from now on only its deletion is recorded."""


class DeletePage(Command):
    """Place the tombstone of a page."""


class DeleteJob(Command):
    """Place the tombstone of the job, after those of its pages."""


def shown_error(error: str, item_ms: int) -> str:
    """Why a row waits again or failed, in the words for clients."""
    return f"{error} of {item_ms / MILLISECONDS:g} s" if error == TOO_LONG else error
