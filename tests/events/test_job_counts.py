"""What a page knows of its rows without looking at each."""

from random import Random

import pytest

from threadhost.events.base import Event
from threadhost.events.job import (
    JobItemClaimed,
    JobItemCompleted,
    JobItemFailed,
    JobItemRenewed,
    JobItemRequeued,
    JobItemUnassigned,
    JobRowsAdded,
)
from threadhost.events.job_page import Page
from threadhost.events.job_state import foresee

ROWS, FIRST, STEPS = 12, 256, 300
T = "0193a1b2-0000-7000-8000-0000000000a1"
ADDED = JobRowsAdded(
    first=FIRST,
    item_ids=[f"row-{n}" for n in range(ROWS)],
    source_ids=[None] * ROWS,
    rows=[{}] * ROWS,
)


def anything(random: Random) -> Event:
    """Something that becomes of some row, whether it could or not."""
    row = FIRST + random.randrange(ROWS)
    return random.choice(
        (
            JobItemClaimed(item=row, thread_id=T, attempt=1),
            JobItemClaimed(item=row, thread_id=T, attempt=1),
            JobItemRenewed(item=row, thread_id=T),
            JobItemCompleted(item=row, thread_id=T, reported_version=1),
            JobItemFailed(item=row, was="running", error="x"),
            JobItemRequeued(item=row, was="running", error="x", attempts=1),
            JobItemRequeued(item=row, was="running", error="x", attempts=1, wait_ms=5),
            JobItemUnassigned(item=row),
        )
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_counts_of_a_page_equal_those_of_its_rows_after_any_events(seed: int) -> None:
    random = Random(seed)
    page = foresee(Page("job", 1), [ADDED], 1)
    for _ in range(STEPS):
        page = foresee(page, [anything(random)], 1)
        waiting = [n for n, item in enumerate(page.items) if item.status == "pending"]
        assert page.pending == len(waiting)
        assert page.delayed == sum(page.items[n].due_at_ms > 0 for n in waiting)
        assert page.final == page.count("completed") + page.count("failed")
        assert page.next_pending <= min(waiting, default=ROWS)
        assert page.is_finished == (page.final == ROWS)


def test_the_next_pending_row_of_a_page_follows_claims_and_requeues() -> None:
    page = foresee(Page("job", 1), [ADDED], 1)
    for number in range(ROWS):
        assert page.next_pending == number
        page = foresee(page, [JobItemClaimed(item=FIRST + number, thread_id=T, attempt=1)], 1)
    back = JobItemRequeued(item=FIRST + 3, was="running", error="x", attempts=1)
    assert foresee(page, [back], 1).next_pending == 3
