"""A client below the protocol: its own handshake, any frames, reading only when told to."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self, cast

from websockets.frames import Frame, Opcode

from tests.limits.asking import HELLO
from tests.limits.hosted import Hosted

KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
UPGRADE = f"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{KEY}"
READ_BYTES = 1 << 20
ANSWER_S = 30.0


class Hung(AssertionError):
    """No answer, and no end either."""


class Raw:
    """One connection to a websocket listener, over TCP or a unix socket."""

    def __init__(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        self.source = source
        self.sink = sink
        self.answer_s = ANSWER_S
        """How long it waits for the next bytes of an answer."""

    @classmethod
    async def to(cls, hosted: Hosted, way: str, receive_bytes: int | None = None) -> "Raw":
        """Connect, and say nothing; `receive_bytes` keeps the kernel from buffering much."""
        if way == "unix":
            end = socket.socket(socket.AF_UNIX)
            place: Any = str(Path(hosted.addresses["unix"].removeprefix("unix://")))
        else:
            end = socket.socket(socket.AF_INET)
            place = ("127.0.0.1", hosted.port)
        if receive_bytes is not None:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        end.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(end, place)
            return cls(*await asyncio.open_connection(sock=end, limit=64 * READ_BYTES))
        except BaseException:
            end.close()
            raise

    @classmethod
    async def upgraded(cls, hosted: Hosted, way: str, **more: Any) -> "Raw":
        """Connect and do the websocket handshake."""
        raw = await cls.to(hosted, way, **more)
        async with raw.kept():
            status = await raw.request(UPGRADE)
            if status != 101:
                raise OSError(f"the handshake was answered with {status}")
        return raw

    @classmethod
    async def greeted(cls, hosted: Hosted, way: str, **more: Any) -> "Raw":
        """Connect, do both handshakes."""
        raw = await cls.upgraded(hosted, way, **more)
        async with raw.kept():
            await raw.call("initialize", HELLO)
        return raw

    @asynccontextmanager
    async def kept(self) -> AsyncIterator["Raw"]:
        """Close it if anything goes wrong here."""
        try:
            yield self
        except BaseException:
            self.sink.transport.abort()
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def request(self, head: str) -> int:
        """The status of the answer to an HTTP request; 0 for the end of the connection."""
        with suppress(ConnectionError):
            await self.write(head.encode("latin-1", "replace") + b"\r\n")
        try:
            async with asyncio.timeout(self.answer_s):
                answer = await self.source.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0
        except TimeoutError:
            raise Hung("the request is not answered") from None
        return int(answer.split()[1])

    async def write(self, data: bytes) -> None:
        """Send bytes. Raises ConnectionError."""
        self.sink.write(data)
        await self.sink.drain()

    async def frame(
        self, data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, rsv1: bool = False
    ) -> None:
        """Send one frame."""
        await self.write(framed(data, opcode, fin=fin, rsv1=rsv1))

    async def message(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame. Raises ConnectionError at the end."""
        try:
            async with asyncio.timeout(self.answer_s):
                first, second = await self.source.readexactly(2)
                size = second & 127
                if size > 125:
                    size = int.from_bytes(await self.source.readexactly(2 if size == 126 else 8))
                return first & 15, await self.source.readexactly(size)
        except asyncio.IncompleteReadError:
            raise ConnectionResetError("the host hung up") from None
        except TimeoutError:
            raise Hung("nothing comes") from None

    async def answer(self, wanted: object) -> dict[str, Any]:
        """The answer under this id; what comes before it is dropped. Raises ConnectionError."""
        while True:
            opcode, data = await self.message()
            if opcode == Opcode.CLOSE:
                raise ConnectionResetError("the host closed the connection")
            if opcode != Opcode.TEXT:
                continue
            message: dict[str, Any] = json.loads(data)
            if "method" not in message and message["id"] == wanted:
                return message

    async def call(self, method: str, params: Any) -> dict[str, Any]:
        """The answer to a request."""
        await self.frame(json.dumps({"id": "call", "method": method, "params": params}).encode())
        return await self.answer("call")

    async def until_closed(self) -> int:
        """Read to the end; the code of the closing frame, 0 without one. Raises Hung."""
        code = 0
        try:
            while True:
                opcode, data = await self.message()
                if opcode == Opcode.CLOSE:
                    code = int.from_bytes(data[:2])
        except ConnectionError:
            return code

    def stop_reading(self) -> None:
        """Take nothing more from the kernel."""
        cast("asyncio.ReadTransport", self.sink.transport).pause_reading()

    def read_on(self) -> None:
        """Take what comes again."""
        with suppress(RuntimeError):
            cast("asyncio.ReadTransport", self.sink.transport).resume_reading()

    def reset(self) -> None:
        """Break the connection off, so that the other side hears of an error."""
        end = self.sink.get_extra_info("socket")
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sink.transport.abort()

    async def close(self) -> None:
        """Leave without a word."""
        self.sink.transport.abort()
        with suppress(ConnectionError):
            await self.sink.wait_closed()


def framed(
    data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, rsv1: bool = False
) -> bytes:
    """One frame's bytes, masked as a client has to."""
    return bytes(Frame(opcode, data, fin=fin, rsv1=rsv1).serialize(mask=True))


def announced(size_bytes: int, opcode: Opcode = Opcode.TEXT) -> bytes:
    """The head of a frame that says it is so long."""
    return bytes((0x80 | opcode, 0xFF)) + size_bytes.to_bytes(8) + b"\0\0\0\0"
