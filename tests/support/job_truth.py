"""What a log says of jobs, read without their rules, and what the views have of it.

Rows are counted here from the events alone: whose a row was, how often it was tried, how it ended.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.store import database_of, now
from threadhost.events import catalogue as _all  # noqa: F401  (declares every type)
from threadhost.events.base import Erased
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

PAGE = 1_000_000
COUNTED = ("pending", "running", "completed", "failed")
DELETED = "assigned thread was deleted"
RESTARTED = "the host was restarted"
HOSTS_FREE = 3
UNCOUNTED = (
    "the model's provider is at its limit",
    "failed to spawn worker",
    "assigned thread was archived",
)


class Row:
    """A row as the events before some moment have it."""

    def __init__(self) -> None:
        self.status = "pending"
        self.thread_id: str | None = None
        self.attempts = 0
        self.ends = 0
        self.again = 0
        self.hosts = 0
        self.result: Any = None


def faults_of(home: Path) -> list[str]:
    """Everything that is wrong with the jobs of a closed home."""
    with closing(ReadOnlyLog.open(home)) as log:
        return faults(log)


def faults(log: Any, *, all_over: bool = True) -> list[str]:
    """Everything that is wrong with the jobs in a log; `all_over`: none of them goes on."""
    facts = [fact for fact in now(log.read(0, PAGE)) if not isinstance(fact.event, Erased)]
    return list(_Reading(facts, log).faults(all_over=all_over))


class _Reading:
    """One reading of all facts in their order."""

    def __init__(self, facts: Sequence[Any], log: Any) -> None:
        self.facts = facts
        self.log = log
        self.rows: dict[str, dict[int, Row]] = defaultdict(dict)
        self.caps: dict[str, int] = {}
        self.status: dict[str, str] = {}
        self.paused: set[str] = set()
        self.gone_jobs: set[str] = set()
        self.erased = {fact.stream[4:40] for fact in facts if fact.kind == "job.deleted.v1"}
        """Jobs whose rows cannot be read any more."""
        self.claimed_by: dict[str, tuple[str, int]] = {}
        self.gone: dict[int, set[str]] = defaultdict(set)
        self.requeued: dict[int, set[tuple[str, int]]] = defaultdict(set)
        for fact in facts:
            if fact.kind == "job.item_requeued.v1":
                self.requeued[fact.decision].add((fact.stream[4:40], fact.event.item))
            if fact.kind == "thread.deleted.v1":
                self.gone[fact.decision].add(fact.event.thread_id)
            elif fact.kind == "tree.targets_released.v1":
                self.gone[fact.decision].update(fact.event.thread_ids)

    def faults(self, *, all_over: bool) -> Iterator[str]:
        """What does not hold, in the order of the log, then in the views."""
        for fact in self.facts:
            if fact.stream.startswith("job-"):
                yield from self._of_job(fact)
            elif fact.kind == "thread.deleted.v1":
                yield from self._of_deleted(fact)
        yield from self._in_views()
        if all_over:
            yield from self._left()

    def _of_job(self, fact: Any) -> Iterator[str]:
        job_id, kind, event = fact.stream[4:40], fact.kind, fact.event
        if kind.startswith("job.item_"):
            row = self.rows[job_id].get(event.item)
            if row is None:
                if job_id not in self.erased:
                    yield f"{fact.position}: {kind} of no row {event.item}"
                return
            for what in OF_A_ROW.get(kind, _nothing)(self, fact, job_id, row):
                yield f"{fact.position}: {kind} of row {event.item}: {what}"
        else:
            for what in OF_A_JOB.get(kind, _nothing)(self, fact, job_id, self.rows[job_id]):
                yield f"{fact.position}: {kind} of {job_id}: {what}"

    # -- what happens to a job --

    def of_created(self, fact: Any, job_id: str, _: Any) -> Iterator[str]:
        self.caps[job_id], self.status[job_id] = fact.event.attempts_max, "pending"
        yield from ()

    def of_rows_added(self, fact: Any, job_id: str, rows: dict[int, Row]) -> Iterator[str]:
        for n in range(len(fact.event.item_ids)):
            if fact.event.first + n in rows:
                yield f"row {fact.event.first + n} came in twice"
            rows[fact.event.first + n] = Row()

    def of_opened(self, fact: Any, job_id: str, _: Any) -> Iterator[str]:
        if self.status[job_id] == "pending":
            self.status[job_id] = "running"
        yield from ()

    def of_ended(self, fact: Any, job_id: str, _: Any) -> Iterator[str]:
        if self._is_over(job_id):
            yield "it ended twice"
        self.status[job_id] = fact.event.status

    def of_retried(self, fact: Any, job_id: str, _: Any) -> Iterator[str]:
        self.status[job_id] = "running"
        yield from ()

    def of_paused(self, fact: Any, job_id: str, _: Any) -> Iterator[str]:
        change = self.paused.add if fact.kind == "job.paused.v1" else self.paused.discard
        change(job_id)
        yield from ()

    def of_deleted(self, fact: Any, job_id: str, _: Any) -> Iterator[str]:
        self.gone_jobs.add(job_id)
        yield from ()

    def _is_over(self, job_id: str) -> bool:
        return self.status[job_id] not in ("pending", "running")

    # -- what happens to a row --

    def of_claimed(self, fact: Any, job_id: str, row: Row) -> Iterator[str]:
        whose, attempt = fact.event.thread_id, fact.event.attempt
        if row.status != "pending" or self._is_over(job_id) or job_id in self.paused:
            yield f"it is {row.status}, its job {self.status[job_id]}"
        if attempt != row.attempts + 1 or attempt > self.caps[job_id]:
            yield f"attempt {attempt} after {row.attempts}"
        if whose in self.claimed_by:
            yield f"{whose} works on {self.claimed_by[whose]} already"
        self.claimed_by[whose] = job_id, fact.event.item
        row.status, row.thread_id, row.attempts = "running", whose, attempt

    def of_reported(self, fact: Any, job_id: str, row: Row) -> Iterator[str]:
        yield from self._by_its_thread(fact, job_id, row)
        row.result = fact.event.result

    def of_completed(self, fact: Any, job_id: str, row: Row) -> Iterator[str]:
        yield from self._by_its_thread(fact, job_id, row)
        if row.result is None:
            yield "it has no result"
        row.status, row.thread_id, row.ends = "completed", None, row.ends + 1

    def _by_its_thread(self, fact: Any, job_id: str, row: Row) -> Iterator[str]:
        whose = fact.event.thread_id
        if row.status != "running" or row.thread_id != whose:
            yield f"{whose} says so, it is {row.status} and of {row.thread_id}"
        if self._is_over(job_id):
            yield f"its job is {self.status[job_id]}"

    def of_failed(self, fact: Any, job_id: str, row: Row) -> Iterator[str]:
        if row.status != fact.event.was or self._is_over(job_id):
            yield f"it is {row.status}, not {fact.event.was}"
        row.status, row.thread_id, row.ends = "failed", None, row.ends + 1

    def of_unassigned(self, fact: Any, job_id: str, row: Row) -> Iterator[str]:
        if row.status == "running":
            yield "it is worked on"

    def of_requeued(self, fact: Any, job_id: str, row: Row) -> Iterator[str]:
        event = fact.event
        if row.status != event.was:
            yield f"it is {row.status}, not {event.was}"
        if not event.error and event.was == "running":
            yield "nobody says why"
        is_of_deletion = row.thread_id in self.gone[fact.decision]
        is_said = event.error == DELETED and event.was != "failed"  # a retry keeps what was said
        if is_of_deletion != is_said:
            yield f"it says {event.error!r}, and {row.thread_id} is deleted: {is_of_deletion}"
        counts = event.was == "running" and event.error not in UNCOUNTED
        is_free = event.error == RESTARTED and row.hosts < HOSTS_FREE and not self._is_over(job_id)
        if counts and event.attempts != row.attempts - is_free:
            yield f"{event.attempts} attempts count of {row.attempts}, {row.hosts} hosts ended"
        row.again += event.was == "failed"
        row.hosts = 0 if event.was == "failed" else row.hosts + (event.error == RESTARTED)
        row.status, row.thread_id, row.attempts = "pending", None, event.attempts

    def _of_deleted(self, fact: Any) -> Iterator[str]:
        """A row of a thread that is deleted is in the same append, behind the tombstone."""
        job_id, item = self.claimed_by.get(fact.event.thread_id, ("", 0))
        row = self.rows[job_id].get(item) if job_id else None
        if row is None or row.thread_id != fact.event.thread_id:
            return
        if (job_id, item) not in self.requeued[fact.decision]:
            yield f"{fact.position}: {fact.event.thread_id} is deleted, and keeps row {item}"

    def _in_views(self) -> Iterator[str]:
        database = database_of(self.log)
        names = ", ".join(COUNTED)
        jobs = {
            row[0]: (row[1], *row[2:])
            for row in database.rows(f"SELECT job_id, status, total, {names} FROM agent_jobs")
        }
        items = {
            (row[0], row[1]): tuple(row[2:])
            for row in database.rows(
                "SELECT job_id, row_index, status, assigned_thread_id, attempt_count"
                " FROM agent_job_items"
            )
        }
        wanted_jobs, wanted_items = {}, {}
        for job_id, rows in self.rows.items():
            if job_id in self.gone_jobs or job_id not in self.status:
                continue
            counts = tuple(sum(r.status == s for r in rows.values()) for s in COUNTED)
            wanted_jobs[job_id] = (self.status[job_id], len(rows), *counts)
            for index, row in rows.items():
                wanted_items[job_id, index] = row.status, row.thread_id, row.attempts
        if jobs != wanted_jobs:
            yield f"the view has the jobs {jobs}, the log {wanted_jobs}"
        for place in wanted_items.keys() | items.keys():
            if wanted_items.get(place) != items.get(place):
                yield f"the view has {place} as {items.get(place)}, not {wanted_items.get(place)}"

    def _left(self) -> Iterator[str]:
        """Every row of a job that is complete ended once, and once more each time it was asked."""
        for job_id, rows in self.rows.items():
            if job_id in self.gone_jobs:
                continue
            if self.status[job_id] in ("pending", "running"):
                yield f"{job_id} goes on"
            for index, row in rows.items():
                if row.status == "running":
                    yield f"row {index} of {job_id} is worked on by {row.thread_id}"
                is_final = row.status in ("completed", "failed")
                if row.ends != row.again + is_final:
                    yield f"row {index} of {job_id} ended {row.ends} times"
                if self.status[job_id] == "completed" and not is_final:
                    yield f"row {index} of {job_id} is {row.status}, though the job is complete"


Look = Callable[[_Reading, Any, str, Any], Iterator[str]]


def _nothing(reading: _Reading, fact: Any, job_id: str, about: Any) -> Iterator[str]:
    yield from ()


OF_A_JOB: Mapping[str, Look] = {
    "job.created.v1": _Reading.of_created,
    "job.rows_added.v1": _Reading.of_rows_added,
    "job.page_opened.v1": _Reading.of_opened,
    "job.ended.v1": _Reading.of_ended,
    "job.retried.v1": _Reading.of_retried,
    "job.paused.v1": _Reading.of_paused,
    "job.resumed.v1": _Reading.of_paused,
    "job.deleted.v1": _Reading.of_deleted,
}
OF_A_ROW: Mapping[str, Look] = {
    "job.item_claimed.v1": _Reading.of_claimed,
    "job.item_reported.v1": _Reading.of_reported,
    "job.item_completed.v1": _Reading.of_completed,
    "job.item_failed.v1": _Reading.of_failed,
    "job.item_requeued.v1": _Reading.of_requeued,
    "job.item_unassigned.v1": _Reading.of_unassigned,
}
