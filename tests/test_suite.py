"""What the fast suite leaves out is left to the slices, and every failure is reported."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from tests.support import collecting
from tests.support.collecting import Backwards, directory
from tests.support.few import leave_to_slices
from tests.support.quiet_workers import sparing


class Item:
    """As much of a collected test as it takes."""

    def __init__(self, nodeid: str, *marks: pytest.MarkDecorator) -> None:
        self.nodeid = nodeid
        self.marks = {mark.name: mark.mark for mark in marks}

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self.marks.get(name)

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        self.marks[mark.name] = mark.mark


FEW = pytest.mark.few(2)
SLICES = pytest.mark.slices


def test_all_values_but_a_few_of_each_test_are_slices_and_those_that_were_do_not_count() -> None:
    names = ("a[1]", "b[1]", "a[2]", "a[3]", "a[4]")
    items: list[Any] = [Item("a[0]", FEW, SLICES), *(Item(name, FEW) for name in names)]
    items.append(Item("c[0]"))
    leave_to_slices(items)
    left = [item.nodeid for item in items if "slices" in item.marks]
    assert left == ["a[0]", "a[3]", "a[4]"]


class Config:
    """As much of pytest's configuration as it takes."""

    def __init__(self, worker: str, *, is_shuffled: bool) -> None:
        self.workerinput = {"workerid": worker}
        self._is_shuffled = is_shuffled

    def getoption(self, name: str, default: object) -> object:
        return self._is_shuffled if name == "randomly_reorganize" else default


def folder_of(worker: str, *, is_shuffled: bool = True) -> Any:
    parent: Any = SimpleNamespace(config=Config(worker, is_shuffled=is_shuffled))
    with patch.object(Backwards, "from_parent", lambda _parent, path: path):
        return directory(Path("somewhere"), parent)


def test_every_second_worker_collects_from_the_end_if_the_order_is_another_one_anyway() -> None:
    collected = [folder_of(f"gw{number}") for number in range(4)]
    assert collected == [None, Path("somewhere")] * 2
    assert folder_of("gw1", is_shuffled=False) is None


@pytest.mark.parametrize(
    ("line", "wanted", "is_unread"),
    [
        ("pytestmark = pytest.mark.slices", "not slow and not slices", True),
        ("pytestmark = pytest.mark.slices", "slices", False),
        ("@pytest.mark.slices", "not slices", False),
    ],
)
def test_a_file_that_is_all_slices_is_not_read_where_none_is_wanted(
    tmp_path: Path, line: str, wanted: str, *, is_unread: bool
) -> None:
    file = tmp_path / "test_all.py"
    file.write_text(f"import pytest\n\n{line}\n")
    assert collecting.is_unread(file, wanted) is is_unread


def test_a_folder_is_collected_from_the_end() -> None:
    with patch.object(pytest.Dir, "collect", lambda _: iter("abc")):
        assert list(Backwards.collect(Backwards.__new__(Backwards))) == [*"cba"]


def report(when: str, outcome: str, *sections: tuple[str, str]) -> dict[str, Any]:
    return {"when": when, "outcome": outcome, "sections": list(sections)}


@pytest.mark.parametrize(
    "heard",
    [
        report("call", "passed"),
        report("call", "failed"),
        report("setup", "failed"),
        report("setup", "skipped"),
        report("teardown", "failed"),
        report("teardown", "passed", ("Captured stdout", "words")),
    ],
    ids=str,
)
def test_what_says_more_than_that_a_test_began_or_ended_is_reported(heard: dict[str, Any]) -> None:
    sent: list[tuple[str, Any]] = []
    sparing(lambda name, **said: sent.append((name, said["data"])))("testreport", data=heard)
    assert sent == [("testreport", heard)]


def test_that_a_test_began_and_ended_is_not() -> None:
    sent: list[str] = []
    send = sparing(lambda name, **_: sent.append(name))
    for when in ("setup", "teardown"):
        send("testreport", data=report(when, "passed"))
    send("logstart", nodeid="a")
    send("logfinish", nodeid="a")
    send("runtest_protocol_complete", item_index=0)
    assert sent == ["runtest_protocol_complete"]
