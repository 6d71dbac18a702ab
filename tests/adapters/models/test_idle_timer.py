"""Waits with a limit, and one timer for all of them."""

import asyncio
from collections.abc import Callable

import pytest

from threadhost.adapters.models.idle_timer import IdleTimer


class Clockwork(asyncio.SelectorEventLoop):
    """A loop whose time advances only when a test advances it."""

    now = 1000.0

    def time(self) -> float:
        return self.now

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[[], None], *args: object, **kwargs: object
    ) -> asyncio.TimerHandle:
        self.timers.append((when, callback))
        return asyncio.TimerHandle(when, callback, (), self)

    timers: list[tuple[float, Callable[[], None]]]


@pytest.fixture
def clockwork() -> Clockwork:
    loop = Clockwork()
    loop.timers = []
    loop.close()
    return loop


def test_a_wait_that_reaches_the_limit_fails(clockwork: Clockwork) -> None:
    timer = IdleTimer(2_000)
    first, second = clockwork.create_future(), clockwork.create_future()
    timer.begin(first)
    clockwork.now += 1
    timer.begin(second)
    assert [when for when, _ in clockwork.timers] == [1002.0]

    clockwork.now = 1002.0
    clockwork.timers.pop()[1]()
    assert isinstance(first.exception(), TimeoutError)
    assert not second.done()
    assert [when for when, _ in clockwork.timers] == [1003.0]


def test_many_waits_share_one_timer(clockwork: Clockwork) -> None:
    timer = IdleTimer(2_000)
    for _ in range(100):
        wait = clockwork.create_future()
        timer.begin(wait)
        wait.set_result(None)
        timer.end(wait)
        clockwork.now += 1 / 128
    assert len(clockwork.timers) == 1

    late = clockwork.create_future()
    timer.begin(late)
    clockwork.now = 1002.0
    clockwork.timers.pop()[1]()
    assert not late.done()
    assert [when for when, _ in clockwork.timers] == [1000 + 100 / 128 + 2]


def test_a_wait_that_is_done_is_not_timed_out(clockwork: Clockwork) -> None:
    timer = IdleTimer(2_000)
    wait = clockwork.create_future()
    timer.begin(wait)
    wait.set_result(None)
    clockwork.now = 1002.0
    clockwork.timers.pop()[1]()

    assert wait.result() is None


def test_the_idle_timer_stops_when_there_are_no_waits(clockwork: Clockwork) -> None:
    timer = IdleTimer(2_000)
    wait = clockwork.create_future()
    timer.begin(wait)
    timer.end(wait)
    clockwork.now = 1002.0
    clockwork.timers.pop()[1]()
    assert clockwork.timers == []

    timer.begin(clockwork.create_future())
    assert [when for when, _ in clockwork.timers] == [1004.0]
