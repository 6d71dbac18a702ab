"""Who hears agents: those who follow a thread above them, whoever was taken up since the start."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from tests.support.told import told
from threadhost.adapters.jsonrpc import lineage as module
from threadhost.adapters.jsonrpc.lineage import Lineage
from threadhost.events.store.errors import OutOfResources, StoreFailed
from threadhost.events.words import AGENT_SOURCE
from threadhost.projections import listing

PARENTS = {"c": "b", "b": "a", "x": "y", "y": "x"}
"""What the view says of agents, of which two claim to be above each other."""


class Row:
    """As much of a thread's row as is looked at."""

    def __init__(self, thread_id: str) -> None:
        self.id = thread_id
        self.parent_id = PARENTS.get(thread_id)
        self.source = AGENT_SOURCE if self.parent_id else "appServer"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The threads of which rows are read, read by read."""
    reads: list[list[str]] = []

    async def rows(_: object, thread_ids: Sequence[str]) -> list[Row]:
        reads.append(sorted(thread_ids))
        return [Row(thread_id) for thread_id in thread_ids]

    monkeypatch.setattr(listing, "thread_rows", rows)
    return reads


def lineage() -> Lineage:
    return Lineage(cast("Any", None))


async def test_what_stands_above_an_agent_that_is_taken_up_is_read_once(
    asked: list[list[str]],
) -> None:
    known = lineage()
    known.belongs("d", "c")
    assert not known.is_complete
    await known.complete()
    assert known.is_complete
    assert list(known.ancestors("d")) == ["c", "b", "a"]
    known.belongs("e", "c")
    known.belongs("f", "a")
    assert known.is_complete
    assert asked == [["c"], ["b"], ["a"]]


@pytest.mark.usefixtures("asked")
async def test_threads_that_claim_to_be_above_each_other_hold_nobody_up() -> None:
    known = lineage()
    await known.read(["x"])
    assert list(known.ancestors("x")) == ["y"]


@pytest.mark.usefixtures("asked")
async def test_what_was_read_is_forgotten_before_it_is_too_much(
    monkeypatch: pytest.MonkeyPatch, asked: list[list[str]]
) -> None:
    monkeypatch.setattr(module, "READ_MAX", 2)
    known = lineage()
    for thread_id in ("1", "2", "3", "4", "1"):
        await known.read([thread_id])
    assert asked == [["1"], ["2"], ["3"], ["4"], ["1"]]
    await known.read(["1"])
    assert len(asked) == 5


@pytest.mark.usefixtures("asked")
async def test_of_a_thread_that_is_deleted_nothing_is_kept() -> None:
    known = lineage()
    await known.read(["c"])
    known.forget("b")
    assert (known.is_agent("b"), list(known.ancestors("c"))) == (False, ["b"])


async def test_what_cannot_be_read_is_gone_without_and_what_is_scarce_is_read_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[Exception] = [OutOfResources("too many open files"), StoreFailed("it is damaged")]

    async def rows(*_: object) -> list[Row]:
        raise errors.pop(0)

    monkeypatch.setattr(listing, "thread_rows", rows)
    known = lineage()
    known.belongs("d", "c")
    with pytest.raises(OutOfResources):
        await known.complete()
    assert not known.is_complete
    await known.complete()
    assert known.is_complete
    assert told(caplog, "host.goes_without")["fault"] == "StoreFailed"
