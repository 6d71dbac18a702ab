"""Of a test with many values, which ones the fast suite tries."""

from collections import defaultdict
from collections.abc import Iterable

import pytest


def leave_to_slices(items: Iterable[pytest.Item]) -> None:
    """Of the values of each test that is marked `few(n)`, mark all but the first n as slices.

    The first as they are written, however they are shuffled: what this run leaves out, the one of
    the slices does not.
    """
    tests: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("few") and not item.get_closest_marker("slices"):
            tests[item.nodeid.partition("[")[0]].append(item)
    for values in tests.values():
        mark = values[0].get_closest_marker("few")
        for item in sorted(values, key=_place)[mark.args[0] if mark else 0 :]:
            item.add_marker(pytest.mark.slices)


def _place(item: pytest.Item) -> tuple[int, ...]:
    """Where the values of a test stand among those of each of its parameters."""
    callspec = getattr(item, "callspec", None)
    return tuple(callspec.indices.values()) if callspec else ()
