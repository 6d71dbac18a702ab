"""A bounded queue of outgoing messages."""

import asyncio

import pytest

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.outbox import Outbox, OutboxClosed

LIMITS = Limits(
    outbox_bytes_max=100,
    outbox_messages_max=20,
    outbox_high_water_bytes=50,
    outbox_low_water_bytes=20,
    outbox_batch_bytes=30,
)


async def test_messages_come_out_in_the_order_they_went_in() -> None:
    outbox = Outbox(LIMITS)
    for message in (b"a", b"b", b"c"):
        outbox.send(message)
    assert (outbox.pending_messages, outbox.pending_bytes) == (3, 3)
    assert await outbox.next_batch() == [b"a", b"b", b"c"]
    assert (outbox.pending_messages, outbox.pending_bytes) == (0, 0)


async def test_a_batch_stays_within_its_bytes_but_holds_at_least_one_message() -> None:
    outbox = Outbox(LIMITS)
    for size in (40, 15, 15, 1):
        outbox.send(b"x" * size)
    sizes = [[len(message) for message in await outbox.next_batch()] for _ in range(3)]
    assert sizes == [[40], [15, 15], [1]]


async def test_a_reader_waits_for_the_first_message() -> None:
    outbox = Outbox(LIMITS)
    reading = asyncio.ensure_future(outbox.next_batch())
    await asyncio.sleep(0)
    assert not reading.done()
    outbox.send(b"a")
    assert await reading == [b"a"]


async def test_a_reader_that_gives_up_loses_no_message() -> None:
    outbox = Outbox(LIMITS)
    reading = asyncio.ensure_future(outbox.next_batch())
    await asyncio.sleep(0)
    outbox.send(b"a")
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await outbox.next_batch() == [b"a"]


@pytest.mark.parametrize(("size", "count"), [(40, 2), (1, 20)])
async def test_past_its_limit_it_says_so_once_and_drops_everything_after(
    size: int, count: int
) -> None:
    calls: list[int] = []
    outbox = Outbox(LIMITS, on_overflow=lambda: calls.append(1))
    for _ in range(count):
        outbox.send(b"x" * size)
    assert (calls, outbox.overflowed) == ([], False)
    outbox.send(b"y" * size)
    outbox.send(b"z" * size)
    assert (calls, outbox.overflowed) == ([1], True)
    await outbox.next_batch()
    outbox.send(b"after the gap")
    left = [
        message for _ in range(outbox.pending_messages) for message in await outbox.next_batch()
    ]
    assert b"after the gap" not in left


async def test_what_is_pending_at_the_close_can_still_be_read_and_then_it_ends() -> None:
    outbox = Outbox(LIMITS)
    outbox.send(b"a")
    outbox.close()
    outbox.close()
    outbox.send(b"b")
    assert await outbox.next_batch() == [b"a"]
    with pytest.raises(OutboxClosed):
        await outbox.next_batch()


async def test_a_waiting_reader_is_told_of_the_close() -> None:
    outbox = Outbox(LIMITS)
    reading = asyncio.ensure_future(outbox.next_batch())
    await asyncio.sleep(0)
    outbox.close()
    with pytest.raises(OutboxClosed):
        await reading


async def test_it_is_drained_when_the_low_water_mark_is_reached() -> None:
    outbox = Outbox(LIMITS)
    for _ in range(4):
        outbox.send(b"x" * 15)
    assert outbox.above_high_water
    waiting = [asyncio.ensure_future(outbox.drained()) for _ in range(2)]
    await asyncio.sleep(0)
    assert len(await outbox.next_batch()) == 2
    await asyncio.sleep(0)
    assert not outbox.above_high_water
    assert not waiting[0].done()
    await outbox.next_batch()
    await asyncio.gather(*waiting)


async def test_a_closed_outbox_counts_as_drained() -> None:
    outbox = Outbox(LIMITS)
    outbox.send(b"x" * 60)
    waiting = asyncio.ensure_future(outbox.drained())
    await asyncio.sleep(0)
    outbox.close()
    await waiting
