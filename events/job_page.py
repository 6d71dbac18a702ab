"""A page of a job's rows, folded from its stream one event at a time.

An event changes one row of one page, so its cost does not grow with the number of rows.
"""

from typing import Any

from threadhost.events.base import Damaged, Event, Gap
from threadhost.events.dispatch import by_type
from threadhost.events.job import (
    ItemStatus,
    JobItemClaimed,
    JobItemCompleted,
    JobItemFailed,
    JobItemMisfit,
    JobItemRenewed,
    JobItemReported,
    JobItemRequeued,
    JobItemUnassigned,
    JobPageDeleted,
    JobRowsAdded,
)
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import RESTARTED


class Item(NamedTuple):
    """The state of a row: its thread, its times, and when it may be claimed again."""

    status: ItemStatus = "pending"
    thread_id: str = ""
    attempts: int = 0
    error: str = ""
    claimed_at_ms: int = 0
    heard_at_ms: int = 0
    due_at_ms: int = 0
    misfits: int = 0
    restarts: int = 0
    """How many hosts ended while a thread worked on it, since its last retry."""
    result_version: int = 0

    @property
    def is_final(self) -> bool:
        """Whether the row is completed or failed."""
        return self.status in ("completed", "failed")

    @property
    def is_delayed(self) -> bool:
        """Whether it waits and may not be claimed before `due_at_ms`."""
        return self.status == "pending" and self.due_at_ms > 0


class Page(NamedTuple):
    """Some rows of a job, from index `first` on."""

    job_id: str = ""
    number: int = 0
    version: int = 0
    first: int = 0
    ids: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    pending: int = 0
    delayed: int = 0
    final: int = 0
    """How many rows wait, how many of these for a time, and how many are completed or failed."""
    next_pending: int = 0
    """No row before this number waits."""
    is_deleted: bool = False
    gaps: int = 0

    def at(self, index: int) -> Item:
        """Return the row of this index within the job. Raises LookupError for another page's."""
        number = index - self.first
        if number < 0:
            raise LookupError(f"row {index} is of an earlier page")
        return self.items[number]

    def put(self, index: int, **changed: Any) -> "Page":  # noqa: ANN401
        """Return the page with these fields of a row changed."""
        before, number, first = self.at(index), index - self.first, self.next_pending
        item = before._replace(**changed)
        is_pending = item.status == "pending"
        return self._replace(
            items=(*self.items[:number], item, *self.items[number + 1 :]),
            pending=self.pending + is_pending - (before.status == "pending"),
            delayed=self.delayed + item.is_delayed - before.is_delayed,
            final=self.final + item.is_final - before.is_final,
            next_pending=min(number, first) if is_pending else first + (number == first),
        )

    def of_thread(self, thread_id: str) -> list[int]:
        """Return the rows that are assigned to a thread."""
        items = enumerate(self.items, self.first)
        return [index for index, item in items if item.thread_id == thread_id]

    @property
    def is_finished(self) -> bool:
        """Whether every row is completed or failed."""
        return self.final == len(self.items)

    def count(self, status: ItemStatus) -> int:
        """Return how many rows have this status."""
        return sum(item.status == status for item in self.items)


@by_type
def evolve_page(fact: Event | Gap, page: Page, at_ms: int) -> Page:
    """The page after the fact. It never refuses: what is in the log happened."""
    return page


@evolve_page.register
def _page_damaged(fact: Damaged, page: Page, at_ms: int) -> Page:
    return page._replace(gaps=page.gaps + 1)


@evolve_page.register
def _rows_added(fact: JobRowsAdded, page: Page, at_ms: int) -> Page:
    items = tuple(Item() for _ in fact.item_ids)
    ids = tuple(fact.item_ids)
    return page._replace(first=fact.first, ids=ids, items=items, pending=len(items))


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
    return page.put(fact.item, result_version=page.version + 1)


@evolve_page.register
def _completed(fact: JobItemCompleted, page: Page, at_ms: int) -> Page:
    version = fact.reported_version
    return page.put(fact.item, status="completed", thread_id="", error="", result_version=version)


@evolve_page.register
def _failed(fact: JobItemFailed, page: Page, at_ms: int) -> Page:
    return page.put(fact.item, status="failed", thread_id="", error=fact.error)


@evolve_page.register
def _requeued(fact: JobItemRequeued, page: Page, at_ms: int) -> Page:
    restarts = page.at(fact.item).restarts + (fact.error == RESTARTED)
    return page.put(
        fact.item,
        restarts=0 if fact.was == "failed" else restarts,
        status="pending",
        thread_id="",
        attempts=fact.attempts,
        error=fact.error,
        due_at_ms=at_ms + fact.wait_ms if fact.wait_ms else 0,
    )


@evolve_page.register
def _unassigned(fact: JobItemUnassigned, page: Page, at_ms: int) -> Page:
    return page.put(fact.item, thread_id="")


@evolve_page.register
def _page_deleted(fact: JobPageDeleted, page: Page, at_ms: int) -> Page:
    return page._replace(is_deleted=True)
