"""What a worker of the fast suite reads: no file of which it runs nothing, and from its own end.

Two workers collect from two ends, so that each rewrites the assertions of half the files for both.
"""

import re
from pathlib import Path

import pytest

ALL = re.compile(r"^pytestmark = pytest\.mark\.(\w+)$", re.MULTILINE)
TEST = re.compile(r"^((?:@.*\n(?:[ )].*\n)*)*)(?:(?:async )?def test_|class Test)", re.MULTILINE)
"""Where a test, or a class of tests, begins, with what decorates it."""
MARK = re.compile(r"^@pytest\.mark\.(\w+)", re.MULTILINE)
UNWANTED = re.compile(r"\bnot (\w+)")


def is_unread(file: Path, wanted: str) -> bool:
    """Whether nothing in a file of tests is wanted: all of it, or each test, has another mark.

    Where what is wanted is not told by single marks that are not, each file is read.
    """
    if " or " in wanted:
        return False
    unwanted, text = set(UNWANTED.findall(wanted)), file.read_text()
    tests = TEST.findall(text)
    return not unwanted.isdisjoint(ALL.findall(text)) or (
        bool(tests) and all(not unwanted.isdisjoint(MARK.findall(marks)) for marks in tests)
    )


def is_from_the_end(config: pytest.Config) -> bool:
    """Whether this process collects each folder from its end, as every second worker does.

    What is shuffled afterwards comes into one order, whichever it was collected in.
    """
    worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
    is_shuffled = config.getoption("randomly_reorganize", default=False)
    return bool(is_shuffled) and int(worker.removeprefix("gw")) % 2 == 1
