"""Following the log: every event once, in order, from any position, while appends go on."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.support.store import META, STREAM, WAIT_S, NoViews, message, started
from tests.support.yielding import pausing
from threadhost.events.base import Recorded
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.store.seal import End


async def collect(log: Log, after: int, up_to: int) -> list[Recorded]:
    """What a follower sees until a position."""
    found: list[Recorded] = []
    async for fact in log.feed.follow(after):
        found.append(fact)
        if fact.position >= up_to:
            break
    return found


async def write(log: Log, writer: int, appends: int) -> None:
    for n in range(appends):
        facts = [message(f"{writer} {n}")] * (n % 3 + 1)
        await log.append(StreamAppend(f"thread-{writer}", facts), meta=META)


@pytest.mark.few(1)
@pytest.mark.parametrize("after", [0, 1, 37, 120])
async def test_a_follower_sees_each_event_once_while_appends_run(log: Log, after: int) -> None:
    await write(log, 0, 30)
    total = 60 + 3 * 60
    follower = asyncio.create_task(collect(log, after, total))
    await asyncio.gather(*(write(log, n, 30) for n in range(1, 4)))
    found = await asyncio.wait_for(follower, WAIT_S)
    assert [fact.position for fact in found] == list(range(after + 1, total + 1))
    assert found == await log.read(after, total)


async def test_a_follower_from_beyond_the_end_waits_for_later_events(log: Log) -> None:
    follower = asyncio.create_task(collect(log, 2, 3))
    await write(log, 0, 1)
    await write(log, 0, 1)
    await log.append(StreamAppend(STREAM, [started()]), meta=META)
    assert [fact.position for fact in await asyncio.wait_for(follower, WAIT_S)] == [3]


async def test_a_log_that_forgot_events_does_not_keep_its_follower_busy() -> None:
    log = Log.in_memory(NoViews())
    await log.append(StreamAppend(STREAM, [started(), message()]), meta=META)
    await log.forget(STREAM)
    follower = asyncio.create_task(collect(log, 0, 3))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await log.append(StreamAppend("thread-b", [started("b")]), meta=META)
    assert [fact.position for fact in await asyncio.wait_for(follower, WAIT_S)] == [3]
    await log.close()


async def test_listeners_get_each_commit_in_order_before_its_writer_goes_on(log: Log) -> None:
    heard: list[int] = []
    stop = log.feed.listen(lambda facts: heard.extend(fact.position for fact in facts))
    await log.append(StreamAppend(STREAM, [started(), message()]), meta=META)
    assert heard == [1, 2]
    await asyncio.gather(*(write(log, n, 10) for n in range(4)))
    assert heard == list(range(1, 79))
    assert log.position == 78
    stop()
    await write(log, 0, 1)
    assert heard[-1] == 78


async def test_a_cancelled_follower_is_removed(log: Log) -> None:
    follower = asyncio.create_task(collect(log, 0, 1))
    await asyncio.sleep(0)
    follower.cancel()
    await asyncio.wait([follower])
    await log.append(StreamAppend(STREAM, [started()]), meta=META)
    assert log.stats().followers == 0


async def test_an_event_committed_while_a_follower_reads_is_not_missed() -> None:
    log = Log.in_memory(NoViews())
    with pausing(log.reads, "of_log") as pause:
        follower = asyncio.create_task(collect(log, 0, 1))
        await asyncio.wait_for(pause.reached.wait(), WAIT_S)
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
        pause.end()
        assert [fact.position for fact in await asyncio.wait_for(follower, WAIT_S)] == [1]
    await log.close()


async def test_listeners_get_a_commit_only_after_its_data_was_read(log: Log) -> None:
    was_read, heard = asyncio.Event(), list[object]()

    async def prepare(recorded: Sequence[Recorded]) -> None:
        await was_read.wait()
        heard.append(("prepared", recorded[0].position))

    def ready(recorded: Sequence[Recorded]) -> bool:
        return recorded[0].stream != STREAM

    log.feed.prepare_with(ready, prepare)
    log.feed.listen(lambda facts: heard.append(facts[0].position))
    first = asyncio.create_task(log.append(StreamAppend(STREAM, [started()]), meta=META))
    other = asyncio.create_task(log.append(StreamAppend("thread-b", [started("b")]), meta=META))
    assert await asyncio.wait([first, other], timeout=0.01) == (set(), {first, other})
    was_read.set()
    await asyncio.gather(first, other)
    assert heard in ([("prepared", 1), 1, 2], [("prepared", 1), 1])
    assert log.end == End(2, other.result().recorded[-1].chain)


async def test_listeners_get_a_commit_though_its_preparation_failed(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(_: Sequence[Recorded]) -> None:
        raise KeyError("a fault of ours")

    heard: list[int] = []
    log.feed.prepare_with(lambda _: False, fails)
    log.feed.listen(lambda facts: heard.append(facts[0].position))
    await log.append(StreamAppend(STREAM, [started()]), meta=META)
    assert heard == [1]
    assert "preparing listeners for position 1 failed" in caplog.text


async def test_when_the_quick_preparation_fails_the_reading_one_is_used(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[object] = []

    async def prepare(recorded: Sequence[Recorded]) -> None:
        heard.append(("read", recorded[0].position))

    def fails(_: Sequence[Recorded]) -> bool:
        raise KeyError("a fault of ours")

    log.feed.prepare_with(fails, prepare)
    log.feed.listen(lambda facts: heard.append(facts[0].position))
    await log.append(StreamAppend(STREAM, [started()]), meta=META)
    assert heard == [("read", 1), 1]
    assert "preparing listeners for position 1 failed" in caplog.text
    assert len(caplog.records) == 1


async def test_a_closing_log_waits_until_all_listeners_are_notified() -> None:
    log, was_read, heard = Log.in_memory(NoViews()), asyncio.Event(), list[int]()

    async def slowly(_: Sequence[Recorded]) -> None:
        await was_read.wait()

    log.feed.prepare_with(lambda _: False, slowly)
    log.feed.listen(lambda facts: heard.append(facts[0].position))
    under_way = asyncio.create_task(log.append(StreamAppend(STREAM, [started()]), meta=META))
    await asyncio.sleep(0)
    closing = asyncio.create_task(log.close())
    for _turn in range(3):
        await asyncio.sleep(0)
    assert not closing.done()
    was_read.set()
    await asyncio.gather(closing, under_way)
    assert heard == [1]
