"""The rules by which rows wait again whose host ended, jobs go on, and their input ends once."""

from collections.abc import Sequence

import pytest

from tests.support.each import each
from tests.support.jobs import DESCRIBED, job_of, page_of
from threadhost.actors.command import Command
from threadhost.actors.job import BY_CLIENT, EndInput, FailAttempt, FailInput, RetryJob
from threadhost.actors.job_rules import NOTHING, decide_job
from threadhost.events.base import Event
from threadhost.events.job import (
    JobCreated,
    JobEnded,
    JobInputEnded,
    JobItemClaimed,
    JobItemFailed,
    JobItemRequeued,
    JobPageAdded,
    JobPageOpened,
    JobPaused,
    JobResumed,
    JobRetried,
    JobRowsAdded,
)
from threadhost.events.job_page import Page
from threadhost.events.job_state import foresee
from threadhost.events.words import RESTARTED

T = "0193a1b2-0000-7000-8000-0000000000a1"
OPENED = (
    JobCreated(runner_id="runner", concurrency=4, attempts_max=2, item_ms=1, lease_ms=1, wait_ms=1),
    DESCRIBED,
    JobPageAdded(page=0, items=1),
    JobInputEnded(items=1),
    JobPageOpened(page=0),
)
ROWS = JobRowsAdded(first=0, item_ids=["a"], source_ids=[None], rows=[{"path": "1"}])


def test_the_end_of_a_host_costs_no_attempt_until_so_many_ended_with_the_row() -> None:
    """A row that ends its hosts comes to its own end by that."""
    past: list[Event] = []
    counted = []
    for _ in range(5):
        attempt = page_of(ROWS, *past).at(0).attempts + 1
        past.append(JobItemClaimed(item=0, thread_id=T, attempt=attempt))
        [event] = decide_job(
            FailAttempt(0, T, 1, RESTARTED), job_of(*OPENED), page_of(ROWS, *past)
        ).page
        past.append(event)
        counted.append(getattr(event, "attempts", None))
    assert counted == [0, 0, 0, 1, None]
    assert past[-1] == JobItemFailed(item=0, was="running", error=RESTARTED)
    again = JobItemRequeued(item=0, was="failed", error=RESTARTED, attempts=0)
    assert page_of(ROWS, *past, again).at(0).restarts == 0


@pytest.mark.parametrize("end", [[JobEnded(status="cancelled", error=BY_CLIENT)], []], ids=str)
def test_a_job_that_was_paused_and_cancelled_goes_on_when_it_is_tried_again(
    end: list[Event],
) -> None:
    job = job_of(*OPENED, JobPaused(), *end)
    events = list(decide_job(RetryJob(), job, Page()).job)
    assert events == ([JobResumed(), JobRetried()] if end else [JobRetried()])
    then = foresee(job, events, 1)
    assert (then.status, then.is_paused) == ("running", not end)


def test_a_job_without_rows_is_complete_once_its_input_is() -> None:
    decided = decide_job(EndInput(at_ms=1), job_of(*OPENED[:2]), Page())
    assert list(decided.job) == [JobInputEnded(items=0), JobEnded(status="completed")]
    assert not decided.page


@each("command", [EndInput(at_ms=2), FailInput(reason="odd")])
@each("over", [[JobInputEnded(items=0)], [JobEnded(status="cancelled")]], ids=["rows", "job"])
def test_the_input_of_a_job_ends_once(over: Sequence[Event], command: Command) -> None:
    assert decide_job(command, job_of(*OPENED[:2], *over), Page()) == NOTHING
