"""Whose row is next, and how fast a job goes that its provider slows down."""

from collections import Counter

from tests.support.counting import counted
from threadhost.actors.job_pacing import (
    WAIT_MAX_MS,
    WAIT_MIN_MS,
    Demand,
    OnwardTime,
    Pace,
    StrideScheduler,
)


def test_trees_share_places_equally_however_many_jobs_they_have() -> None:
    demands = [Demand("a1", "a", 99), Demand("a2", "a", 99), Demand("b1", "b", 99)]
    shares = StrideScheduler().shares(demands, 12, {"a": 99, "b": 99})
    assert shares == {"a1": 3, "a2": 3, "b1": 6}


def test_jobs_of_a_tree_share_places_by_priority() -> None:
    demands = [Demand("low", "a", 99, 1), Demand("high", "a", 99, 3)]
    assert StrideScheduler().shares(demands, 8, {"a": 99}) == {"low": 2, "high": 6}


def test_places_that_a_job_does_not_need_go_to_other_jobs() -> None:
    demands = [Demand("few", "a", 1), Demand("many", "b", 99)]
    assert StrideScheduler().shares(demands, 10, {"a": 99, "b": 99}) == {"few": 1, "many": 9}


def test_a_tree_gets_no_more_places_than_its_limit() -> None:
    demands = [Demand("x", "a", 99), Demand("y", "b", 99)]
    assert StrideScheduler().shares(demands, 10, {"a": 2, "b": 99}) == {"x": 2, "y": 8}


def test_a_later_job_does_not_catch_up_on_the_share_of_earlier_ones() -> None:
    fairness, room = StrideScheduler(), {"a": 99, "b": 99}
    fairness.shares([Demand("x", "a", 99)], 50, room)
    both = fairness.shares([Demand("x", "a", 99), Demand("y", "b", 99)], 10, room)
    assert both == {"x": 5, "y": 5}


def test_jobs_take_turns_when_there_is_one_place_at_a_time() -> None:
    fairness, got = StrideScheduler(), Counter[str]()
    for _ in range(30):
        demands = [Demand(name, name, 99) for name in "abc"]
        got.update(fairness.shares(demands, 1, dict.fromkeys("abc", 99)))
    assert got == {"a": 10, "b": 10, "c": 10}


def test_the_cost_of_a_place_does_not_grow_with_the_waiting_jobs() -> None:
    def steps(jobs: int) -> int:
        demands = [Demand(f"job-{n}", f"tree-{n % 10}", 99) for n in range(jobs)]
        room, fairness = {demand.tree_id: 99 for demand in demands}, StrideScheduler()
        fairness.shares(demands, 0, room)

        def given(places: int) -> int:
            with counted() as found:
                fairness.shares(demands, places, room)
            return found.bytecodes

        return given(256) - given(0)

    assert steps(1_000) <= 1.2 * steps(20)


def test_no_places_are_no_shares() -> None:
    assert StrideScheduler().shares([Demand("x", "a", 9)], 0, {"a": 9}) == {}
    assert StrideScheduler().shares([], 9, {}) == {}


def test_a_throttled_request_halves_the_pace_and_pauses_new_rows() -> None:
    slow = Pace.of(16).throttled(at_ms=100)
    assert (slow.now, slow.wait_ms) == (8, WAIT_MIN_MS)
    assert slow.room(0, 100 + WAIT_MIN_MS - 1) == 0
    assert slow.room(3, 100 + WAIT_MIN_MS) == 5


def test_throttled_requests_that_were_in_flight_together_count_once() -> None:
    slow = Pace.of(16).throttled(at_ms=100)
    assert slow.throttled(at_ms=101) == slow


def test_the_pause_doubles_up_to_a_minute_and_one_row_is_always_tried() -> None:
    pace, at_ms = Pace.of(4), 0
    for _ in range(12):
        pace = pace.throttled(at_ms)
        at_ms = pace.not_before_ms
    assert (pace.now, pace.wait_ms, pace.room(0, at_ms)) == (1, WAIT_MAX_MS, 1)


def test_each_row_that_succeeds_raises_the_pace_by_one_up_to_the_limit() -> None:
    pace = Pace.of(4).throttled(at_ms=0)
    paces = []
    for _ in range(12):
        pace = pace.succeeded()
        paces.append(pace.now)
    assert paces == [3, *[4] * 11]
    assert pace.wait_ms == 0


class SetClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.wall_ms, self.passed_s = 5_000, 7.0

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic(self) -> float:
        return self.passed_s


def test_time_goes_on_from_the_newest_event_also_when_the_clock_is_set_back() -> None:
    clock, newest_at_ms = SetClock(), 9_000
    time = OnwardTime(clock, lambda: newest_at_ms)
    assert time.now_ms() == 9_000  # the log is ahead
    clock.passed_s += 1.5
    assert time.now_ms() == 9_750
    clock.wall_ms = 20_000
    assert time.now_ms() == 20_000
    clock.wall_ms, clock.passed_s = 100, clock.passed_s + 0.5
    assert time.now_ms() == 20_250
    newest_at_ms = 30_000  # recorded while the clock was ahead, and this was not asked
    assert time.now_ms() == 30_000
    clock.passed_s += 1
    assert time.now_ms() == 30_500


def test_time_equals_the_clock_again_once_the_clock_has_caught_up() -> None:
    clock = SetClock()
    time = OnwardTime(clock, lambda: 0)
    assert time.now_ms() == 5_000
    clock.wall_ms = 1_000
    times = []
    for _ in range(9):
        clock.wall_ms, clock.passed_s = clock.wall_ms + 1_000, clock.passed_s + 1
        times.append(time.now_ms())
    assert times == [5_500, 6_000, 6_500, 7_000, 7_500, 8_000, 8_500, 9_000, 10_000]
