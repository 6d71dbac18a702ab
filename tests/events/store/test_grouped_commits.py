"""What has gathered is carried out as one, and comes out as if each had been done by itself."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.store import (
    META,
    Fussy,
    Gate,
    NoViews,
    at,
    deleted,
    message,
    now,
    opened,
    renamed,
    started,
)
from threadhost.events.base import Recorded
from threadhost.events.store.committer import Appended, Idempotency, InlineViews, StreamAppend
from threadhost.events.store.errors import IdempotencyKeyReused, StreamFenced, WrongExpectedVersion
from threadhost.events.store.log import Log
from threadhost.events.store.port import Tx
from threadhost.events.store.snapshots import Snapshot
from threadhost.events.thread import ThreadDeleted, ThreadDraining, ThreadStopped
from threadhost.events.tree import DeletionTarget, TreeDeletionPlanned

THREADS = "abcdef"
DRAINING = ThreadDraining(reason="idle")


def stream(name: str) -> str:
    return f"thread-{name}"


def said(name: str, *texts: str, after: int | None = None) -> StreamAppend:
    return StreamAppend(stream(name), [message(text) for text in texts], after)


class Counted(Fussy):
    """Views that count how often they are asked, and of how many events at once."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def apply(self, tx: Tx, recorded: Sequence[Recorded]) -> Mapping[str, int]:
        self.asked.append(len(recorded))
        return super().apply(tx, recorded)


@asynccontextmanager
async def with_threads(home: Path, views: InlineViews | None = None) -> AsyncIterator[Log]:
    async with opened(home, views) as log:
        for name in THREADS:
            await log.append(StreamAppend(stream(name), [started(name)]), meta=META)
        yield log


async def gathered(
    log: Log, *appends: StreamAppend, keys: Mapping[int, Idempotency] | None = None
) -> list[Appended | BaseException]:
    """What became of appends that waited together while the writer was busy with another."""
    gate = Gate()
    first = asyncio.ensure_future(log.append(said("f", "first"), meta=META))
    await gate.closed()
    waiting = [
        asyncio.ensure_future(log.append(one, meta=META, idempotency=(keys or {}).get(number)))
        for number, one in enumerate(appends)
    ]
    await asyncio.sleep(0)  # each is encoded and in the writer's queue
    gate.open()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_appends_of_one_batch_are_applied_to_the_views_at_once(home: Path) -> None:
    views = Counted()
    async with with_threads(home, views) as log:
        views.asked.clear()
        done = await gathered(log, said("a", "1", "2"), said("b", "3"), said("a", "4"))
    assert views.asked == [1, 4]
    recorded = [one.recorded for one in done if isinstance(one, Appended)]
    assert [[fact.version for fact in some] for some in recorded] == [[2, 3], [2], [4]]
    assert [[fact.decision for fact in some] for some in recorded] == [[8, 8], [10], [11]]


async def test_a_batch_writes_the_same_log_as_single_appends(home: Path, tmp_path: Path) -> None:
    appends = [said("a", "1", "2"), said("b", "3", after=1), said("a", "4", after=3)]
    apart = tmp_path / "apart"
    apart.mkdir()
    async with with_threads(home) as log, with_threads(apart) as other:
        await gathered(log, *appends)
        await other.append(said("f", "first"), meta=META)
        for one in appends:
            await other.append(one, meta=META)
        read, alone = now(log.read(0, 99)), now(other.read(0, 99))
    assert [fact._replace(chain=b"") for fact in read] == [
        fact._replace(chain=b"") for fact in alone
    ]


@pytest.mark.few(2)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_refused_append_does_not_fail_the_others_of_its_batch(
    home: Path, place: int
) -> None:
    appends = [said("a", "1"), said("b", "2"), said("a", "3")]
    appends.insert(place, said("c", "too late", after=7))
    async with with_threads(home) as log:
        done = await gathered(log, *appends)
        assert isinstance(done.pop(place), WrongExpectedVersion)
        recorded = [one.recorded[0] for one in done if isinstance(one, Appended)]
        assert [(fact.position, fact.version) for fact in recorded] == [(8, 2), (9, 2), (10, 3)]
        assert (await log.append(said("c", "in time", after=1), meta=META)).recorded[0].version == 2


async def test_a_view_that_fails_for_one_append_does_not_fail_the_others_of_its_batch(
    home: Path,
) -> None:
    bad = StreamAppend(stream("c"), [renamed("bad")])
    async with with_threads(home, Fussy()) as log:
        done = await gathered(log, said("a", "1"), bad, said("b", "2"))
        assert [type(one) for one in done] == [Appended, ArithmeticError, Appended]
        assert [fact.version for fact in now(log.read_stream(stream("c")))] == [1]
        assert [fact.position for fact in now(log.read(7, 99))] == [8, 9]


async def test_a_request_twice_in_a_batch_is_carried_out_once(home: Path) -> None:
    key, other = Idempotency.of("key", b"request"), Idempotency.of("key", b"another")
    keys = {0: key, 1: key, 2: other}
    async with with_threads(home) as log:
        first, again, reused = await gathered(log, *[said("a", "1")] * 3, keys=keys)
        assert isinstance(first, Appended)
        assert isinstance(again, Appended)
        assert (first.replayed, again.replayed) == (False, True)
        assert isinstance(reused, IdempotencyKeyReused)
        assert len(now(log.read_stream(stream("a")))) == 2


async def test_a_key_of_a_batch_that_was_rolled_back_is_unknown(home: Path) -> None:
    keys = {0: Idempotency.of("key", b"request")}
    bad = StreamAppend(stream("c"), [renamed("bad")])
    async with with_threads(home, Fussy()) as log:
        done, _ = await gathered(log, said("a", "1"), bad, keys=keys)
        assert isinstance(done, Appended)
        assert not done.replayed
        assert [fact.position for fact in done.recorded] == [8]


async def test_an_append_after_the_tombstone_of_its_thread_in_a_batch_is_refused(
    home: Path,
) -> None:
    over = StreamAppend(stream("a"), [deleted("a")])
    async with with_threads(home) as log:
        done = await gathered(log, said("a", "1"), over, said("a", "2"), said("b", "3"))
        assert [type(one) for one in done] == [Appended, Appended, StreamFenced, Appended]


class Removing(NoViews):
    """Views in which a thread has one row, which goes with it."""

    def apply(self, tx: Tx, recorded: Sequence[Recorded]) -> Mapping[str, int]:
        ends = [fact for fact in recorded if isinstance(fact.event, ThreadDeleted)]
        return {"rows": len(ends)} if ends else {}


async def test_the_removed_rows_of_a_deletion_are_returned_to_its_append_only(home: Path) -> None:
    over = StreamAppend(stream("b"), [deleted("b")])
    async with with_threads(home, Removing()) as log:
        done = await gathered(log, said("a", "1"), over, said("c", "2"))
    assert [dict(one.removed_rows) for one in done if isinstance(one, Appended)] == [
        {},
        {"rows": 1},
        {},
    ]


async def test_ends_of_threads_share_a_batch_with_other_appends(
    home: Path,
) -> None:
    views = Counted()
    stops = [StreamAppend(stream(n), [DRAINING, ThreadStopped(reason="idle")]) for n in "ab"]
    async with with_threads(home, views) as log:
        views.asked.clear()
        done = await gathered(log, said("c", "1"), *stops, said("d", "2"))
        assert views.asked == [1, 6]
        assert all(isinstance(one, Appended) for one in done)
        assert isinstance((await gathered(log, said("a", "3")))[0], Appended)


async def test_only_the_append_after_the_draining_of_its_thread_is_refused_in_a_batch(
    home: Path,
) -> None:
    drains, late = (StreamAppend(stream("a"), [event]) for event in (DRAINING, renamed("late")))
    async with with_threads(home) as log:
        done = await gathered(log, said("a", "1"), drains, late, said("b", "3"))
        assert [type(one) for one in done] == [Appended, Appended, StreamFenced, Appended]


async def test_only_the_append_after_the_deletion_plan_of_its_thread_is_refused_in_a_batch(
    home: Path,
) -> None:
    targets = [DeletionTarget(thread_id=name, parent_id=None, depth=0) for name in "ab"]
    planned = TreeDeletionPlanned(deletion_id="d", root_id="a", targets=targets)
    plan = StreamAppend("tree-a", [planned])
    late, later = (StreamAppend(stream(name), [renamed("late")]) for name in "ba")
    async with with_threads(home) as log:
        done = await gathered(log, said("a", "1"), plan, late, said("c", "3"))
        assert [type(one) for one in done] == [Appended, Appended, StreamFenced, Appended]
        [again] = await gathered(log, later)
        assert isinstance(again, StreamFenced)


async def test_recorded_times_do_not_go_back_within_a_batch(home: Path) -> None:
    async with with_threads(home, NoViews()) as log:
        gate = Gate()
        times = [META.recorded_at_ms + ms for ms in (5, 9, 3)]
        appends = [
            asyncio.ensure_future(log.append(said(name, "x"), meta=at(ms)))
            for name, ms in zip("fab", times, strict=True)
        ]
        await gate.closed()
        gate.open()
        done = await asyncio.gather(*appends)
    assert [one.recorded[0].meta.recorded_at_ms - META.recorded_at_ms for one in done] == [5, 9, 9]


async def test_a_snapshot_covers_its_own_append_though_more_of_the_stream_share_the_batch(
    home: Path,
) -> None:
    first = said("a", "1", "2")._replace(snapshot=b"after two")
    async with with_threads(home) as log:
        await gathered(log, first, said("a", "3"))
        kept = now(log.snapshot(stream("a")))
    assert kept == Snapshot(3, b"after two")
