"""Bounds in milliseconds: as wide as the machine is slow, never left out, of all that is done."""

from time import thread_time

import pytest

from tests.support import slowness
from tests.support.bystander import bystander
from tests.support.each import each


def taking(monkeypatch: pytest.MonkeyPatch, control_ms: float) -> None:
    """On a machine on which the control takes as long as that."""
    monkeypatch.setattr(slowness, "control_ms", lambda: control_ms)


@each("usual, slow", [(0.1, 1.0), (1, 1.0), (1.5, 1.5), (20, 20.0)])
def test_a_machine_is_as_slow_as_its_control_but_never_fast(
    usual: float, slow: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking(monkeypatch, usual * slowness.USUAL_MS)
    assert slowness.slowness() == slow


def test_a_bound_is_wider_on_a_slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    taking(monkeypatch, 3 * slowness.USUAL_MS)
    slowness.require_below(149, 50)


@each("usual, took_ms", [(1, 50), (3, 150), (20, 1000)])
def test_an_operation_slower_than_its_scaled_bound_fails(
    usual: float, took_ms: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking(monkeypatch, usual * slowness.USUAL_MS)
    with pytest.raises(AssertionError, match=rf"takes {usual}\.0 times"):
        slowness.require_below(took_ms, 50)


def test_the_control_is_work() -> None:
    assert slowness.control_ms() > 1


async def test_a_bystander_measures_work_that_blocks_the_loop() -> None:
    async with bystander() as seen:
        until = thread_time() + 0.02
        while thread_time() < until:
            pass
    assert seen.longest_ms >= 20
