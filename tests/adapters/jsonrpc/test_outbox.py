"""A bounded queue of outgoing messages."""

import asyncio

import pytest

from threadhost.actors.account import Account
from threadhost.adapters import resources
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.outbox import (
    COPIES_IN_HANDS,
    MESSAGE_OVERHEAD_BYTES,
    Outbox,
    OutboxClosed,
    Unwritten,
)

LIMITS = Limits(
    outbox_bytes_max=1000,
    outbox_high_water_bytes=500,
    outbox_low_water_bytes=200,
    outbox_batch_bytes=30,
    slow_reader_timeout_ms=10,
)
PATIENT = LIMITS._replace(slow_reader_timeout_ms=60_000, crowded_reader_timeout_ms=60_000)
OVER = MESSAGE_OVERHEAD_BYTES


async def test_messages_come_out_in_the_order_they_went_in() -> None:
    outbox = Outbox(LIMITS)
    account = shared(outbox)
    for message in (b"a", b"b", b"c"):
        outbox.send(message)
    assert (outbox.pending_messages, outbox.pending_bytes) == (3, 3)
    assert await outbox.next_batch() == [b"a", b"b", b"c"]
    assert (outbox.pending_messages, outbox.pending_bytes) == (0, 0)
    assert account.used_bytes == COPIES_IN_HANDS * 3


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


async def test_an_empty_outbox_has_room_for_any_message_and_answers_are_never_dropped() -> None:
    outbox = Outbox(LIMITS)
    assert outbox.has_room(10**9)
    for _ in range(3):
        outbox.send(b"x" * 5000)
    assert (outbox.pending_messages, outbox.pending_bytes) == (3, 15_000)
    assert [len(m) for _ in range(3) for m in await outbox.next_batch()] == [5000] * 3
    assert outbox.has_room(10**9)


async def test_notifications_have_room_up_to_the_limit_including_the_cost_of_each_message() -> None:
    outbox = Outbox(LIMITS)
    outbox.send(b"x" * 400)
    assert outbox.has_room(1000 - 400 - OVER)
    assert not outbox.has_room(1000 - 400 - OVER + 1)
    for _ in range(10):
        outbox.send(b"")
    assert not outbox.has_room(0)


async def test_bytes_held_for_later_take_room_but_are_not_waited_for() -> None:
    outbox = Outbox(LIMITS)
    outbox.hold(600)
    assert outbox.load_bytes == 600
    assert not outbox.has_room(500)
    assert not outbox.above_high_water
    await outbox.drained()
    outbox.hold(-600)
    assert outbox.has_room(1000)


async def test_a_peer_that_takes_nothing_for_too_long_is_slow_however_few_bytes_wait() -> None:
    told = asyncio.Event()
    outbox = Outbox(LIMITS, on_slow=told.set)
    outbox.send(b"a")
    async with asyncio.timeout(10):
        await told.wait()
    assert await outbox.next_batch() == [b"a"]


async def test_a_peer_that_reads_nothing_is_slow_however_often_more_is_sent() -> None:
    told = asyncio.Event()
    limits = PATIENT._replace(crowded_reader_timeout_ms=20_000)
    outbox = Outbox(limits, on_slow=told.set)
    for takes in (False, False, True, False, False, False):
        assert not told.is_set()
        outbox.send(b"a")
        if takes:
            await outbox.next_batch()
            outbox.send(b"b")
        outbox.look()
    assert told.is_set()


async def test_a_peer_that_takes_any_bytes_is_not_slow_however_many_wait() -> None:
    told = asyncio.Event()
    outbox = Outbox(PATIENT, on_slow=told.set)
    for _ in range(100):
        outbox.send(b"x" * 10_000)
        outbox.send(b"x" * 10_000)
        await outbox.next_batch()
        outbox.look()
        assert not told.is_set()
    outbox.look()
    assert told.is_set()


async def test_bytes_in_the_transport_count_as_taken_only_when_their_number_falls() -> None:
    told, unsent = asyncio.Event(), [0]
    outbox = Outbox(PATIENT, told.set, lambda: unsent[0])
    outbox.send(b"a")
    await outbox.next_batch()
    unsent[0] = 1000
    outbox.look()
    for unsent[0] in (999, 500, 1):
        outbox.look()
        assert not told.is_set()
    unsent[0] = 7  # a ping went past
    outbox.look()
    assert told.is_set()


async def test_a_peer_with_an_empty_outbox_is_never_slow() -> None:
    told = asyncio.Event()
    outbox = Outbox(LIMITS, on_slow=told.set)
    outbox.send(b"a")
    await outbox.next_batch()
    outbox.look()
    assert not outbox.is_watching
    assert not told.is_set()


async def test_an_abandoned_outbox_is_empty_and_its_peer_is_no_longer_called_slow() -> None:
    told = asyncio.Event()
    outbox = Outbox(LIMITS, on_slow=told.set)
    outbox.send(b"a")
    outbox.abandon()
    assert not outbox.is_watching
    with pytest.raises(OutboxClosed):
        await outbox.next_batch()


async def test_messages_that_are_pending_at_the_close_can_still_be_read() -> None:
    told, later = asyncio.Event(), asyncio.Event()
    outbox, other = Outbox(LIMITS, told.set), Outbox(LIMITS, later.set)
    outbox.send(b"a")
    outbox.close()
    outbox.close()
    other.send(b"its time is up after that of the first would be")
    await asyncio.wait_for(later.wait(), 10)
    assert not told.is_set()
    outbox.send(b"b")
    assert await outbox.next_batch() == [b"a"]
    with pytest.raises(OutboxClosed):
        await outbox.next_batch()


async def test_a_waiting_reader_is_woken_by_the_close() -> None:
    outbox = Outbox(LIMITS)
    reading = asyncio.ensure_future(outbox.next_batch())
    await asyncio.sleep(0)
    outbox.close()
    with pytest.raises(OutboxClosed):
        await reading


async def test_an_outbox_counts_as_drained_at_its_low_water_mark() -> None:
    outbox = Outbox(LIMITS)
    outbox.send(b"x" * (LIMITS.outbox_low_water_bytes - OVER))
    await outbox.drained()
    await outbox.next_batch()
    for _ in range(7):
        outbox.send(b"x" * 15)
    assert outbox.above_high_water
    waiting = [asyncio.ensure_future(outbox.drained()) for _ in range(2)]
    for left in (5, 3):
        await asyncio.sleep(0)
        assert len(await outbox.next_batch()) == 2
        assert outbox.pending_messages == left
        assert not outbox.above_high_water
        assert not waiting[0].done()
    await outbox.next_batch()
    await asyncio.gather(*waiting)


async def test_a_closed_outbox_counts_as_drained() -> None:
    outbox = Outbox(LIMITS)
    outbox.send(b"x" * 600)
    waiting = asyncio.ensure_future(outbox.drained())
    await asyncio.sleep(0)
    outbox.close()
    await waiting


def shared(*outboxes: Outbox, bytes_max: int = 500) -> Account:
    account = Account("what waits", bytes_max)
    for outbox in outboxes:
        outbox.share(account)
    return account


async def test_messages_for_one_reader_take_room_in_the_shared_account_and_give_it_back() -> None:
    reads, leaves = Outbox(LIMITS), Outbox(LIMITS)
    account = shared(reads, leaves)
    reads.send(b"x" * 100)
    reads.hold(30)
    leaves.send(b"y" * 200)
    assert account.used_bytes == reads.load_bytes + leaves.load_bytes == 330 + 2 * OVER
    await reads.next_batch()
    reads.hold(-30)
    leaves.abandon()
    leaves.send(b"after its end")
    reads.abandon()
    assert account.used_bytes == 0


async def test_messages_that_are_being_sent_take_shared_room_until_the_reader_returns() -> None:
    stalls, other = Outbox(LIMITS), Outbox(LIMITS)
    account = shared(stalls, other)
    stalls.send(b"x" * 300)
    await stalls.next_batch()
    assert account.used_bytes == COPIES_IN_HANDS * 300
    assert account.is_full
    more = asyncio.ensure_future(stalls.next_batch())
    await asyncio.sleep(0)
    assert account.used_bytes == 0
    stalls.send(b"y" * 300)
    await more
    stalls.abandon()
    assert account.used_bytes == 0


async def test_while_the_shared_room_is_full_only_an_empty_outbox_accepts_messages() -> None:
    other, empty, small = Outbox(LIMITS), Outbox(LIMITS), Outbox(LIMITS)
    account = shared(other, empty, small)
    small.send(b"s")
    assert small.has_room(100)
    assert not small.above_high_water
    other.send(b"x" * 500)
    assert account.is_full
    assert not small.has_room(100)
    assert small.above_high_water
    draining = asyncio.ensure_future(small.drained())
    await asyncio.sleep(0)
    assert not draining.done()
    assert empty.has_room(100)
    assert not empty.above_high_water
    await small.next_batch()
    await draining
    assert not small.above_high_water
    other.abandon()
    assert small.has_room(100)


async def test_a_slow_reader_is_given_up_sooner_while_the_shared_room_is_full() -> None:
    told = asyncio.Event()
    limits = LIMITS._replace(slow_reader_timeout_ms=3_600_000, crowded_reader_timeout_ms=5)
    slow, other = Outbox(limits, told.set), Outbox(limits)
    shared(slow, other)
    slow.send(b"x")
    slow.look()
    slow.look()
    assert not told.is_set()
    other.send(b"x" * 500)
    await asyncio.wait_for(told.wait(), 10)
    other.abandon()


async def test_a_message_written_later_keeps_its_place_and_counts_its_real_size() -> None:
    outbox = Outbox(LIMITS)
    account = shared(outbox)
    for message in (b"a", Unwritten(lambda: b"x" * 40, 30), b"b"):
        outbox.send(message)
    assert outbox.pending_bytes == 32
    assert await outbox.next_batch() == [b"a"]
    assert await outbox.next_batch() == [b"x" * 40]
    assert await outbox.next_batch() == [b"b"]
    assert outbox.pending_bytes == 0
    outbox.abandon()
    assert account.used_bytes == 0


async def test_a_message_is_not_lost_if_the_reader_gives_up_while_it_is_written() -> None:
    outbox = Outbox(LIMITS)
    account = shared(outbox)
    outbox.send(Unwritten(lambda: b"x" * 40, 30))
    reading = asyncio.ensure_future(outbox.next_batch())
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await outbox.next_batch() == [b"x" * 40]
    outbox.send(Unwritten(lambda: b"y" * 40, 30))
    reading = asyncio.ensure_future(outbox.next_batch())
    await asyncio.sleep(0)
    outbox.abandon()
    with pytest.raises(OutboxClosed):
        await reading
    assert account.used_bytes == outbox.pending_bytes == 0


async def test_a_message_for_which_there_is_no_memory_now_is_written_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources, "RETRY_S", 0)
    faults: list[Exception] = [MemoryError(), RuntimeError("can't start new thread"), MemoryError()]

    written: list[bytes] = []

    def write() -> bytes:
        if faults:
            raise faults.pop()
        written.append(b"whole")
        return b"whole"

    unwritten = Unwritten(write, 5)
    readers = [Outbox(LIMITS) for _ in range(3)]
    for reader in readers:
        reader.send(unwritten)
    assert [await reader.next_batch() for reader in readers] == [[b"whole"]] * 3
    assert written == [b"whole"]
    for reader in readers:
        reader.close()


async def test_a_bug_in_writing_a_message_is_raised_and_not_retried_as_a_shortage() -> None:
    def write() -> bytes:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        await Unwritten(write, 5).written()
