"""The rules of jobs of which a page cannot be read: it comes to its end, and the job says so."""

import pytest

from tests.actors.test_job_rules import (
    CLAIMED,
    COMPLETED,
    FAILED_B,
    ONE_PAGE,
    OPENED,
    OTHER,
    REPORTED,
    T,
    decide,
    said,
)
from tests.given import META
from tests.support.jobs import JOB_ID, job_of
from threadhost.actors.job import ROWS_LOST, ClaimRows
from threadhost.actors.job_rules import decide_job
from threadhost.events.base import Damaged, Event, Recorded
from threadhost.events.job import JobEnded, JobItemClaimed, JobPageFinished, JobRowsAdded
from threadhost.events.job_page import Page
from threadhost.events.job_state import fold


@pytest.mark.parametrize("opened", [[], [OPENED]], ids=["next", "open"])
def test_a_page_without_a_readable_row_is_finished_and_the_job_says_that_rows_are_lost(
    opened: list[Event],
) -> None:
    job = job_of(*ONE_PAGE, *opened)
    page = fold(Page(JOB_ID, 0), [Recorded(1, "", 1, Damaged(JobRowsAdded.kind, "gone"), META)])
    decided = decide_job(ClaimRows([T], 1), job, page)
    finished = JobPageFinished(page=0, completed=0, failed=0)
    ended = JobEnded(status="completed", error=ROWS_LOST)
    assert said(decided) == ([*([] if opened else [OPENED]), finished, ended], [])


def test_an_open_page_whose_rows_have_all_ended_is_finished() -> None:
    """Its end was recorded, and cannot be read."""
    b = JobItemClaimed(item=1, thread_id=OTHER, attempt=1)
    decided = decide(ClaimRows([T], 1), [OPENED], [CLAIMED, b, REPORTED, COMPLETED, FAILED_B])
    finished = JobPageFinished(page=0, completed=1, failed=1)
    assert said(decided) == ([finished, JobEnded(status="completed")], [])
