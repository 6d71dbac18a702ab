"""What a worker of the fast suite reads: no file of which it runs nothing, and from its own end.

Two workers collect from two ends, so that each rewrites the assertions of half the files for both.
"""

import re
from pathlib import Path

import pytest

SLICES = re.compile(r"^pytestmark = pytest\.mark\.slices$", re.MULTILINE)


def is_unread(file: Path, wanted: str) -> bool:
    """Whether nothing in a file of tests is wanted, because all of it is left to the slices."""
    return "not slices" in wanted and bool(SLICES.search(file.read_text()))


def is_from_the_end(config: pytest.Config) -> bool:
    """Whether this process collects each folder from its end, as every second worker does.

    What is shuffled afterwards comes into one order, whichever it was collected in.
    """
    worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
    is_shuffled = config.getoption("randomly_reorganize", default=False)
    return bool(is_shuffled) and int(worker.removeprefix("gw")) % 2 == 1
