"""A job and a page of its rows as their streams tell, folded one event at a time.

An event changes one row of one page, so it costs the same however many rows a job has.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from threadhost.events.base import UNFIT, Damaged, Event, Gap, Recorded
from threadhost.events.dispatch import by_type
from threadhost.events.job import (
    ItemStatus,
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
from threadhost.events.named_tuple import NamedTuple

ENDED = frozenset({"completed", "failed", "cancelled"})
NO_JOB = ""


class Job(NamedTuple):
    """What the rules of a job need to know beside its rows; `status` is "" until it is there.

    Of its pages the first `opened` were, and all of these but the `open` ones are finished.
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
    created_at_ms: int = 0
    is_paused: bool = False
    is_being_deleted: bool = False
    has_input: bool = False
    """Whether all rows of its input are there."""
    items: int = 0
    pages: int = 0
    opened: int = 0
    open: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    """Finished pages with rows that failed."""
    retrying: tuple[int, ...] = ()
    """Pages whose failed rows are to wait again."""
    lost: int = 0
    """Pages that were finished without a row: what they held cannot be read."""
    export_failed: bool = False
    is_exported: bool = False
    gaps: int = 0

    @property
    def is_over(self) -> bool:
        """Whether no row is worked on any more, nor will be."""
        return self.status in ENDED or self.is_being_deleted

    @property
    def is_done(self) -> bool:
        """Whether every row of all its input has come to its end."""
        is_left = self.open or self.retrying or self.opened < self.pages
        return self.has_input and not is_left


class Item(NamedTuple):
    """How a row stands: whose it is, since when, and when it may be claimed again."""

    status: ItemStatus = "pending"
    thread_id: str = ""
    attempts: int = 0
    error: str = ""
    claimed_at_ms: int = 0
    heard_at_ms: int = 0
    due_at_ms: int = 0
    misfits: int = 0
    result_version: int = 0

    @property
    def is_final(self) -> bool:
        """Whether it has come to its end."""
        return self.status in ("completed", "failed")


class Page(NamedTuple):
    """Some rows of a job, those of the indices from `first` on."""

    job_id: str = ""
    number: int = 0
    version: int = 0
    first: int = 0
    ids: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    is_deleted: bool = False
    gaps: int = 0

    def at(self, index: int) -> Item:
        """The row of this index within the job. Raises LookupError for one of another page."""
        number = index - self.first
        if number < 0:
            raise LookupError(f"row {index} is of an earlier page")
        return self.items[number]

    def put(self, index: int, **changed: Any) -> "Page":  # noqa: ANN401
        """The page with this changed of a row."""
        item, number = self.at(index)._replace(**changed), index - self.first
        return self._replace(items=(*self.items[:number], item, *self.items[number + 1 :]))

    def of_thread(self, thread_id: str) -> list[int]:
        """The rows that are assigned to a thread."""
        items = enumerate(self.items, self.first)
        return [index for index, item in items if item.thread_id == thread_id]

    @property
    def is_finished(self) -> bool:
        """Whether every row has come to its end."""
        return all(item.is_final for item in self.items)

    def count(self, status: ItemStatus) -> int:
        """How many rows stand so."""
        return sum(item.status == status for item in self.items)


@by_type
def evolve_job(fact: Event | Gap, job: Job, at_ms: int) -> Job:
    """The job after the fact. It never refuses: what is in the log happened."""
    del fact, at_ms
    return job


@evolve_job.register
def _damaged(fact: Damaged, job: Job, at_ms: int) -> Job:
    del fact, at_ms
    return job._replace(gaps=job.gaps + 1)


@evolve_job.register
def _created(fact: JobCreated, job: Job, at_ms: int) -> Job:
    own = {name: value for name, value in fact if name in Job._fields}
    return job._replace(status="pending", created_at_ms=at_ms, **own)


@evolve_job.register
def _page_added(fact: JobPageAdded, job: Job, at_ms: int) -> Job:
    del at_ms
    return job._replace(pages=fact.page + 1, items=job.items + fact.items)


@evolve_job.register
def _input_ended(fact: JobInputEnded, job: Job, at_ms: int) -> Job:
    del fact, at_ms
    return job._replace(has_input=True)


@evolve_job.register
def _page_opened(fact: JobPageOpened, job: Job, at_ms: int) -> Job:
    del at_ms
    page = fact.page
    return job._replace(
        status="running" if job.status == "pending" else job.status,
        opened=max(job.opened, page + 1),
        open=job.open if page in job.open else (*job.open, page),
        retrying=tuple(one for one in job.retrying if one != page),
    )


@evolve_job.register
def _page_finished(fact: JobPageFinished, job: Job, at_ms: int) -> Job:
    del at_ms
    page = fact.page
    failed = tuple(one for one in job.failed if one != page) if page in job.failed else job.failed
    return job._replace(
        open=tuple(one for one in job.open if one != page),
        failed=(*failed, page) if fact.failed else failed,
        lost=job.lost + (not fact.completed + fact.failed),
    )


@evolve_job.register
def _paused(fact: JobPaused, job: Job, at_ms: int) -> Job:
    del fact, at_ms
    return job._replace(is_paused=True)


@evolve_job.register
def _resumed(fact: JobResumed, job: Job, at_ms: int) -> Job:
    del fact, at_ms
    return job._replace(is_paused=False)


@evolve_job.register
def _retried(fact: JobRetried, job: Job, at_ms: int) -> Job:
    del fact, at_ms
    waiting = (*job.retrying, *(page for page in job.failed if page not in job.retrying))
    status = "running" if job.status in ENDED else job.status
    return job._replace(status=status, error="", failed=(), retrying=waiting, is_exported=False)


@evolve_job.register
def _ended(fact: JobEnded, job: Job, at_ms: int) -> Job:
    del at_ms
    return job._replace(status=fact.status, error=fact.error, export_failed=False)


@evolve_job.register
def _exported(fact: JobExported, job: Job, at_ms: int) -> Job:
    del fact, at_ms
    return job._replace(is_exported=True, export_failed=False)


@evolve_job.register
def _export_failed(fact: JobExportFailed, job: Job, at_ms: int) -> Job:
    del fact, at_ms
    return job._replace(export_failed=True)


@evolve_job.register
def _deletion_begun(fact: JobDeletionBegun, job: Job, at_ms: int) -> Job:
    del fact, at_ms
    return job._replace(is_being_deleted=True)


@evolve_job.register
def _deleted(fact: JobDeleted, job: Job, at_ms: int) -> Job:
    del fact, at_ms
    return job._replace(status=NO_JOB)


@by_type
def evolve_page(fact: Event | Gap, page: Page, at_ms: int) -> Page:
    """The page after the fact. It never refuses: what is in the log happened."""
    del fact, at_ms
    return page


@evolve_page.register
def _page_damaged(fact: Damaged, page: Page, at_ms: int) -> Page:
    del fact, at_ms
    return page._replace(gaps=page.gaps + 1)


@evolve_page.register
def _rows_added(fact: JobRowsAdded, page: Page, at_ms: int) -> Page:
    del at_ms
    items = tuple(Item() for _ in fact.item_ids)
    return page._replace(first=fact.first, ids=tuple(fact.item_ids), items=items)


@evolve_page.register
def _claimed(fact: JobItemClaimed, page: Page, at_ms: int) -> Page:
    return page.put(
        fact.item,
        status="running",
        thread_id=fact.thread_id,
        attempts=fact.attempt,
        error="",
        claimed_at_ms=at_ms,
        heard_at_ms=at_ms,
        misfits=0,
    )


@evolve_page.register
def _renewed(fact: JobItemRenewed, page: Page, at_ms: int) -> Page:
    return page.put(fact.item, heard_at_ms=at_ms)


@evolve_page.register
def _misfit(fact: JobItemMisfit, page: Page, at_ms: int) -> Page:
    misfits = page.at(fact.item).misfits + 1
    return page.put(fact.item, misfits=misfits, heard_at_ms=at_ms)


@evolve_page.register
def _reported(fact: JobItemReported, page: Page, at_ms: int) -> Page:
    del at_ms
    return page.put(fact.item, result_version=page.version + 1)


@evolve_page.register
def _completed(fact: JobItemCompleted, page: Page, at_ms: int) -> Page:
    del at_ms
    version = fact.reported_version
    return page.put(fact.item, status="completed", thread_id="", error="", result_version=version)


@evolve_page.register
def _failed(fact: JobItemFailed, page: Page, at_ms: int) -> Page:
    del at_ms
    return page.put(fact.item, status="failed", thread_id="", error=fact.error)


@evolve_page.register
def _requeued(fact: JobItemRequeued, page: Page, at_ms: int) -> Page:
    return page.put(
        fact.item,
        status="pending",
        thread_id="",
        attempts=fact.attempts,
        error=fact.error,
        due_at_ms=at_ms + fact.wait_ms if fact.wait_ms else 0,
    )


@evolve_page.register
def _unassigned(fact: JobItemUnassigned, page: Page, at_ms: int) -> Page:
    del at_ms
    return page.put(fact.item, thread_id="")


@evolve_page.register
def _page_deleted(fact: JobPageDeleted, page: Page, at_ms: int) -> Page:
    del fact, at_ms
    return page._replace(is_deleted=True)


S = TypeVar("S", Job, Page)


def after(state: S, event: Event | Gap, version: int, at_ms: int) -> S:
    """The job, or the page, after an event; one that does not fit into it counts as a gap."""
    evolve = evolve_job if isinstance(state, Job) else evolve_page
    try:
        then: S = evolve(event, state, at_ms)
    except UNFIT as unfit:
        lost = Damaged(event.kind, type(unfit).__name__)
        then = evolve(lost, state, at_ms)
    return then._replace(version=version)


def fold(state: S, recorded: Iterable[Recorded]) -> S:
    """The job, or the page, after these events of its stream."""
    for fact in recorded:
        state = after(state, fact.event, fact.version, fact.meta.recorded_at_ms)
    return state


def foresee(state: S, events: Iterable[Event], at_ms: int) -> S:
    """The same as it will be once these events are in the log."""
    for event in events:
        state = after(state, event, state.version + 1, at_ms)
    return state
