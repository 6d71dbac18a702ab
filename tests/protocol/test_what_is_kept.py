"""What a host keeps of what clients say once it has answered: what it uses, and nothing else."""

import asyncio
import gc
import json
import sys
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from tests.limits.raw import UPGRADE
from tests.protocol.talk import start, talk
from tests.support.client import INITIALIZE as HELLO
from tests.support.hosts import eventually
from tests.support.server import Host, limits
from threadhost.adapters.jsonrpc.client_profile import NOTIFICATIONS, ClientProfile
from threadhost.adapters.jsonrpc.models import catalog

pytestmark = pytest.mark.slices

LONG = 1_000_000


def long_hello() -> bytes:
    capabilities = {
        "extensions": {"a": "e" * LONG},
        "optOutNotificationMethods": ["warning", "n" * LONG],
    }
    info = {"name": "x", "title": "t" * LONG, "version": "v" * LONG}
    params = {"clientInfo": info, "capabilities": capabilities}
    return json.dumps({"id": 1, "method": "initialize", "params": params}).encode()


def long_question() -> bytes:
    return json.dumps(
        {"id": 2, "method": "thread/read", "params": {"threadId": "q" * LONG}}
    ).encode()


def long_malformed() -> bytes:
    return b'{"id":3,"method":"thread/read","params":["' + b"m" * LONG + b'\\ud800"]}'


class Line:
    """A client that keeps nothing of what it sends."""

    def __init__(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        self.source, self.sink = source, sink

    async def send(self, message: bytes) -> None:
        self.sink.write(message + b"\n")
        await self.sink.drain()

    async def answered(self) -> None:
        await self.source.readline()


class Frames(Line):
    async def upgrade(self) -> None:
        self.sink.write(f"{UPGRADE}\r\n".encode())
        await self.source.readuntil(b"\r\n\r\n")

    async def send(self, message: bytes) -> None:
        self.sink.write(Frame(Opcode.TEXT, message).serialize(mask=True))
        await self.sink.drain()

    async def answered(self) -> None:
        _, size = await self.source.readexactly(2)
        if size == 126:
            size = int.from_bytes(await self.source.readexactly(2))
        await self.source.readexactly(size)


async def connected(host: Host) -> Line:
    if host.transport == "stdio":
        return Line(*await asyncio.open_connection(sock=host.stdio()))
    if host.transport == "unix":
        frames = Frames(*await asyncio.open_unix_connection(str(host.home / "s")))
    else:
        address = host.listeners[0].address
        frames = Frames(*await asyncio.open_connection(address.host, address.port))
    await frames.upgrade()
    return frames


def long_texts() -> dict[int, str]:
    """What there is in this process of such length, by its identity, and who holds it."""
    gc.collect()
    return {
        id(found): f"{type(found).__name__} of {type(holder).__qualname__}"
        for holder in gc.get_objects()
        for found in gc.get_referents(holder)
        if isinstance(found, (str, bytes, bytearray)) and LONG <= sys.getsizeof(found) < 9 * LONG
    }


@pytest.mark.parametrize("say", [long_hello, long_question, long_malformed])
async def test_no_long_text_of_an_answered_message_is_kept_in_memory(
    each_host: Host, say: Any
) -> None:
    client = await connected(each_host)
    await client.send(b'{"id":0,"method":"x"}')
    await client.answered()
    before = long_texts()
    await client.send(say())
    await client.answered()
    # The thread that read it may have yet to end its step.
    await eventually(lambda: long_texts().keys() <= before.keys())
    client.sink.transport.abort()


async def test_only_names_of_existing_notifications_are_kept_from_an_opt_out(host: Host) -> None:
    wanted = ["warning", "no/such", "thread/started", "warning"]
    await host.client(optOutNotificationMethods=wanted)
    (session,) = host.running.sessions
    assert session.who == ClientProfile("tests", True, frozenset({"warning", "thread/started"}))


def test_every_notification_can_be_opted_out_of() -> None:
    assert set(catalog.NOTIFICATIONS) == NOTIFICATIONS


@pytest.mark.parametrize(
    "capabilities",
    [{"optOutNotificationMethods": ["x"] * 1001}, {"extensions": {str(n): 1 for n in range(257)}}],
    ids=["names", "extensions"],
)
async def test_a_handshake_that_wants_very_much_is_refused_with_the_limit(
    host: Host, capabilities: dict[str, Any]
) -> None:
    client = await host.connect()
    info = {"name": "x", "version": "1"}
    error = await client.refused("initialize", {"clientInfo": info, "capabilities": capabilities})
    assert "invalid length" in error["message"]
    assert "capabilities." in error["message"]
    await client.initialize()


def large_messages() -> dict[int, str]:
    """What there is in this process that is as large, garbage too, and who holds it."""
    return {
        id(found): f"{type(found).__name__} of {holder!r:.200}"
        for holder in gc.get_objects()
        for found in gc.get_referents(holder)
        if isinstance(found, bytes) and sys.getsizeof(found) >= LONG
    }


async def test_a_connection_that_is_closed_within_a_large_answer_leaves_no_memory_behind(
    each_host: Host,
) -> None:
    each_host.settings["limits"] = limits(close_timeout_ms=100)
    await each_host.restart()
    witness = await each_host.client()
    thread_id = await start(witness)
    await talk(witness, thread_id, "x" * 3 * LONG)
    client, app = await connected(each_host), each_host.running
    client.sink.transport.pause_reading()  # type: ignore[attr-defined]
    gc.collect()
    before = large_messages()
    gc.disable()  # what is in no cycle needs no collection
    try:
        await client.send(json.dumps({"id": 1, "method": "initialize", "params": HELLO}).encode())
        read = {"threadId": thread_id, "includeTurns": True}
        for number in range(8):
            message = {"id": number, "method": "thread/read", "params": read}
            await client.send(json.dumps(message).encode())
        await eventually(lambda: app.stats().unread.used_bytes > LONG)
        await each_host.listeners[-1].close()
        await eventually(lambda: large_messages().keys() <= before.keys())
    finally:
        gc.enable()
        client.sink.transport.abort()
