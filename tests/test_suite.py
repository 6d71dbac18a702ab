"""What the fast suite leaves out is left to the slices, and every failure is reported."""

import inspect
import random
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import collecting
from tests.support.each import each
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


def test_the_cases_left_to_slices_do_not_depend_on_their_order() -> None:
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


def test_every_second_worker_collects_in_reverse_if_tests_are_shuffled() -> None:
    def is_from_the_end(worker: str, *, is_shuffled: bool = True) -> bool:
        config: Any = Config(worker, is_shuffled=is_shuffled)
        return collecting.is_from_the_end(config)

    assert [is_from_the_end(f"gw{number}") for number in range(4)] == [False, True] * 2
    assert not is_from_the_end("gw1", is_shuffled=False)


SLICED = """
@pytest.mark.slices
@pytest.mark.parametrize(
    ("a", "b"),
    [(1, 2)],
)
async def test_a(a: int, b: int) -> None:
    ...
"""
SLOW = """
@pytest.mark.parametrize("a", [1])
@pytest.mark.slow
def test_c(a: int) -> None:
    ...
"""


@pytest.mark.parametrize(
    ("line", "wanted", "is_unread"),
    [
        ("pytestmark = pytest.mark.slices", "not slow and not slices", True),
        ("pytestmark = pytest.mark.slices", "slices", False),
        ("pytestmark = pytest.mark.slices", "not clients", False),
        ("@pytest.mark.slices", "not slices", False),
        (f"{SLICED}\n{SLOW}", "not slow and not slices", True),
        (f"{SLICED}\n{SLOW}", "not slices", False),
        (f"{SLICED}\n{SLOW}", "slow or slices", False),
        (f"{SLICED}\n{SLOW}", "not slow and not slices or house", False),
        (f"{SLICED}\n\ndef test_b() -> None:\n    ...", "not slices", False),
        (f"{SLICED}\n\nclass TestB(Contract):\n    ...", "not slices", False),
    ],
)
def test_a_file_of_which_no_test_is_wanted_is_not_read(
    tmp_path: Path, line: str, wanted: str, *, is_unread: bool
) -> None:
    file = tmp_path / "test_all.py"
    file.write_text(f"import pytest\n\n{line}\n")
    assert collecting.is_unread(file, wanted) is is_unread


def report(when: str, outcome: str, *sections: tuple[str, str]) -> dict[str, Any]:
    return {"when": when, "outcome": outcome, "sections": list(sections)}


@each(
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
def test_a_test_report_with_a_failure_a_skip_or_output_is_sent(heard: dict[str, Any]) -> None:
    sent: list[tuple[str, Any]] = []
    sparing(lambda name, **said: sent.append((name, said["data"])))("testreport", data=heard)
    assert sent == [("testreport", heard)]


def test_a_report_that_a_test_began_or_ended_is_not_sent() -> None:
    sent: list[str] = []
    send = sparing(lambda name, **_: sent.append(name))
    for when in ("setup", "teardown"):
        send("testreport", data=report(when, "passed"))
    send("logstart", nodeid="a")
    send("logfinish", nodeid="a")
    send("runtest_protocol_complete", item_index=0)
    assert sent == ["runtest_protocol_complete"]


def test_a_table_of_cases_is_tried_to_its_end_and_each_that_fails_is_named() -> None:
    tried: list[int] = []

    @each("number", range(9))
    def test(number: int, least: int) -> None:
        tried.append(number)
        assert number >= least, f"{number} is too small"

    with pytest.raises(
        ExceptionGroup, match=r"2 of 9 cases fail: \[\d: \d\], \[\d: \d\]"
    ) as failed:
        test(least=2)
    assert sorted(tried) == list(range(9))
    words = {str(one): one.__notes__ for one in failed.value.exceptions}
    assert {text.partition("\n")[0] for text in words} == {"0 is too small", "1 is too small"}
    assert sorted(words.values()) == [[f"this is the case [{n}: {n}]"] for n in range(2)]


def test_cases_of_a_table_come_in_an_order_of_the_seed() -> None:
    tried: list[int] = []

    @each("number", range(99))
    def test(number: int) -> None:
        tried.append(number)

    random.seed(7)
    test()
    random.seed(7)
    test()
    assert tried[:99] == tried[99:] != list(range(99))


def test_a_table_names_its_cases_and_keeps_the_other_parameters_as_fixtures() -> None:
    def test(number: int, name: str, fixture: int) -> None:
        raise ArithmeticError

    for ids, title in ((["first"], "first"), (None, "0: 7, a"), (str.upper, "0: A, B")):
        row = ("a", "b") if callable(ids) else (7, "a")
        table = each(("number", "name"), [row], ids=ids)(test)
        assert list(inspect.signature(table).parameters) == ["fixture"]
        with pytest.raises(ExceptionGroup) as failed:
            table(fixture=1)
        assert failed.value.exceptions[0].__notes__ == [f"this is the case [{title}]"]


def test_a_time_that_is_up_ends_a_table_and_its_case_is_named() -> None:
    tried: list[int] = []

    @each("number", range(9))
    def test(number: int) -> None:
        tried.append(number)
        pytest.fail("Timeout")

    with pytest.raises(pytest.fail.Exception, match="Timeout") as ended:
        test()
    [number] = tried
    assert ended.value.__notes__ == [f"this is the case [{number}: {number}]"]


def test_no_case_of_a_table_skips_the_others() -> None:
    @each("number", range(9))
    def test(number: int) -> None:
        pytest.skip("not here")

    with pytest.raises((RuntimeError, pytest.skip.Exception)) as ended:
        test()
    assert re.fullmatch(r"the case \[\d: \d\] would skip all others", str(ended.value))


def test_a_table_without_values_is_refused() -> None:
    async def test(number: int) -> None: ...

    with pytest.raises(ValueError, match="no values for number"):
        each("number", [])
    with pytest.raises(TypeError, match="values for number have names or marks"):
        each("number", [1, pytest.param(2, marks=SLICES)])
    with pytest.raises(TypeError, match="test would not be awaited"):
        each("number", [1])(test)  # type: ignore[arg-type]
