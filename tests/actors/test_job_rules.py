"""The rules of jobs: who may claim a row, whose report is taken, and what ends a row or a job."""

from collections.abc import Sequence

import pytest

from tests.given import META
from tests.support.each import each
from tests.support.jobs import DESCRIBED, JOB_ID, job_of, page_of
from threadhost.actors.command import Command
from threadhost.actors.errors import Refusal
from threadhost.actors.job import (
    AT_LIMIT,
    JOB_OVER,
    LEASE_OVER,
    MISFIT,
    NO_REPORT,
    TOO_LONG,
    USED_UP,
    AddRows,
    BeginJobDeletion,
    ClaimRows,
    CreateJob,
    DetachThreads,
    EndJob,
    EndLeases,
    FailAttempt,
    JobNotFound,
    JobRefused,
    PauseJob,
    RenewLease,
    ReportResult,
    ResumeJob,
    RetryJob,
    RetryPage,
)
from threadhost.actors.job_rules import NOTHING, Decided, decide_job
from threadhost.events.base import Damaged, Event, Recorded
from threadhost.events.job import (
    JobCreated,
    JobDeletionBegun,
    JobEnded,
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
    JobPageFinished,
    JobPageOpened,
    JobPaused,
    JobResumed,
    JobRetried,
    JobRowsAdded,
)
from threadhost.events.job_page import Item, Page
from threadhost.events.job_state import Job, fold

T = "0193a1b2-0000-7000-8000-0000000000a1"
OTHER = "0193a1b2-0000-7000-8000-0000000000a2"
CREATED = JobCreated(
    runner_id="runner",
    concurrency=4,
    attempts_max=2,
    item_ms=60_000,
    lease_ms=1_000,
    wait_ms=100,
)
ONE_PAGE = (CREATED, DESCRIBED, JobPageAdded(page=0, items=2), JobInputEnded(items=2))
ROWS = JobRowsAdded(
    first=0, item_ids=["a", "b"], source_ids=[None, "B"], rows=[{"path": "1"}, {"path": "2"}]
)
OPENED = JobPageOpened(page=0)
CLAIMED = JobItemClaimed(item=0, thread_id=T, attempt=1)
REPORT = ReportResult(item=0, thread_id=T, at_ms=1, item_id="a", result={"n": 1})
REPORTED = JobItemReported(item=0, thread_id=T, result={"n": 1})
COMPLETED = JobItemCompleted(item=0, thread_id=T, reported_version=3)
FAILED_B = JobItemFailed(item=1, was="running", error=NO_REPORT)
CANCELLED = JobEnded(status="cancelled", error="cancelled by a client")


def said(decided: Decided) -> tuple[list[Event], list[Event]]:
    """What is decided, as lists."""
    return list(decided.job), list(decided.page)


def decide(command: Command, job: Sequence[Event] = (), page: Sequence[Event] = ()) -> Decided:
    """What the rules say to a job, and a page, with this past."""
    return decide_job(command, job_of(*ONE_PAGE, *job), page_of(ROWS, *page))


def _at(version: int, event: Event | Damaged, at_ms: int) -> Recorded:
    return Recorded(version, "", version, event, META._replace(recorded_at_ms=at_ms))


# -- rows come in --


def test_added_rows_become_the_next_page() -> None:
    job = job_of(CREATED, DESCRIBED, JobPageAdded(page=0, items=2))
    decided = decide_job(AddRows(["c"], [None], [{"path": "3"}]), job, Page())
    rows = JobRowsAdded(first=2, item_ids=["c"], source_ids=[None], rows=[{"path": "3"}])
    assert said(decided) == ([JobPageAdded(page=1, items=1)], [rows])


def test_no_rows_are_added_behind_the_last() -> None:
    with pytest.raises(JobRefused, match="has all its rows already"):
        decide(AddRows(["c"], [None], [{}]))


def test_a_job_is_created_once() -> None:
    create = CreateJob(runner_id="runner", described=DESCRIBED)
    with pytest.raises(JobRefused, match="already"):
        decide(create)
    [created, described] = decide_job(create, Job(JOB_ID), Page()).job
    assert (created.kind, described) == (JobCreated.kind, DESCRIBED)
    assert fold(Job(JOB_ID), [_at(1, CREATED, 7), _at(2, OPENED, 9)]).created_at_ms == 7


# -- claims --


def test_threads_claim_the_next_rows_in_order_and_open_the_page() -> None:
    decided = decide(ClaimRows([T, OTHER], at_ms=1))
    second = JobItemClaimed(item=1, thread_id=OTHER, attempt=1)
    assert said(decided) == ([OPENED], [CLAIMED, second])


def test_a_row_that_is_worked_on_is_not_claimed() -> None:
    decided = decide(ClaimRows([OTHER], at_ms=1), [OPENED], [CLAIMED])
    assert said(decided) == ([], [JobItemClaimed(item=1, thread_id=OTHER, attempt=1)])


def test_a_requeued_row_is_not_claimed_before_its_wait_is_over() -> None:
    waits = JobItemRequeued(item=0, was="running", error=LEASE_OVER, attempts=1, wait_ms=50)
    past = [CLAIMED, JobItemClaimed(item=1, thread_id=OTHER, attempt=1), waits]
    assert said(decide(ClaimRows([T], at_ms=50), [OPENED], past)) == ([], [])
    again = JobItemClaimed(item=0, thread_id=T, attempt=2)
    assert said(decide(ClaimRows([T], at_ms=51), [OPENED], past)) == ([], [again])


def test_a_row_without_attempts_left_fails_instead_of_being_claimed() -> None:
    used = JobItemRequeued(item=0, was="running", error=LEASE_OVER, attempts=2)
    decided = decide(ClaimRows([T], at_ms=1), [OPENED], [CLAIMED, used])
    failed = JobItemFailed(item=0, was="pending", error=LEASE_OVER)
    assert said(decided)[1] == [failed, JobItemClaimed(item=1, thread_id=T, attempt=1)]
    silent = JobItemRequeued(item=0, was="running", error="", attempts=2)
    first = decide(ClaimRows([T], at_ms=1), [OPENED], [CLAIMED, silent]).page[0]
    assert first == JobItemFailed(item=0, was="pending", error=USED_UP)


@pytest.mark.parametrize("over", [JobPaused(), CANCELLED, JobDeletionBegun()])
def test_no_row_is_claimed_of_a_paused_cancelled_or_deleted_job(over: Event) -> None:
    assert decide(ClaimRows([T], at_ms=1), [over]) == NOTHING


def test_rows_are_claimed_only_from_the_open_page_or_the_next_one() -> None:
    job = job_of(CREATED, DESCRIBED, JobPageAdded(page=0, items=2), JobPageAdded(page=1, items=2))
    second = page_of(ROWS, number=1)
    assert decide_job(ClaimRows([T], at_ms=1), job, second) == NOTHING
    assert decide_job(ClaimRows([T], at_ms=1), job_of(*ONE_PAGE, OPENED), Page(number=1)) == NOTHING
    assert said(decide(ClaimRows([], at_ms=1))) == ([], [])


# -- reports --


def test_a_report_of_the_thread_that_the_row_is_assigned_to_completes_it() -> None:
    decided = decide(REPORT, [OPENED], [CLAIMED])
    assert said(decided) == ([], [REPORTED, COMPLETED])


@each(
    "report",
    [
        REPORT.but(thread_id=OTHER),
        REPORT.but(item=1, item_id="b"),
        REPORT.but(item_id="b"),
        REPORT.but(item=7),
        REPORT.but(item=-1),
    ],
    ids=["of another thread", "of another row", "by another name", "of no row", "before the first"],
)
def test_a_report_of_another_thread_or_about_another_row_is_ignored(report: ReportResult) -> None:
    assert decide(report, [OPENED], [CLAIMED]) == NOTHING


def test_a_second_report_of_a_row_is_ignored() -> None:
    assert decide(REPORT, [OPENED], [CLAIMED, REPORTED, COMPLETED]) == NOTHING


def test_a_report_of_an_earlier_attempt_is_ignored() -> None:
    """The thread in the claim is the fence: each attempt has one of its own."""
    lost = JobItemRequeued(item=0, was="running", error=LEASE_OVER, attempts=1)
    again = JobItemClaimed(item=0, thread_id=OTHER, attempt=2)
    assert decide(REPORT, [OPENED], [CLAIMED, lost, again]) == NOTHING


def test_a_report_after_the_end_of_its_job_is_ignored() -> None:
    assert decide(REPORT, [OPENED, CANCELLED], [CLAIMED]) == NOTHING


def test_a_misfit_result_is_returned_once_and_the_second_one_fails_the_attempt() -> None:
    misfit = REPORT.but(misfit=True)
    [back] = decide(misfit, [OPENED], [CLAIMED]).page
    assert back == JobItemMisfit(item=0, thread_id=T)
    [failed] = decide(misfit, [OPENED], [CLAIMED, back]).page
    assert failed == JobItemRequeued(
        item=0, was="running", error=MISFIT, attempts=1, wait_ms=CREATED.wait_ms
    )
    completed = COMPLETED.model_copy(update={"reported_version": 4})
    assert said(decide(REPORT, [OPENED], [CLAIMED, back]))[1][1] == completed


@pytest.mark.parametrize(("ended", "error"), [(NO_REPORT, MISFIT), (TOO_LONG, TOO_LONG)])
@pytest.mark.parametrize("attempt", [1, 2])
def test_a_worker_that_ends_after_a_misfit_fails_with_that_reason(
    ended: str, error: str, attempt: int
) -> None:
    claimed = CLAIMED.model_copy(update={"attempt": attempt})
    past = [claimed, JobItemMisfit(item=0, thread_id=T)]
    [event] = decide(FailAttempt(0, T, 1, ended), [OPENED], past).page
    assert isinstance(event, JobItemRequeued if attempt == 1 else JobItemFailed)
    assert event.error == error


def test_the_last_report_ends_its_page_and_the_job() -> None:
    past = [CLAIMED, JobItemClaimed(item=1, thread_id=OTHER, attempt=1), FAILED_B]
    decided = decide(REPORT, [OPENED], past)
    finished = JobPageFinished(page=0, completed=1, failed=1)
    assert list(decided.job) == [finished, JobEnded(status="completed")]


def test_a_worker_can_end_the_job_with_its_report() -> None:
    decided = decide(REPORT.but(stops=True), [OPENED], [CLAIMED])
    assert list(decided.job) == [JobEnded(status="cancelled", error="cancelled by worker request")]


# -- attempts --


def test_failed_attempts_wait_twice_as_long_each_time_and_the_last_fails_the_row() -> None:
    many = CREATED.model_copy(update={"attempts_max": 4})
    job = job_of(many, DESCRIBED, JobPageAdded(page=0, items=2), OPENED)
    waits = []
    for attempt in (1, 2, 3):
        page = page_of(ROWS, CLAIMED.model_copy(update={"attempt": attempt}))
        [event] = decide_job(FailAttempt(0, T, 1, NO_REPORT), job, page).page
        assert isinstance(event, JobItemRequeued)
        waits.append(event.wait_ms)
    assert waits == [100, 200, 400]
    page = page_of(ROWS, CLAIMED.model_copy(update={"attempt": 4}))
    assert list(decide_job(FailAttempt(0, T, 1, NO_REPORT), job, page).page) == [
        JobItemFailed(item=0, was="running", error=NO_REPORT)
    ]


def test_an_attempt_that_is_not_the_rows_fault_does_not_count() -> None:
    past = [CLAIMED.model_copy(update={"attempt": 2})]
    [event] = decide(FailAttempt(0, T, 1, AT_LIMIT, counts=False, wait_ms=7), [OPENED], past).page
    assert event == JobItemRequeued(item=0, was="running", error=AT_LIMIT, attempts=1, wait_ms=7)


def test_a_row_in_work_when_its_job_ends_is_requeued_without_costing_an_attempt() -> None:
    decided = decide(FailAttempt(0, T, 1, NO_REPORT), [OPENED, CANCELLED], [CLAIMED])
    back = JobItemRequeued(item=0, was="running", error=JOB_OVER, attempts=1)
    assert said(decided) == ([], [back])


def test_an_expired_lease_requeues_its_row_unless_it_was_renewed() -> None:
    [renewed] = decide(RenewLease(0, T, 500), [OPENED], [CLAIMED]).page
    assert renewed == JobItemRenewed(item=0, thread_id=T)
    assert decide(RenewLease(0, OTHER, 500), [OPENED], [CLAIMED]) == NOTHING
    job, claimed = job_of(*ONE_PAGE, OPENED), page_of(ROWS, CLAIMED, at_ms=1)
    assert decide_job(EndLeases(at_ms=1_000), job, claimed) == NOTHING
    [over] = decide_job(EndLeases(at_ms=1_001), job, claimed).page
    assert isinstance(over, JobItemRequeued)
    assert over.error == LEASE_OVER
    later = fold(claimed, [_at(3, renewed, 900)])
    assert decide_job(EndLeases(at_ms=1_001), job, later) == NOTHING


def test_leases_that_end_together_end_the_job_once() -> None:
    one = CREATED.model_copy(update={"attempts_max": 1})
    job = job_of(one, DESCRIBED, *ONE_PAGE[2:], OPENED)
    page = page_of(ROWS, CLAIMED, JobItemClaimed(item=1, thread_id=OTHER, attempt=1))
    decided = decide_job(EndLeases(at_ms=9_999), job, page)
    finished = JobPageFinished(page=0, completed=0, failed=2)
    assert list(decided.job) == [finished, JobEnded(status="completed")]


# -- threads that are deleted --


def test_a_row_of_a_deleted_thread_waits_again_with_its_attempts() -> None:
    [event] = decide(DetachThreads({T}), [OPENED], [CLAIMED]).page
    assert event == JobItemRequeued(
        item=0, was="running", error="assigned thread was deleted", attempts=1
    )


@pytest.mark.parametrize("status", ["pending", "completed", "failed"])
def test_a_row_that_is_not_worked_on_only_loses_its_thread(status: str) -> None:
    item = Item(status=status, thread_id=T, attempts=1)  # type: ignore[arg-type]
    page = page_of(ROWS)._replace(items=(item, Item()))
    decided = decide_job(DetachThreads({T, OTHER}), job_of(*ONE_PAGE), page)
    assert said(decided) == ([], [JobItemUnassigned(item=0)])
    then = fold(page, [_at(9, JobItemUnassigned(item=0), 5)])
    assert then.at(0) == item._replace(thread_id="")


def test_detaching_a_thread_does_not_change_the_rows_of_other_threads() -> None:
    assert said(decide(DetachThreads({OTHER}), [OPENED], [CLAIMED])) == ([], [])


# -- the job as a whole --


def test_a_job_is_paused_and_resumed_once() -> None:
    assert list(decide(PauseJob()).job) == [JobPaused()]
    assert decide(PauseJob(), [JobPaused()]) == NOTHING
    assert list(decide(ResumeJob(), [JobPaused()]).job) == [JobResumed()]
    assert decide(ResumeJob()) == NOTHING


def test_a_job_ends_once() -> None:
    assert list(decide(EndJob("cancelled", "cancelled by a client")).job) == [CANCELLED]
    assert decide(EndJob("failed", "the deadline of the job passed"), [CANCELLED]) == NOTHING


@pytest.mark.parametrize("command", [PauseJob(), ResumeJob(), AddRows([], [], [])])
def test_a_job_that_is_over_refuses_changes(command: Command) -> None:
    with pytest.raises(JobRefused, match="is over: it is cancelled"):
        decide(command, [CANCELLED])


@each("command", [PauseJob(), ResumeJob(), RetryJob(), BeginJobDeletion(), AddRows([], [], [])])
def test_a_command_for_an_unknown_job_is_refused_as_not_found(command: Command) -> None:
    with pytest.raises(JobNotFound, match=f"job not found: {JOB_ID}"):
        decide_job(command, Job(JOB_ID), Page())


def test_failed_rows_can_be_retried_with_all_their_attempts() -> None:
    over = [OPENED, JobPageFinished(page=0, completed=1, failed=1), JobEnded(status="completed")]
    [retried] = decide(RetryJob(), over).job
    assert retried == JobRetried()
    job = job_of(*ONE_PAGE, *over, retried)
    assert (job.status, job.retrying, job.is_done) == ("running", (0,), False)
    b = JobItemClaimed(item=1, thread_id=OTHER, attempt=1)
    page = page_of(ROWS, CLAIMED, b, REPORTED, COMPLETED, FAILED_B)
    decided = decide_job(RetryPage(), job, page)
    again = JobItemRequeued(item=1, was="failed", error=NO_REPORT, attempts=0)
    assert said(decided) == ([OPENED], [again])
    after = job_of(*ONE_PAGE, *over, retried, OPENED)
    assert (after.retrying, after.open, after.is_done) == ((), (0,), False)
    for failed, left in ((1, (0,)), (0, ())):
        finished = JobPageFinished(page=0, completed=2 - failed, failed=failed)
        assert job_of(*ONE_PAGE, *over, retried, OPENED, finished).failed == left


def test_a_job_without_failed_or_unfinished_rows_is_not_retried() -> None:
    """It would go on, and have nothing that it could end with."""
    over = [OPENED, JobPageFinished(page=0, completed=2, failed=0), JobEnded(status="completed")]
    with pytest.raises(JobRefused, match="has no failed and no unfinished rows"):
        decide(RetryJob(), over)


def test_a_job_with_incomplete_input_is_not_retried() -> None:
    job = job_of(CREATED, DESCRIBED, CANCELLED)
    with pytest.raises(JobRefused, match="not all input of job"):
        decide_job(RetryJob(), job, Page())


def test_every_error_of_jobs_is_a_refusal_that_clients_get() -> None:
    assert issubclass(JobNotFound, Refusal)
    assert issubclass(JobRefused, Refusal)


# -- folds --


def test_unreadable_events_of_a_job_or_page_are_counted_and_skipped() -> None:
    lost = Damaged(JobItemClaimed.kind, "gone")
    page = fold(page_of(ROWS), [_at(2, lost, 1), _at(3, CLAIMED, 1)])
    assert (page.gaps, page.at(0).status, page.version) == (1, "running", 3)
    assert fold(job_of(CREATED), [_at(2, lost, 1)]).gaps == 1


def test_an_event_about_a_row_that_is_not_there_is_a_gap() -> None:
    beyond = JobItemClaimed(item=9, thread_id=T, attempt=1)
    before = JobItemClaimed(item=-1, thread_id=T, attempt=1)
    page = fold(page_of(ROWS), [_at(2, beyond, 1), _at(3, before, 1)])
    assert (page.gaps, page.count("pending")) == (2, 2)
