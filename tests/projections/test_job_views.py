"""What the views show of jobs and their rows, and which of them they find."""

from collections.abc import AsyncIterator, Sequence

import pytest

from tests.support.store import at
from threadhost.events.base import Event
from threadhost.events.ids import job_stream, page_stream
from threadhost.events.job import (
    JobCreated,
    JobDeleted,
    JobDeletionBegun,
    JobEnded,
    JobExported,
    JobExportFailed,
    JobItemClaimed,
    JobItemCompleted,
    JobItemFailed,
    JobItemMisfit,
    JobItemRenewed,
    JobItemRequeued,
    JobPageAdded,
    JobPageDeleted,
    JobPageOpened,
    JobRetried,
    JobRowsAdded,
)
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.projections import all_views
from threadhost.projections.job_queries import (
    LAST_ID,
    Assignment,
    assignments_of,
    item_page,
    job_page,
    job_row,
    jobs_run_by,
    jobs_with_suffix,
)
from threadhost.projections.jobs import unfinished_jobs

RUNNER = "runner"
REASON = "the deadline of the job passed"
OPENED, RETRIED = JobPageOpened(page=0), JobRetried()
COMPLETED, CANCELLED = JobEnded(status="completed"), JobEnded(status="cancelled")
FAILED = JobEnded(status="failed", error=REASON)
WRITTEN = JobExported(format="csv", items=1)
UNWRITTEN = JobExportFailed(reason="no space")
DELETING = JobDeletionBegun()


def claimed(item: int, attempt: int = 1) -> JobItemClaimed:
    """A row is given to a thread that is named after it."""
    return JobItemClaimed(item=item, thread_id=f"worker-{item}", attempt=attempt)


class Jobs:
    """Jobs in a log; each event happens a second after the one before."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.reads = log.reads
        self._now_ms = 0

    async def begin(
        self, job_id: str, *events: Event, runner_id: str = RUNNER, exports: bool = False
    ) -> None:
        """A job is created, and more happens to it."""
        created = JobCreated(
            runner_id=runner_id,
            concurrency=1,
            attempts_max=3,
            item_ms=1,
            lease_ms=1,
            wait_ms=1,
            exports=exports,
        )
        await self.go_on(job_id, created, *events)

    async def go_on(self, job_id: str, *events: Event, page: int | None = None) -> None:
        """More happens to a job, or on a page of it."""
        stream = job_stream(job_id) if page is None else page_stream(job_id, page)
        for event in events:
            self._now_ms += 1000
            await self._log.append(StreamAppend(stream, [event]), meta=at(self._now_ms))

    async def add_page(self, job_id: str, page: int, first: int, items: int) -> None:
        """Rows come in."""
        ids = [f"row-{first + number}" for number in range(items)]
        rows = JobRowsAdded(first=first, item_ids=ids, source_ids=[None] * items, rows=[{}] * items)
        await self.go_on(job_id, JobPageAdded(page=page, items=items))
        await self.go_on(job_id, rows, page=page)


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    log = Log.in_memory(all_views())
    yield Jobs(log)
    await log.close()


@pytest.mark.parametrize(
    ("events", "shown"),
    [
        ([], ("pending", None, None, None, None, False)),
        ([RETRIED], ("pending", None, None, None, None, False)),
        ([OPENED, OPENED], ("running", 2, None, None, None, False)),
        ([OPENED, COMPLETED, OPENED], ("completed", 2, 3, None, None, False)),
        ([OPENED, FAILED, UNWRITTEN], ("failed", 2, 3, REASON, None, True)),
        ([OPENED, FAILED, UNWRITTEN, WRITTEN], ("failed", 2, 3, REASON, 5, False)),
        ([OPENED, FAILED, WRITTEN, RETRIED], ("running", 2, None, None, None, False)),
        ([OPENED, FAILED, UNWRITTEN, RETRIED], ("running", 2, None, None, None, False)),
        ([CANCELLED, RETRIED, OPENED, OPENED], ("running", 4, None, None, None, False)),
        ([CANCELLED, DELETING], ("deleting", None, 2, None, None, False)),
    ],
)
async def test_the_view_of_a_job_agrees_with_its_events(
    jobs: Jobs, events: Sequence[Event], shown: tuple[object, ...]
) -> None:
    await jobs.begin("a", *events)
    job = await job_row(jobs.reads, "a")
    assert job is not None
    ends = (job.started_at_ms, job.completed_at_ms, job.last_error, job.exported_at_ms)
    started, completed, error, exported = ends
    seconds = [None if at_ms is None else at_ms // 1000 for at_ms in (started, completed, exported)]
    assert (job.status, *seconds[:2], error, seconds[2], job.export_failed) == shown
    assert (job.created_at_ms, job.is_paused, job.exports) == (1000, False, False)


async def test_the_next_host_finishes_the_jobs_that_have_work_left(
    jobs: Jobs,
) -> None:
    left: dict[str, list[Event]] = {
        "waits": [],
        "runs": [OPENED],
        "is deleted": [COMPLETED, DELETING],
        "has a worker": [OPENED, CANCELLED],
    }
    for job_id, events in left.items():
        await jobs.begin(job_id, *events)
    await jobs.add_page("has a worker", 0, 0, 2)
    await jobs.go_on("has a worker", claimed(0), page=0)
    await jobs.begin("is to be written", COMPLETED, exports=True)
    for end in (COMPLETED, CANCELLED, FAILED):
        await jobs.begin(f"over: {end.status}", end)
    await jobs.begin("gone", COMPLETED, DELETING, JobDeleted(pages=0))
    await jobs.begin("written", COMPLETED, WRITTEN, exports=True)
    await jobs.begin("not writable", COMPLETED, UNWRITTEN, exports=True)
    assert await unfinished_jobs(jobs.reads) == sorted([*left, "is to be written"])
    assert set(await jobs_run_by(jobs.reads, [RUNNER])) == {"waits", "runs"}


async def test_jobs_are_found_by_state_by_runner_and_by_the_end_of_their_id(
    jobs: Jobs,
) -> None:
    for number in range(6):
        end = [COMPLETED] if number % 2 else []
        await jobs.begin(f"job-{number}", *end, runner_id=f"runner-{number // 2}")
    await jobs.begin("other-3")

    async def page(before: str, limit: int, status: str | None = None) -> list[str]:
        return [job.job_id for job in await job_page(jobs.reads, before, limit, status)]

    assert await job_row(jobs.reads, "job-6") is None
    assert await page(LAST_ID, 3) == ["other-3", "job-5", "job-4"]
    assert await page("job-4", 9) == ["job-3", "job-2", "job-1", "job-0"]
    assert await page(LAST_ID, 2, "completed") == ["job-5", "job-3"]
    assert await page("job-3", 9, "completed") == ["job-1"]
    ending = [[j.job_id for j in await jobs_with_suffix(jobs.reads, "-3", most)] for most in (9, 1)]
    assert ending == [["other-3", "job-3"], ["other-3"]]
    assert list(await jobs_run_by(jobs.reads, ["runner-1", "runner-2"])) == ["job-2", "job-4"]
    assert not await jobs_run_by(jobs.reads, [])
    assert not await assignments_of(jobs.reads, [])


async def test_rows_are_listed_in_pages_in_order_all_or_those_in_one_state(jobs: Jobs) -> None:
    for job_id in ("a", "b"):
        await jobs.begin(job_id)
        await jobs.add_page(job_id, 0, 0, 3)
        await jobs.add_page(job_id, 1, 3, 3)
    for item in (1, 3, 4):
        await jobs.go_on("a", claimed(item), page=item // 3)

    async def page(after: int, limit: int, status: str | None = None) -> list[int]:
        return [row.row_index for row in await item_page(jobs.reads, "a", after, limit, status)]

    assert await page(-1, 4) == [0, 1, 2, 3]
    assert await page(3, 9) == [4, 5]
    assert await page(-1, 2, "running") == [1, 3]
    assert await page(1, 9, "running") == [3, 4]
    ties = [Assignment("a", 1, 3, "worker-3"), Assignment("a", 1, 4, "worker-4")]
    assert await assignments_of(jobs.reads, ["worker-3", "worker-4", "worker-9"]) == ties
    await jobs.go_on("a", JobPageDeleted(page=1))
    assert await page(-1, 9) == [0, 1, 2]


async def test_the_view_of_a_row_and_the_counts_of_its_job_agree_with_its_events(
    jobs: Jobs,
) -> None:
    await jobs.begin("a")
    await jobs.add_page("a", 0, 0, 4)
    events: list[Event] = [
        *(claimed(item) for item in range(4)),
        JobItemRenewed(item=0, thread_id="worker-0"),
        JobItemMisfit(item=3, thread_id="worker-3"),
        JobItemCompleted(item=1, thread_id="worker-1", reported_version=7),
        JobItemFailed(item=2, was="running", error=REASON),
        JobItemRequeued(item=3, was="running", error="", attempts=1),
        JobItemRequeued(item=2, was="failed", error="worker exceeded max runtime", attempts=0),
        claimed(3, attempt=2),
        JobItemRequeued(item=0, was="running", error="", attempts=1),
    ]
    await jobs.go_on("a", *events, page=0)
    rows = await item_page(jobs.reads, "a", -1, 9)
    assert [
        (row.status, row.assigned_thread_id, row.attempt_count, row.last_error) for row in rows
    ] == [
        ("pending", None, 1, None),
        ("completed", None, 1, None),
        ("pending", None, 0, "worker exceeded max runtime"),
        ("running", "worker-3", 2, None),
    ]
    assert [row.updated_at_ms // 1000 for row in rows] == [15, 10, 13, 14]
    assert [row.completed_at_ms for row in rows] == [None, 10_000, None, None]
    assert (rows[1].result_version, rows[1].reported_at_ms) == (7, 10_000)
    job = await job_row(jobs.reads, "a")
    assert job is not None
    assert (job.total, job.pending, job.running, job.completed, job.failed) == (4, 2, 1, 1, 0)
