"""What a worker of the fast suite reads: no file of which it runs nothing, and from its own end.

Two workers collect from two ends, so that each rewrites the assertions of half the files for both.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

SLICES = re.compile(r"^pytestmark = pytest\.mark\.slices$", re.MULTILINE)


def is_unread(file: Path, wanted: str) -> bool:
    """Whether nothing in a file of tests is wanted, because all of it is left to the slices."""
    return "not slices" in wanted and bool(SLICES.search(file.read_text()))


class Backwards(pytest.Dir):
    """A folder of which the last is collected first."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        return reversed(list(super().collect()))


def directory(path: Path, parent: pytest.Collector) -> pytest.Dir | None:
    """The folder as this worker collects it; None for as always.

    What is shuffled afterwards comes into one order, whichever it was collected in.
    """
    config = parent.config
    worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
    is_shuffled = config.getoption("randomly_reorganize", default=False)
    if not is_shuffled or int(worker.removeprefix("gw")) % 2 == 0:
        return None
    folder: pytest.Dir = Backwards.from_parent(parent, path=path)
    return folder
