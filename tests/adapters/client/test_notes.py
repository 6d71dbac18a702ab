"""A client's stream of notifications: bounded, in order, and without a gap."""

import asyncio
import gc
from collections import deque
from weakref import ref

import pytest

from threadhost.adapters.client.connection import Connection
from threadhost.adapters.client.errors import ConnectionClosed, FellBehind
from threadhost.adapters.client.link import LinkClosed
from threadhost.adapters.client.notes import Note, Notes
from threadhost.adapters.jsonrpc.errors import RpcError


def note(position: int, method: str = "x", **params: object) -> Note:
    return Note(method, params, position, 0)


class Line:
    """A link to a host whose messages a test provides."""

    def __init__(self, *answers: bytes) -> None:
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()
        self.answers = deque(answers)
        self.said: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def send(self, message: bytes) -> None:
        self.sent.put_nowait(message)
        if self.answers:
            self.said.put_nowait(self.answers.popleft())

    async def third(self) -> bytes:
        """The client's first message after the two of its handshake."""
        return [await self.sent.get() for _ in range(3)][2]

    async def receive(self) -> bytes:
        said = await self.said.get()
        if said is None:
            raise LinkClosed
        return said

    async def close(self) -> None:
        self.said.put_nowait(None)


HELLO = b'{"id":1,"result":{}}'


async def test_a_stream_yields_notifications_in_order_and_then_ends() -> None:
    notes = Notes()
    for position in (1, 2, 3):
        notes.offer(note(position))
    notes.end()
    assert [n.position async for n in notes] == [1, 2, 3]


async def test_a_stream_of_some_methods_or_of_one_thread_holds_no_others() -> None:
    notes = Notes(["a", "b"], thread_id="t")
    notes.offer(note(1, "a", threadId="t"))
    notes.offer(note(2, "a", threadId="u"))
    notes.offer(note(3, "c", threadId="t"))
    notes.offer(note(4, "b", thread={"id": "t"}))
    notes.end()
    assert [n.position async for n in notes] == [1, 4]


async def test_a_slow_reader_gets_an_unbroken_beginning_and_the_position_to_resume_at() -> None:
    notes = Notes(notes_max=2)
    for position in (5, 6, 7, 8):
        notes.offer(note(position))
    assert [(await anext(notes)).position for _ in range(2)] == [5, 6]
    with pytest.raises(FellBehind) as behind:
        await anext(notes)
    assert behind.value.position == 6


async def test_a_reader_that_waits_is_woken_by_the_next_note() -> None:
    notes = Notes()
    waiting = asyncio.ensure_future(anext(notes))
    await asyncio.sleep(0)
    notes.offer(note(9))
    assert (await waiting).position == 9


@pytest.mark.slices
async def test_a_stream_without_a_reference_to_it_is_released() -> None:
    connection = Connection(Line(HELLO), "n", "1")
    await connection.ready()
    stream = ref(connection.notifications())
    gc.collect()
    assert stream() is None
    await connection.close()


async def test_calls_and_streams_end_when_the_connection_closes() -> None:
    line = Line(HELLO)
    connection = Connection(line, "n", "1")
    await connection.ready()
    notes = connection.notifications()
    waiting = asyncio.create_task(connection.call("thread/list"))
    await line.third()
    line.said.put_nowait(None)
    with pytest.raises(ConnectionClosed):
        await waiting
    assert [n async for n in notes] == []


async def test_every_call_raises_the_error_of_a_refused_handshake() -> None:
    line = Line(b'{"id":1,"error":{"code":-32600,"message":"not you"}}')
    connection = Connection(line, "n", "1")
    for _ in range(2):
        with pytest.raises(RpcError, match="not you"):
            await connection.call("thread/list")
    await connection.close()


async def test_a_request_from_the_host_is_refused_and_not_left_open() -> None:
    line = Line(HELLO)
    connection = Connection(line, "n", "1")
    await connection.ready()
    line.said.put_nowait(b'{"id":"h","method":"ask","params":{}}')
    assert (await line.third()).startswith(b'{"id":"h","error":{"code":-32601')
    await connection.close()


async def test_the_position_of_a_connection_is_that_of_the_newest_notification() -> None:
    line = Line(HELLO)
    connection = Connection(line, "n", "1")
    notes = connection.notifications()
    for position in (4, 3):
        place = b'"position":%d,"cursor":"log.%d.tag"' % (position, position)
        line.said.put_nowait(b'{"method":"x","params":{},"emittedAtMs":1,%b}' % place)
        assert (await anext(notes)).cursor == f"log.{position}.tag"
    assert (connection.position, connection.cursor) == (4, "log.4.tag")
    await connection.close()
