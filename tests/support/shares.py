"""Long sweeps in two shares: what each change is tried with, and all the rest."""

import pytest


def shared_out(count: int, of_slices: int) -> list[object]:
    """The numbers below `count`: the first for `make test-slices`, all others for `test-slow`."""
    return [
        pytest.param(number, marks=pytest.mark.slices if number < of_slices else pytest.mark.slow)
        for number in range(count)
    ]
