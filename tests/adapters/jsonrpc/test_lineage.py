"""Who hears agents: those who follow a thread above them, whoever was taken up since the start."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from random import Random
from typing import Any, cast

import pytest

from tests.support.operator_lines import logged_line
from tests.support.store import META, started
from threadhost.adapters.jsonrpc import lineage as module
from threadhost.adapters.jsonrpc.lineage import Lineage
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import OutOfResources, StoreFailed
from threadhost.events.store.log import Log
from threadhost.events.words import AGENT_SOURCE
from threadhost.projections import all_views, listing

PARENTS = {"c": "b", "b": "a", "x": "y", "y": "x"}
"""What the view says of agents, of which two claim to be above each other."""


class CountedReads:
    """The view of threads, each read of which is counted, and takes a turn of the loop."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.count = 0

    async def rows(self, query: str, values: Sequence[object]) -> Sequence[Sequence[Any]]:
        self.count += 1
        rows = await self.log.reads.rows(query, values)
        await asyncio.sleep(0)
        return rows


async def add(log: Log, parents: Mapping[str, str]) -> None:
    """Let agents begin."""
    begun = [
        StreamAppend(
            thread_stream(agent_id),
            [started(agent_id, parent_id).model_copy(update={"source": AGENT_SOURCE})],
        )
        for agent_id, parent_id in parents.items()
    ]
    await log.append(*begun, meta=META)


@pytest.fixture
async def reads() -> AsyncIterator[CountedReads]:
    log = Log.in_memory(all_views())
    await log.append(StreamAppend(thread_stream("a"), [started("a")]), meta=META)
    await add(log, PARENTS)
    yield CountedReads(log)
    await log.close()


@pytest.fixture
def lineage(reads: CountedReads) -> Lineage:
    return Lineage(cast("Any", reads))


async def test_the_ancestors_of_an_activated_agent_are_read_once(
    lineage: Lineage, reads: CountedReads
) -> None:
    lineage.belongs("d", "c")
    assert not lineage.is_complete
    await lineage.complete()
    assert lineage.is_complete
    assert list(lineage.ancestors("d")) == ["c", "b", "a"]
    lineage.belongs("e", "c")
    lineage.belongs("f", "a")
    lineage.belongs("g", "d")
    assert lineage.is_complete
    assert reads.count == 1


async def test_a_thread_of_unknown_kind_is_looked_up_once(
    lineage: Lineage, reads: CountedReads
) -> None:
    lineage.belongs("d", "a")
    lineage.may_belong("d")
    await lineage.complete()
    for _ in range(2):
        for thread_id in ("c", "a"):
            lineage.may_belong(thread_id)
        await lineage.complete()
    assert list(lineage.ancestors("c")) == ["b", "a"]
    assert (lineage.is_agent("a"), reads.count) == (False, 2)


async def test_the_ancestors_of_hundreds_of_activated_agents_are_read_in_a_few_reads(
    lineage: Lineage, reads: CountedReads
) -> None:
    leads = {f"lead-{n}": "a" for n in range(4)}
    middle = {f"middle-{n}": f"lead-{n % 4}" for n in range(300)}
    await add(reads.log, leads | middle)
    for number in range(1000):
        lineage.belongs(f"leaf-{number}", f"middle-{number % 300}")
    await lineage.complete()
    assert list(lineage.ancestors("leaf-999")) == ["middle-99", "lead-3", "a"]
    assert reads.count == -(-300 // listing.AT_ONCE_MAX)


async def test_a_cycle_of_parents_is_read_without_an_endless_loop(lineage: Lineage) -> None:
    await lineage.read(["x"])
    assert list(lineage.ancestors("x")) == ["y"]


async def test_two_concurrent_reads_of_the_same_ancestors_both_get_all_of_them(
    lineage: Lineage,
) -> None:
    async def above() -> list[str]:
        await lineage.read(["c"])
        return list(lineage.ancestors("c"))

    async def above_later() -> list[str]:
        await asyncio.sleep(0)
        return await above()

    for found in await asyncio.gather(above(), above_later()):
        assert found == ["b", "a"]


async def test_a_read_of_ancestors_that_fails_halfway_leaves_nothing_marked_as_read(
    lineage: Lineage, reads: CountedReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = reads.rows

    async def failing(*args: Any) -> Any:
        if reads.count:
            raise StoreFailed("it is damaged")
        return await rows(*args)

    monkeypatch.setattr(listing, "AT_ONCE_MAX", 1)
    with monkeypatch.context() as patch:
        patch.setattr(reads, "rows", failing)
        with pytest.raises(StoreFailed):
            await lineage.read(["c", "x"])
    assert list(lineage.ancestors("c")) == []
    await lineage.read(["c"])
    assert list(lineage.ancestors("c")) == ["b", "a"]


async def test_ancestors_read_earlier_are_dropped_when_too_many_are_kept(
    monkeypatch: pytest.MonkeyPatch, lineage: Lineage, reads: CountedReads
) -> None:
    monkeypatch.setattr(module, "READ_MAX", 2)
    for thread_id in ("1", "2", "3", "4", "1"):
        await lineage.read([thread_id])
    assert reads.count == 5
    for thread_id in ("1", "4"):
        await lineage.read([thread_id])
    assert reads.count == 5


async def test_the_ancestors_of_a_deleted_thread_are_dropped(lineage: Lineage) -> None:
    await lineage.read(["c"])
    lineage.forget("b")
    assert (lineage.is_agent("b"), list(lineage.ancestors("c"))) == (False, ["b"])


async def test_the_ancestors_of_a_thread_that_is_deleted_during_the_read_are_dropped(
    lineage: Lineage, reads: CountedReads
) -> None:
    reading = asyncio.create_task(lineage.read(["c"]))
    await asyncio.sleep(0)
    assert reads.count == 1
    lineage.forget("c")
    await reading
    assert (lineage.is_agent("c"), lineage.is_agent("b")) == (False, True)


@pytest.mark.parametrize("seed", range(20))
def test_the_agents_below_a_thread_are_those_whose_ancestors_contain_the_thread(
    lineage: Lineage, seed: int
) -> None:
    rng = Random(seed)
    thread_ids = [str(number) for number in range(30)]
    for _ in range(60):
        lineage.belongs(*rng.sample(thread_ids, 2))  # of some a cycle comes of it
        if rng.random() < 1 / 3:
            lineage.forget(rng.choice(thread_ids))
        above, among = rng.choice(thread_ids), rng.sample(thread_ids, rng.randrange(30))
        found = {t for t in among if t != above and above in lineage.ancestors(t)}
        assert set(lineage.below(above, set(among))) == found


async def test_ancestors_that_are_damaged_are_skipped_and_a_lack_of_files_is_retried(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    lineage: Lineage,
    reads: CountedReads,
) -> None:
    errors: list[Exception] = [OutOfResources("too many open files"), StoreFailed("it is damaged")]

    async def rows(*_: object) -> Any:
        raise errors.pop(0)

    monkeypatch.setattr(reads, "rows", rows)
    lineage.belongs("d", "c")
    with pytest.raises(OutOfResources):
        await lineage.complete()
    assert not lineage.is_complete
    await lineage.complete()
    assert lineage.is_complete
    assert logged_line(caplog, "host.goes_without")["fault"] == "StoreFailed"
