"""Patience with a model: what is progress, when it is slow, when it is over."""

import asyncio
from contextlib import ExitStack
from random import Random

from tests.scoreboard.seeded_loop import run_seeded
from threadhost.actors.models import CallLimits
from threadhost.actors.runtime.progress_timer import ProgressTimer

S = 1_000
LIMITS = CallLimits(idle_timeout_ms=10 * S, response_timeout_ms=100 * S, slow_after_ms=4 * S)
Told = list[tuple[int, str]]


def watched(
    limits: CallLimits,
    *progress_s: int,
    held_s: tuple[int, int] = (0, 0),
    until_s: int = 300,
    closed_at_s: int = 0,
) -> Told:
    """What is told when progress is made at these seconds, and taking one in lasts for so long."""
    told: Told = []

    async def work() -> None:
        loop = asyncio.get_running_loop()
        over = loop.create_future()

        def at() -> int:
            return round(loop.time())

        patience = ProgressTimer(
            limits,
            lambda: told.append((at(), "slow")),
            lambda why: told.append((at(), why)),
        )

        def progress() -> None:
            with patience.held():
                pass

        holding = ExitStack()
        for second in progress_s:
            loop.call_at(second, progress)
        if held_s != (0, 0):
            loop.call_at(held_s[0], lambda: holding.enter_context(patience.held()))
            loop.call_at(held_s[1], holding.close)
        if closed_at_s:
            loop.call_at(closed_at_s, patience.close)
        loop.call_at(until_s, over.set_result, None)
        await over
        patience.close()

    run_seeded(work, Random(1))
    return told


IDLE = "the model made no progress for 10000 ms (stream_idle_timeout_ms)"
TOO_LONG = "the model's answer did not end within 100000 ms (response_timeout_ms)"


def test_a_model_without_output_is_slow_and_then_times_out() -> None:
    assert watched(LIMITS) == [(4, "slow"), (10, IDLE)]


def test_progress_restarts_the_wait() -> None:
    assert watched(LIMITS, 3, 6, 9) == [(13, "slow"), (19, IDLE)]


def test_a_slow_model_is_reported_once_until_it_makes_progress() -> None:
    assert watched(LIMITS, 9, 12) == [(4, "slow"), (16, "slow"), (22, IDLE)]


def test_an_endless_answer_times_out_at_its_limit() -> None:
    assert watched(LIMITS, *range(2, 300, 2)) == [(100, TOO_LONG)]


def test_zero_is_no_limit() -> None:
    assert watched(CallLimits(idle_timeout_ms=0, response_timeout_ms=0, slow_after_ms=0)) == []
    assert watched(LIMITS._replace(idle_timeout_ms=0)) == [(4, "slow"), (100, TOO_LONG)]
    assert watched(LIMITS._replace(slow_after_ms=0)) == [(10, IDLE)]


def test_the_clock_of_the_model_stands_while_the_host_processes_an_event() -> None:
    assert watched(LIMITS, held_s=(3, 60)) == [(64, "slow"), (70, IDLE)]
    assert watched(LIMITS, held_s=(3, 200)) == [(100, TOO_LONG)]


def test_a_closed_call_is_not_reported() -> None:
    assert watched(LIMITS, closed_at_s=3) == []
    assert watched(LIMITS, closed_at_s=9) == [(4, "slow")]
