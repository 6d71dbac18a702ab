"""What the fast suite leaves out is left to the slices, and every failure is reported."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import collecting
from tests.support.few import leave_to_slices
from tests.support.quiet_workers import sparing


class Item:
    """As much of a collected test as it takes."""

    def __init__(self, nodeid: str, *marks: pytest.MarkDecorator) -> None:
        self.nodeid = nodeid
        self.marks = {mark.name: mark.mark for mark in marks}
        self.callspec = SimpleNamespace(indices={"value": int(nodeid.split("[")[1].rstrip("]"))})

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


def test_what_is_left_out_is_the_same_however_the_values_are_shuffled() -> None:
    names = [f"a[{number}]" for number in range(5)]
    for order in (names, names[::-1], sorted(names, key=hash)):
        items: list[Any] = [Item(name, FEW) for name in order]
        leave_to_slices(items)
        left = sorted(item.nodeid for item in items if "slices" in item.marks)
        assert left == ["a[2]", "a[3]", "a[4]"]


class Config:
    """As much of pytest's configuration as it takes."""

    def __init__(self, worker: str, *, is_shuffled: bool) -> None:
        self.workerinput = {"workerid": worker}
        self._is_shuffled = is_shuffled

    def getoption(self, name: str, default: object) -> object:
        return self._is_shuffled if name == "randomly_reorganize" else default


def test_every_second_worker_collects_from_the_end_if_the_order_is_another_one_anyway() -> None:
    def is_from_the_end(worker: str, *, is_shuffled: bool = True) -> bool:
        config: Any = Config(worker, is_shuffled=is_shuffled)
        return collecting.is_from_the_end(config)

    assert [is_from_the_end(f"gw{number}") for number in range(4)] == [False, True] * 2
    assert not is_from_the_end("gw1", is_shuffled=False)


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
