"""A job folded from its stream one event at a time; and the fold for jobs and pages."""

from collections.abc import Iterable
from typing import TypeVar

from threadhost.events.base import UNFIT, Damaged, Event, Gap, Recorded
from threadhost.events.dispatch import by_type
from threadhost.events.job import (
    JobCreated,
    JobDeleted,
    JobDeletionBegun,
    JobEnded,
    JobExported,
    JobExportFailed,
    JobInputEnded,
    JobPageAdded,
    JobPageFinished,
    JobPageOpened,
    JobPaused,
    JobResumed,
    JobRetried,
)
from threadhost.events.job_page import Page, evolve_page
from threadhost.events.named_tuple import NamedTuple

ENDED = frozenset({"completed", "failed", "cancelled"})
NO_JOB = ""


class Job(NamedTuple):
    """What the rules of a job need to know besides its rows; `status` is "" before it is created.

    The first `opened` of its pages were opened; all of these are finished except those in `open`.
    """

    id: str = ""
    version: int = 0
    status: str = NO_JOB
    error: str = ""
    runner_id: str = ""
    concurrency: int = 1
    attempts_max: int = 1
    item_ms: int = 0
    lease_ms: int = 0
    wait_ms: int = 0
    deadline_ms: int = 0
    priority: int = 1
    exports: bool = False
    replaces: bool = False
    created_at_ms: int = 0
    is_paused: bool = False
    is_being_deleted: bool = False
    has_input: bool = False
    """Whether all rows of its input are in the log."""
    items: int = 0
    pages: int = 0
    opened: int = 0
    open: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    """Finished pages that have failed rows."""
    retrying: tuple[int, ...] = ()
    """Pages whose failed rows will wait again."""
    lost: int = 0
    """Pages that were finished without a row, because their rows cannot be read."""
    export_failed: bool = False
    is_exported: bool = False
    was_exported: bool = False
    """Whether its rows were exported at an end of the job, also at one before a retry."""
    gaps: int = 0

    @property
    def is_over(self) -> bool:
        """Whether no row is worked on now or later."""
        return self.status in ENDED or self.is_being_deleted

    @property
    def is_done(self) -> bool:
        """Whether every row of the whole input is completed or failed."""
        is_left = self.open or self.retrying or self.opened < self.pages
        return self.has_input and not is_left


@by_type
def evolve_job(fact: Event | Gap, job: Job, at_ms: int) -> Job:
    """The job after the fact. It never refuses: what is in the log happened."""
    return job


@evolve_job.register
def _damaged(fact: Damaged, job: Job, at_ms: int) -> Job:
    return job._replace(gaps=job.gaps + 1)


@evolve_job.register
def _created(fact: JobCreated, job: Job, at_ms: int) -> Job:
    return job._replace(status="pending", created_at_ms=at_ms, **dict(fact))


@evolve_job.register
def _page_added(fact: JobPageAdded, job: Job, at_ms: int) -> Job:
    return job._replace(pages=fact.page + 1, items=job.items + fact.items)


@evolve_job.register
def _input_ended(fact: JobInputEnded, job: Job, at_ms: int) -> Job:
    return job._replace(has_input=True)


@evolve_job.register
def _page_opened(fact: JobPageOpened, job: Job, at_ms: int) -> Job:
    page = fact.page
    return job._replace(
        status="running",
        opened=max(job.opened, page + 1),
        open=job.open if page in job.open else (*job.open, page),
        retrying=tuple(number for number in job.retrying if number != page),
    )


@evolve_job.register
def _page_finished(fact: JobPageFinished, job: Job, at_ms: int) -> Job:
    page = fact.page
    return job._replace(
        open=tuple(number for number in job.open if number != page),
        failed=(*job.failed, page) if fact.failed else job.failed,
        lost=job.lost + (not fact.completed + fact.failed),
    )


@evolve_job.register
def _paused(fact: JobPaused, job: Job, at_ms: int) -> Job:
    return job._replace(is_paused=True)


@evolve_job.register
def _resumed(fact: JobResumed, job: Job, at_ms: int) -> Job:
    return job._replace(is_paused=False)


@evolve_job.register
def _retried(fact: JobRetried, job: Job, at_ms: int) -> Job:
    waiting = (*job.retrying, *(page for page in job.failed if page not in job.retrying))
    status = "running" if job.status in ENDED else job.status
    return job._replace(status=status, error="", failed=(), retrying=waiting, is_exported=False)


@evolve_job.register
def _ended(fact: JobEnded, job: Job, at_ms: int) -> Job:
    return job._replace(status=fact.status, error=fact.error, export_failed=False)


@evolve_job.register
def _exported(fact: JobExported, job: Job, at_ms: int) -> Job:
    was = job.was_exported or job.is_over
    return job._replace(is_exported=True, export_failed=False, was_exported=was)


@evolve_job.register
def _export_failed(fact: JobExportFailed, job: Job, at_ms: int) -> Job:
    return job._replace(export_failed=True)


@evolve_job.register
def _deletion_begun(fact: JobDeletionBegun, job: Job, at_ms: int) -> Job:
    return job._replace(is_being_deleted=True)


@evolve_job.register
def _deleted(fact: JobDeleted, job: Job, at_ms: int) -> Job:
    return job._replace(status=NO_JOB)


S = TypeVar("S", Job, Page)


def after(state: S, event: Event | Gap, version: int, at_ms: int) -> S:
    """Fold an event into the job or page; an event that does not fit counts as a gap."""
    evolve = evolve_job if isinstance(state, Job) else evolve_page
    try:
        evolved: S = evolve(event, state, at_ms)
    except UNFIT as unfit:
        gap = Damaged(event.kind, type(unfit).__name__)
        evolved = evolve(gap, state, at_ms)
    return evolved._replace(version=version)


def fold(state: S, recorded: Iterable[Recorded]) -> S:
    """Fold these events of its stream into the job or page."""
    for fact in recorded:
        state = after(state, fact.event, fact.version, fact.meta.recorded_at_ms)
    return state


def foresee(state: S, events: Iterable[Event], at_ms: int) -> S:
    """Return the job or page as it will be once these events are in the log."""
    for event in events:
        state = after(state, event, state.version + 1, at_ms)
    return state
