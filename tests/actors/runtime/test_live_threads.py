"""Ten thousand live idle threads in one process: their memory, their ears, their end."""

import pytest

from benchmarks.live_threads import in_a_process

MIB_MAX = 150


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ten_thousand_idle_threads_live_in_less_than_150_mib() -> None:
    found = in_a_process("10000")
    assert found["grown_mib"] < MIB_MAX
    assert found["os_threads"] <= 4
    assert found["timed_out"] == 0
    assert found["ask_p50_us"] < 10_000


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_thousand_idle_threads_cost_a_tenth_of_that() -> None:
    found = in_a_process("1000")
    assert found["grown_mib"] < MIB_MAX / 10 * 1.5
    assert found["timed_out"] == 0
