"""Who hears agents: those who follow a thread above them, whoever was taken up since the start."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from random import Random
from typing import Any, cast

import pytest

from tests.support.store import META, started
from tests.support.told import told
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
def known(reads: CountedReads) -> Lineage:
    return Lineage(cast("Any", reads))


async def test_what_stands_above_an_agent_that_is_activated_is_read_once_and_at_once(
    known: Lineage, reads: CountedReads
) -> None:
    known.belongs("d", "c")
    assert not known.is_complete
    await known.complete()
    assert known.is_complete
    assert list(known.ancestors("d")) == ["c", "b", "a"]
    known.belongs("e", "c")
    known.belongs("f", "a")
    known.belongs("g", "d")
    assert known.is_complete
    assert reads.count == 1


async def test_a_thread_that_does_not_say_whether_it_is_an_agent_is_looked_up_once(
    known: Lineage, reads: CountedReads
) -> None:
    known.belongs("d", "a")
    known.may_belong("d")
    await known.complete()
    for _ in range(2):
        for thread_id in ("c", "a"):
            known.may_belong(thread_id)
        await known.complete()
    assert list(known.ancestors("c")) == ["b", "a"]
    assert (known.is_agent("a"), reads.count) == (False, 2)


async def test_of_hundreds_of_agents_that_are_activated_together_all_is_read_in_a_few_reads(
    known: Lineage, reads: CountedReads
) -> None:
    leads = {f"lead-{n}": "a" for n in range(4)}
    middle = {f"middle-{n}": f"lead-{n % 4}" for n in range(300)}
    await add(reads.log, leads | middle)
    for number in range(1000):
        known.belongs(f"leaf-{number}", f"middle-{number % 300}")
    await known.complete()
    assert list(known.ancestors("leaf-999")) == ["middle-99", "lead-3", "a"]
    assert reads.count == -(-300 // listing.AT_ONCE_MAX)


async def test_threads_that_claim_to_be_above_each_other_hold_nobody_up(known: Lineage) -> None:
    await known.read(["x"])
    assert list(known.ancestors("x")) == ["y"]


async def test_of_two_who_read_the_same_at_once_neither_goes_on_with_half_of_it(
    known: Lineage,
) -> None:
    async def above() -> list[str]:
        await known.read(["c"])
        return list(known.ancestors("c"))

    async def above_later() -> list[str]:
        await asyncio.sleep(0)
        return await above()

    for found in await asyncio.gather(above(), above_later()):
        assert found == ["b", "a"]


async def test_of_what_could_be_read_in_part_nothing_counts_as_read(
    known: Lineage, reads: CountedReads, monkeypatch: pytest.MonkeyPatch
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
            await known.read(["c", "x"])
    assert list(known.ancestors("c")) == []
    await known.read(["c"])
    assert list(known.ancestors("c")) == ["b", "a"]


async def test_what_was_read_is_forgotten_before_it_is_too_much(
    monkeypatch: pytest.MonkeyPatch, known: Lineage, reads: CountedReads
) -> None:
    monkeypatch.setattr(module, "READ_MAX", 2)
    for thread_id in ("1", "2", "3", "4", "1"):
        await known.read([thread_id])
    assert reads.count == 5
    for thread_id in ("1", "4"):
        await known.read([thread_id])
    assert reads.count == 5


async def test_of_a_thread_that_is_deleted_nothing_is_kept(known: Lineage) -> None:
    await known.read(["c"])
    known.forget("b")
    assert (known.is_agent("b"), list(known.ancestors("c"))) == (False, ["b"])


async def test_nothing_is_kept_of_a_thread_either_that_is_deleted_while_it_is_read(
    known: Lineage, reads: CountedReads
) -> None:
    reading = asyncio.create_task(known.read(["c"]))
    await asyncio.sleep(0)
    assert reads.count == 1
    known.forget("c")
    await reading
    assert (known.is_agent("c"), known.is_agent("b")) == (False, True)


@pytest.mark.parametrize("seed", range(20))
def test_the_agents_below_a_thread_are_those_that_it_is_above(known: Lineage, seed: int) -> None:
    rng = Random(seed)
    thread_ids = [str(number) for number in range(30)]
    for _ in range(60):
        known.belongs(*rng.sample(thread_ids, 2))  # of some a cycle comes of it
        if rng.random() < 1 / 3:
            known.forget(rng.choice(thread_ids))
        above, among = rng.choice(thread_ids), rng.sample(thread_ids, rng.randrange(30))
        found = {t for t in among if t != above and above in known.ancestors(t)}
        assert set(known.below(above, set(among))) == found


async def test_what_cannot_be_read_is_gone_without_and_what_is_scarce_is_read_later(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    known: Lineage,
    reads: CountedReads,
) -> None:
    errors: list[Exception] = [OutOfResources("too many open files"), StoreFailed("it is damaged")]

    async def rows(*_: object) -> Any:
        raise errors.pop(0)

    monkeypatch.setattr(reads, "rows", rows)
    known.belongs("d", "c")
    with pytest.raises(OutOfResources):
        await known.complete()
    assert not known.is_complete
    await known.complete()
    assert known.is_complete
    assert told(caplog, "host.goes_without")["fault"] == "StoreFailed"
