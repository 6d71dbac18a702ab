"""Following the log: every event once, in order, from any position, while appends go on."""

import asyncio

import pytest

from tests.support.store import META, STREAM, WAIT_S, NoViews, message, started
from threadhost.events.base import Recorded
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log


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


@pytest.mark.parametrize("after", [0, 1, 37, 120])
async def test_a_follower_sees_each_event_once_while_appends_run(log: Log, after: int) -> None:
    await write(log, 0, 30)
    total = 60 + 3 * 60
    follower = asyncio.create_task(collect(log, after, total))
    await asyncio.gather(*(write(log, n, 30) for n in range(1, 4)))
    found = await asyncio.wait_for(follower, WAIT_S)
    assert [fact.position for fact in found] == list(range(after + 1, total + 1))
    assert found == await log.read(after, total)


async def test_a_follower_from_beyond_the_end_waits_for_what_comes_after(log: Log) -> None:
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


async def test_listeners_hear_of_each_commit_in_order_before_its_writer_goes_on(log: Log) -> None:
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


async def test_a_follower_that_goes_away_is_forgotten(log: Log) -> None:
    follower = asyncio.create_task(collect(log, 0, 1))
    await asyncio.sleep(0)
    follower.cancel()
    await asyncio.wait([follower])
    await log.append(StreamAppend(STREAM, [started()]), meta=META)
    assert log.feed._waiting == []
