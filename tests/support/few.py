"""Of a test with many values, which ones the fast suite tries."""

from collections import Counter
from collections.abc import Iterable

import pytest


def leave_to_slices(items: Iterable[pytest.Item]) -> None:
    """Of the values of each test that is marked `few(n)`, mark all but the first n as slices."""
    seen: Counter[str] = Counter()
    for item in items:
        mark = item.get_closest_marker("few")
        if mark is not None and item.get_closest_marker("slices") is None:
            test = item.nodeid.partition("[")[0]
            seen[test] += 1
            if seen[test] > mark.args[0]:
                item.add_marker(pytest.mark.slices)
