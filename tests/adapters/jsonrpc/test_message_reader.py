"""Messages of a client are parsed in order; large ones beside the loop, a few at a time."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from tests.support.loop_turns import counted_turns
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc import message_reader
from threadhost.adapters.jsonrpc.envelope import Malformed, Request, parse
from threadhost.adapters.jsonrpc.json_pieces import PIECE_BYTES
from threadhost.adapters.jsonrpc.message_reader import MessageReader, ParsedMessage
from threadhost.adapters.jsonrpc.registry import Registry
from threadhost.adapters.jsonrpc.transports.base import BYTES_A_TURN, MESSAGES_A_TURN, Share
from threadhost.adapters.off_loop import AT_A_TIME, OffLoop

LARGE = PIECE_BYTES + 1


def message(id: int, size: int = 0) -> bytes:
    return b'{"id":%d,"method":"m","params":"%b"}' % (id, b"x" * size)


class Reads:
    """A reader, the messages it took, and parsing of large ones that waits for permission."""

    def __init__(self, off_loop: OffLoop | None = None) -> None:
        self.taken: list[Any] = []
        self.threads: list[int] = []
        self.leave = threading.Event()
        self.begun = threading.Semaphore(0)
        self.reader = MessageReader(Registry(), Limits(), off_loop or OffLoop(), self._take)

    def _take(self, read: ParsedMessage) -> None:
        assert isinstance(read.message, Request | Malformed)
        self.taken.append(read.message.id)

    def parse(self, data: bytes, limits: Limits) -> Any:
        self.threads.append(threading.get_ident())
        if len(data) > PIECE_BYTES:
            self.begun.release()
            assert self.leave.wait(20)
        return parse(data, limits)


async def begun(reads: Reads) -> None:
    await asyncio.to_thread(reads.begun.acquire)


async def test_a_small_message_is_parsed_at_once_but_does_not_overtake_a_large_one() -> None:
    reads = Reads()
    with patch.object(message_reader, "parse", reads.parse):
        assert reads.reader.receive(message(1)) is None
        assert reads.taken == [1]
        reading = reads.reader.receive(message(2, LARGE))
        assert reading is not None
        await begun(reads)
        assert reads.reader.receive(message(3)) is reading
        assert reads.reader.receive(message(4, LARGE)) is reading
        assert reads.reader.receive(message(5)) is reading
        assert reads.taken == [1]
        reads.leave.set()
        await reading
        assert reads.taken == [1, 2, 3, 4, 5]
        assert reads.reader.receive(message(6)) is None
    assert reads.taken[-1] == 6
    here = threading.get_ident()
    assert [thread == here for thread in reads.threads] == [True, False, True, False, True, True]


async def test_only_a_limited_number_of_large_messages_are_parsed_at_a_time() -> None:
    off_loop = OffLoop()
    clients = [Reads(off_loop) for _ in range(AT_A_TIME + 1)]
    one = clients[0]
    with patch.object(message_reader, "parse", one.parse):
        reading = [client.reader.receive(message(1, LARGE)) for client in clients]
        for _ in range(AT_A_TIME):
            await begun(one)
        assert not one.begun.acquire(blocking=False)
        one.leave.set()
        for task in reading:
            assert task is not None
            await task
    assert [client.taken for client in clients] == [[1]] * len(clients)


async def test_messages_that_are_still_unparsed_at_the_end_of_a_connection_are_dropped() -> None:
    reads = Reads()
    with patch.object(message_reader, "parse", reads.parse):
        reading = reads.reader.receive(message(1, LARGE))
        assert reading is not None
        await begun(reads)
        reads.reader.receive(message(2))
        reads.reader.close()
        reads.leave.set()
        await reading
    assert reads.taken == []


@pytest.mark.parametrize("error", [MemoryError, LookupError])
async def test_a_message_whose_parsing_fails_is_answered_under_its_id_and_later_ones_are_parsed(
    error: type[Exception],
) -> None:
    reads = Reads()

    def fails(*_: object) -> None:
        raise error

    with patch.object(message_reader, "parse", fails):
        reading = reads.reader.receive(message(9, LARGE))
        assert reading is not None
        await reading
        reads.reader.receive(message(8))
    reads.reader.receive(message(7))
    assert reads.taken == [9, 8, 7]


async def test_a_message_that_no_thread_can_parse_is_answered_and_later_ones_are_parsed() -> None:
    reads = Reads()

    def none_left(work: object) -> None:
        raise RuntimeError("can't start new thread")

    with patch.object(asyncio, "to_thread", none_left):
        reading = reads.reader.receive(message(9, LARGE))
        assert reading is not None
        reads.reader.receive(message(8))
        await asyncio.wait([reading])
    reads.reader.receive(message(7))
    assert reads.taken == [9, 8, 7]


async def turns_of(others: Callable[[], int], *sizes: int) -> int:
    share, before = Share(), others()
    for size in sizes:
        await share.after(size, None)
    return others() - before


async def test_other_clients_have_their_turn_after_a_limited_number_of_messages_or_bytes() -> None:
    async with counted_turns() as turns:
        assert await turns_of(turns, *[1] * (MESSAGES_A_TURN - 1)) == 0
        assert await turns_of(turns, *[1] * MESSAGES_A_TURN) == 1
        assert await turns_of(turns, *[BYTES_A_TURN] * 3) == 3
        assert await turns_of(turns, *[BYTES_A_TURN // 2] * 4) == 2


async def test_cancelling_the_wait_for_a_message_does_not_end_its_reading() -> None:
    reads = Reads()
    with patch.object(message_reader, "parse", reads.parse):
        reading = reads.reader.receive(message(1, LARGE))
        assert reading is not None
        waiting = asyncio.create_task(Share().after(LARGE, reading))
        await begun(reads)
        waiting.cancel()
        await asyncio.wait([waiting])
        reads.leave.set()
        await reading
    assert reads.taken == [1]
