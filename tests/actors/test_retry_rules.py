"""When a failed call is made again: how long to wait, how often, and when not at all."""

import pytest

from threadhost.actors.models import CallLimits
from threadhost.actors.response import Failure
from threadhost.actors.retry import FIRST_WAIT_MS, wait_ms

LIMITS = CallLimits(request_retries_max=3, stream_retries_max=2, retry_wait_max_ms=1_000)
REFUSED = Failure("busy", "serverOverloaded", 503, is_transient=True)
BROKEN = Failure("gone", "responseStreamDisconnected", is_transient=True)
LAST = 0.999_999


@pytest.mark.parametrize(
    ("failure", "retries"), [(REFUSED, 3), (BROKEN, 2), (REFUSED._replace(is_transient=False), 0)]
)
def test_only_a_transient_failure_is_retried_and_only_up_to_its_limit(
    failure: Failure, retries: int
) -> None:
    waits = [wait_ms(failure, failed, LIMITS, 0.5) for failed in range(5)]
    assert [wait is not None for wait in waits] == [n < retries for n in range(5)]


@pytest.mark.parametrize("failure", [REFUSED, BROKEN])
def test_without_retries_nothing_is_tried_again(failure: Failure) -> None:
    assert wait_ms(failure, 0, CallLimits(0, 0), 0.5) is None


def test_the_longest_wait_doubles_with_each_failure_up_to_the_limit() -> None:
    often = LIMITS._replace(request_retries_max=10**6)
    longest = [wait_ms(REFUSED, failed, often, LAST) for failed in (0, 1, 2, 3, 4, 100_000)]
    assert longest == [FIRST_WAIT_MS, 2 * FIRST_WAIT_MS, 4 * FIRST_WAIT_MS, 1_000, 1_000, 1_000]


def test_the_wait_is_drawn_from_all_up_to_the_longest() -> None:
    assert [wait_ms(REFUSED, 1, LIMITS, chance) for chance in (0.0, 0.25, 0.5)] == [1, 101, 201]


def test_a_wait_that_the_provider_asks_for_is_kept() -> None:
    assert wait_ms(REFUSED._replace(retry_after_ms=900), 0, LIMITS, 0.0) == 900
    assert wait_ms(REFUSED._replace(retry_after_ms=1_000), 0, LIMITS, LAST) == 1_000
    assert wait_ms(REFUSED._replace(retry_after_ms=10), 0, LIMITS, 0.5) == 101
    assert wait_ms(REFUSED._replace(retry_after_ms=0), 0, LIMITS, 0.0) == 1


def test_a_call_is_given_up_when_the_provider_asks_for_a_longer_wait_than_the_limit() -> None:
    assert wait_ms(REFUSED._replace(retry_after_ms=1_001), 0, LIMITS, 0.5) is None


def test_a_host_that_does_not_wait_tries_again_at_once() -> None:
    assert wait_ms(REFUSED, 0, LIMITS._replace(retry_wait_max_ms=0), 0.5) == 1
