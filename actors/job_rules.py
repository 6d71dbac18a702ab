"""The rules of jobs: how commands turn into events.

A rule reads the job and the one page that a command is about, however large the job is.
"""

from collections.abc import Sequence

from threadhost.actors.command import Command
from threadhost.actors.job import (
    BY_WORKER,
    INPUT_FAILED,
    JOB_OVER,
    LEASE_OVER,
    MISFIT,
    NO_REPORT,
    ROWS_LOST,
    THREAD_DELETED,
    USED_UP,
    AddRows,
    BeginJobDeletion,
    ClaimRows,
    CreateJob,
    DeleteJob,
    DeletePage,
    DetachThreads,
    EndInput,
    EndJob,
    EndLeases,
    FailAttempt,
    FailInput,
    JobNotFound,
    JobRefused,
    PauseJob,
    RecordExport,
    RenewLease,
    ReportResult,
    ResumeJob,
    RetryJob,
    RetryPage,
    RowCommand,
)
from threadhost.actors.thread import Events
from threadhost.events.base import Event
from threadhost.events.dispatch import by_type
from threadhost.events.job import (
    JobCreated,
    JobDeleted,
    JobDeletionBegun,
    JobEnded,
    JobExported,
    JobExportFailed,
    JobInputEnded,
    JobInputFailed,
    JobItemClaimed,
    JobItemCompleted,
    JobItemFailed,
    JobItemMisfit,
    JobItemRenewed,
    JobItemReported,
    JobItemRequeued,
    JobItemUnassigned,
    JobPageAdded,
    JobPageDeleted,
    JobPageFinished,
    JobPageOpened,
    JobPaused,
    JobResumed,
    JobRetried,
    JobRowsAdded,
)
from threadhost.events.job_page import Page
from threadhost.events.job_state import Job, foresee
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import RESTARTED

WAIT_DOUBLINGS_MAX = 10
RESTARTS_FREE = 3
"""Restarts of the host that cost a row no attempt; more do, as the row may cause them."""


class Decided(NamedTuple):
    """The events of the job, and those of its page."""

    job: Events = ()
    page: Events = ()


NOTHING = Decided()


@by_type
def decide_job(command: Command, job: Job, page: Page) -> Decided:
    """The events that a command leads to. Raises Refusal; has no side effects."""
    raise TypeError(f"no rule for {type(command).__name__} on job {job.id}")


@decide_job.register
def _create(command: CreateJob, job: Job, page: Page) -> Decided:
    if job.status:
        raise JobRefused(f"job {job.id} exists already")
    limits = {name: value for name, value in command.fields().items() if name != "described"}
    return Decided((JobCreated(**limits), command.described))


@decide_job.register
def _add_rows(command: AddRows, job: Job, page: Page) -> Decided:
    _require_going_on(job)
    if job.has_input:
        raise JobRefused(f"job {job.id} has all its rows already")
    rows = JobRowsAdded(
        first=job.items,
        read_to=None if command.read_to is None else list(command.read_to),
        item_ids=list(command.item_ids),
        source_ids=list(command.source_ids),
        rows=list(command.rows),
    )
    return Decided((JobPageAdded(page=job.pages, items=len(command.rows)),), (rows,))


@decide_job.register
def _end_input(command: EndInput, job: Job, page: Page) -> Decided:
    if job.has_input or job.is_over:
        return NOTHING
    return Decided(_with_end(job, [JobInputEnded(items=job.items)], command.at_ms))


@decide_job.register
def _fail_input(command: FailInput, job: Job, page: Page) -> Decided:
    if job.is_over or job.has_input:
        return NOTHING
    failed = JobInputFailed(reason=command.reason)
    return Decided((failed, JobEnded(status="failed", error=INPUT_FAILED)))


@decide_job.register
def _claim(command: ClaimRows, job: Job, page: Page) -> Decided:
    is_next = page.number == job.opened < job.pages
    if job.is_over or job.is_paused or not (page.number in job.open or is_next):
        return NOTHING
    events: list[Event] = []
    waiting = list(command.thread_ids)
    for index in range(page.first + page.next_pending, page.first + len(page.items)):
        if not waiting:
            break
        item = page.at(index)
        if item.status != "pending" or item.due_at_ms > command.at_ms:
            continue
        if item.attempts >= job.attempts_max:
            events.append(JobItemFailed(item=index, was="pending", error=item.error or USED_UP))
        else:
            thread_id, attempt = waiting.pop(0), item.attempts + 1
            events.append(JobItemClaimed(item=index, thread_id=thread_id, attempt=attempt))
    is_opened = is_next and (events or page.is_finished)
    opened = [JobPageOpened(page=page.number)] if is_opened else []
    return _settled(job, page, opened, events, command.at_ms)


@decide_job.register
def _renew(command: RenewLease, job: Job, page: Page) -> Decided:
    if job.is_over or not _is_of(command, page):
        return NOTHING
    return Decided((), (JobItemRenewed(item=command.item, thread_id=command.thread_id),))


@decide_job.register
def _report(command: ReportResult, job: Job, page: Page) -> Decided:
    if job.is_over or not _is_of(command, page):
        return NOTHING
    number = command.item - page.first
    if number >= len(page.ids) or page.ids[number] != command.item_id:
        return NOTHING
    if command.misfit:
        if page.at(command.item).misfits == 0:
            return Decided((), (JobItemMisfit(item=command.item, thread_id=command.thread_id),))
        failed = FailAttempt(command.item, command.thread_id, command.at_ms, MISFIT)
        return decide_job(failed, job, page)
    reported = JobItemReported(
        item=command.item, thread_id=command.thread_id, result=command.result
    )
    completed = JobItemCompleted(
        item=command.item, thread_id=command.thread_id, reported_version=page.version + 1
    )
    decided = _settled(job, page, [], [reported, completed], command.at_ms)
    if not command.stops or foresee(job, decided.job, command.at_ms).is_over:
        return decided
    return decided._replace(job=[*decided.job, JobEnded(status="cancelled", error=BY_WORKER)])


@decide_job.register
def _fail_attempt(command: FailAttempt, job: Job, page: Page) -> Decided:
    if job.is_being_deleted or not _is_of(command, page):
        return NOTHING
    event = _after_failure(command, job, page)
    if job.is_over:
        return Decided((), (event,))
    return _settled(job, page, [], [event], command.at_ms)


def _after_failure(failed: FailAttempt, job: Job, page: Page) -> Event:
    """The event of a row after a failed attempt."""
    item = page.at(failed.item)
    attempts = item.attempts
    if job.is_over:
        return JobItemRequeued(item=failed.item, was="running", error=JOB_OVER, attempts=attempts)
    # A result that did not fit, and was not corrected, is the reason of a missing report.
    error = MISFIT if failed.error == NO_REPORT and item.misfits else failed.error
    is_free = failed.error == RESTARTED and item.restarts < RESTARTS_FREE
    if is_free or not failed.counts:
        attempts = max(0, attempts - 1)
    if attempts >= job.attempts_max:
        return JobItemFailed(item=failed.item, was="running", error=error)
    return JobItemRequeued(
        item=failed.item,
        was="running",
        error=error,
        attempts=attempts,
        wait_ms=failed.wait_ms or _wait_ms(job, attempts),
    )


@decide_job.register
def _end_leases(command: EndLeases, job: Job, page: Page) -> Decided:
    events = [
        _after_failure(FailAttempt(index, item.thread_id, command.at_ms, LEASE_OVER), job, page)
        for index, item in enumerate(page.items, page.first)
        if item.status == "running" and item.heard_at_ms + job.lease_ms <= command.at_ms
    ]
    if job.is_being_deleted or not events:
        return NOTHING
    return Decided((), events) if job.is_over else _settled(job, page, [], events, command.at_ms)


@decide_job.register
def _detach(command: DetachThreads, job: Job, page: Page) -> Decided:
    events: list[Event] = []
    for index, item in enumerate(page.items, page.first):
        if item.thread_id not in command.thread_ids:
            continue
        if item.status != "running":
            events.append(JobItemUnassigned(item=index))
            continue
        requeued = JobItemRequeued(
            item=index, was="running", error=THREAD_DELETED, attempts=item.attempts
        )
        events.append(requeued)
    return Decided((), events)


@decide_job.register
def _pause(command: PauseJob, job: Job, page: Page) -> Decided:
    _require_going_on(job)
    return NOTHING if job.is_paused else Decided((JobPaused(),))


@decide_job.register
def _resume(command: ResumeJob, job: Job, page: Page) -> Decided:
    _require_going_on(job)
    return Decided((JobResumed(),)) if job.is_paused else NOTHING


@decide_job.register
def _end_job(command: EndJob, job: Job, page: Page) -> Decided:
    if job.is_over:
        return NOTHING
    return Decided((JobEnded(status=command.status, error=command.error),))


@decide_job.register
def _retry(command: RetryJob, job: Job, page: Page) -> Decided:
    if not job.status or job.is_being_deleted:
        raise JobNotFound(job.id)
    if not job.has_input:
        raise JobRefused(f"not all input of job {job.id} was read; create a new job")
    if foresee(job, [JobRetried()], 0).is_done:
        raise JobRefused(f"job {job.id} has no failed and no unfinished rows to retry")
    goes_on = [JobResumed()] if job.is_over and job.is_paused else []
    return Decided((*goes_on, JobRetried()))


@decide_job.register
def _retry_page(command: RetryPage, job: Job, page: Page) -> Decided:
    if job.is_over or page.number not in job.retrying:
        return NOTHING
    requeued = [
        JobItemRequeued(item=index, was="failed", error=item.error, attempts=0)
        for index, item in enumerate(page.items, page.first)
        if item.status == "failed"
    ]
    return _settled(job, page, [JobPageOpened(page=page.number)], requeued, 0)


@decide_job.register
def _record_export(command: RecordExport, job: Job, page: Page) -> Decided:
    if not job.status or job.is_being_deleted:
        raise JobNotFound(job.id)
    if command.reason:
        return Decided((JobExportFailed(reason=command.reason),))
    file = list(command.file)
    return Decided((JobExported(format=command.format, items=command.items, file=file),))


@decide_job.register
def _begin_deletion(command: BeginJobDeletion, job: Job, page: Page) -> Decided:
    if not job.status:
        raise JobNotFound(job.id)
    return NOTHING if job.is_being_deleted else Decided((JobDeletionBegun(),))


@decide_job.register
def _delete_page(command: DeletePage, job: Job, page: Page) -> Decided:
    return NOTHING if page.is_deleted else Decided((), (JobPageDeleted(page=page.number),))


@decide_job.register
def _delete_job(command: DeleteJob, job: Job, page: Page) -> Decided:
    return Decided((JobDeleted(pages=job.pages),))


def _is_of(command: RowCommand, page: Page) -> bool:
    """Whether this very thread works on the row."""
    number = command.item - page.first
    if not 0 <= number < len(page.items):
        return False
    item = page.items[number]
    return item.status == "running" and item.thread_id == command.thread_id


def _require_going_on(job: Job) -> None:
    if not job.status or job.is_being_deleted:
        raise JobNotFound(job.id)
    if job.is_over:
        raise JobRefused(f"job {job.id} is over: it is {job.status}")


def _wait_ms(job: Job, attempts: int) -> int:
    """The wait for the next attempt: it doubles each time, up to WAIT_DOUBLINGS_MAX times."""
    return job.wait_ms << min(max(0, attempts - 1), WAIT_DOUBLINGS_MAX)


def _settled(
    job: Job, page: Page, of_job: Sequence[Event], of_page: Sequence[Event], at_ms: int
) -> Decided:
    """The events of some rows of an open page, with the end of the page and of the job if due.

    A page whose rows are all unreadable ends.
    """
    foreseen = foresee(page, of_page, at_ms)
    events = list(of_job)
    if foreseen.is_finished:
        finished = JobPageFinished(
            page=page.number, completed=foreseen.count("completed"), failed=foreseen.count("failed")
        )
        events.append(finished)
        events = _with_end(job, events, at_ms)
    return Decided(events, of_page)


def _with_end(job: Job, events: list[Event], at_ms: int) -> list[Event]:
    foreseen = foresee(job, events, at_ms)
    is_end = foreseen.is_done and not foreseen.is_over
    error = ROWS_LOST if foreseen.lost else ""
    return [*events, JobEnded(status="completed", error=error)] if is_end else events
