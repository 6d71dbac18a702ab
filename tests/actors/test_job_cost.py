"""What a claim and a report cost does not grow with the job."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.support.jobs import DESCRIBED, JOB_ID
from threadhost.actors.job import ClaimRows, EndLeases, ReportResult
from threadhost.actors.job_rules import decide_job
from threadhost.events.ids import page_stream
from threadhost.events.job import (
    JobCreated,
    JobPageAdded,
    JobPageFinished,
    JobPageOpened,
    JobRowsAdded,
)
from threadhost.events.job_page import Page
from threadhost.events.job_state import Job, foresee

PAGE_ROWS = 256
T = "0193a1b2-0000-7000-8000-0000000000a1"
CREATED = JobCreated(
    runner_id="r", concurrency=1, attempts_max=3, item_ms=1, lease_ms=1_000, wait_ms=1
)


def job_with(rows: int) -> tuple[Job, Page]:
    """A job of so many rows of which all but the last page are done, and that page."""
    pages = max(1, rows // PAGE_ROWS)
    job = foresee(Job(JOB_ID), [CREATED, DESCRIBED], 1)
    for number in range(pages):
        job = foresee(job, [JobPageAdded(page=number, items=PAGE_ROWS)], 1)
    for number in range(pages - 1):
        finished = JobPageFinished(page=number, completed=PAGE_ROWS, failed=0)
        job = foresee(job, [JobPageOpened(page=number), finished], 1)
    first = (pages - 1) * PAGE_ROWS
    ids = [f"row-{first + n}" for n in range(PAGE_ROWS)]
    added = JobRowsAdded(
        first=first, item_ids=ids, source_ids=[None] * PAGE_ROWS, rows=[{}] * PAGE_ROWS
    )
    return job, foresee(Page(JOB_ID, pages - 1), [added], 1)


def bytecodes(work: Callable[[], Any]) -> int:
    """How many steps of the interpreter some work takes."""
    steps = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal steps
        frame.f_trace_opcodes = True
        steps += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
    return steps


def report(page: Page, number: int) -> ReportResult:
    """What the thread of a row says came of it."""
    item, item_id = page.first + number, page.ids[number]
    return ReportResult(item=item, thread_id=T, at_ms=1, item_id=item_id, result={"n": 1})


def claim_and_report(job: Job, page: Page) -> None:
    """One row of a job from its claim to its end."""
    claimed_and_reported(job, page)


def claimed_and_reported(job: Job, page: Page) -> Page:
    """The page after that, decided and folded."""
    number = page.next_pending
    claimed = decide_job(ClaimRows([T], at_ms=1), job, page)
    job, page = foresee(job, claimed.job, 1), foresee(page, claimed.page, 1)
    reported = decide_job(report(page, number), job, page)
    assert len(reported.page) == 2
    return foresee(page, reported.page, 1)


def test_a_claim_and_a_report_take_the_same_steps_in_a_job_of_a_million_rows() -> None:
    small, large = job_with(100), job_with(1_000_000)
    assert large[0].items > 999_000
    assert large[1].first > 999_000
    of_small = bytecodes(lambda: claim_and_report(*small))
    of_large = bytecodes(lambda: claim_and_report(*large))
    assert of_large <= 1.05 * of_small


def test_the_last_rows_of_a_page_are_claimed_and_reported_in_as_many_steps_as_the_first() -> None:
    job, page = job_with(PAGE_ROWS)
    job = foresee(job, [JobPageOpened(page=page.number)], 1)
    of_first = bytecodes(lambda: claim_and_report(job, page))
    for _ in range(PAGE_ROWS - 2):
        page = claimed_and_reported(job, page)
    assert page.pending == 2
    assert bytecodes(lambda: claim_and_report(job, page)) <= 1.05 * of_first


def end_leases(rows: int) -> int:
    """What it takes to take so many rows of a page back at once."""
    job, page = job_with(PAGE_ROWS)
    job = foresee(job, [JobPageOpened(page=page.number)], 1)
    page = foresee(page, decide_job(ClaimRows([T] * rows, at_ms=1), job, page).page, 1)
    return bytecodes(lambda: decide_job(EndLeases(at_ms=9_999), job, page))


def test_the_ends_of_many_leases_take_as_many_steps_each_as_that_of_one() -> None:
    none, some, many = end_leases(0), end_leases(32), end_leases(PAGE_ROWS)
    assert many - none <= 1.2 * (some - none) * PAGE_ROWS / 32


def test_the_stream_of_a_page_is_named_by_its_number() -> None:
    assert page_stream(JOB_ID, 3_905) == f"job-{JOB_ID}.3905"
