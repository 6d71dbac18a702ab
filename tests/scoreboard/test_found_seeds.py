"""Schedules that once broke a promise, each from its seed, and that a seed gives one order."""

from contextlib import closing

import pytest

from tests.scoreboard.row import Budget, Context
from tests.scoreboard.rows.row_10_seeded_schedules import schedule
from tests.scoreboard.truth import FreshViews

FOUND = {
    "taken up by a request while the host drained, and live ever after": (234515430, 528),
}


@pytest.mark.parametrize("what", FOUND)
def test_a_schedule_that_broke_a_promise_breaks_none_now(what: str) -> None:
    seed, number = FOUND[what]
    with closing(FreshViews()) as fresh:
        assert schedule(Context(seed, Budget(1)), number, fresh).faults == []


def test_a_seed_gives_one_order_and_another_seed_another() -> None:
    seeds = (1, 1, 2)
    with closing(FreshViews()) as fresh:
        first, again, other = (schedule(Context(s, Budget(1)), 3, fresh).digest for s in seeds)
    assert first == again != other
