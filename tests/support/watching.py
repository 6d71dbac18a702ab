"""Waiting in a test for what another thread or process does, without a fixed time."""

from collections.abc import Callable
from time import monotonic, sleep

WAIT_S = 20
LOOK_AGAIN_S = 0.01


def until(true: Callable[[], object]) -> None:
    """Wait until it is true. Raises AssertionError if that takes far too long."""
    end = monotonic() + WAIT_S
    while not true():
        assert monotonic() < end, "it never came"
        sleep(LOOK_AGAIN_S)
