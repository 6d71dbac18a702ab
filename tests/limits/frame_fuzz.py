"""Random lives of connections: frames out of order, half-open, silent, broken off."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress
from random import Random
from unittest.mock import patch

from websockets.frames import Opcode

from tests.limits.asking import HELLO, ask
from tests.limits.raw import UPGRADE, announced, framed
from tests.limits.rig import Rig
from tests.scoreboard.row import Context
from tests.support.links import LinkClosed
from threadhost.adapters.jsonrpc.followers import Followers
from threadhost.adapters.jsonrpc.transports import frame_socket

STEPS_MAX = 12
SILENT_MAX = 24
"""So many connections are left open and say nothing, while others come and go."""
ANSWERED_S = 10.0
ROUND = 1_000_000
MESSAGES = (
    *('{"id":1,"method":"thread/loaded/list"}', '{"id":2,"method":"thread/start","params":{}}'),
    *('{"method":"initialized"}', '{"id":3,"method":"initialize","params":{}}', "[]", "{", '"x"'),
    *('{"id":4}', '{"id":4,"error":"boom"}', '{"id":4,"result":1,"error":{}}'),
    *('{"id":4,"result":null}', '{"id":null,"method":"x"}'),
    '{"id":5,"method":"turn/start","params":{"threadId":"\\ud83d"}}',
)
ODD_HEADS = (0xC1, 0xA1, 0x91, 0x83, 0x87, 0x8B, 0x8F, 0x09)
"""Reserved bits, opcodes that there are none of, half a ping."""
CODES = (b"", b"\x03", b"\x03\xe8", b"\x03\xed", b"\xff\xff")
FRAMES = (
    *(bytes((head, 0x80, 0, 0, 0, 0)) for head in ODD_HEADS),
    *(framed(code, Opcode.CLOSE) for code in CODES),
    *(framed(b"\xff\xfe"), framed(b"x", Opcode.CONT), framed(b"x", fin=False)),
    *(framed(b"x" * 125, Opcode.PING), framed(b"x", Opcode.PONG), framed(b"x", Opcode.BINARY)),
    *(b"\x81\x02hi", b"\x81", b"\x81\xfe\x00", bytes((0x89, 0xFE, 0, 126)) + b"\0" * 130),
    *(announced(2**40), announced(2**24), bytes((0x81, 0xFF)) + b"\xff" * 12),
    *(framed(b"", fin=False), b"\r\n\r\n", b"\x16\x03"),
)
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def live(rig: Rig, context: Context, count: int) -> Counter[str]:
    """So many lives, a few at a time; a bystander is served after each, and nothing stays."""
    counts: Counter[str] = Counter()
    bystander = await rig.greeted("unix")
    silent: list[Stream] = []
    for number in range(count):
        if context.is_late:
            break
        random = context.random_of(context.round * ROUND + number)
        await _life(rig, random, counts, silent)
        counts["lives"] += 1
        try:
            await ask(bystander, "thread/loaded/list", {"limit": 1}, ANSWERED_S)
        except (TimeoutError, LinkClosed):
            context.violates("S1", f"the bystander was not answered after life {number}")
            break
        for failure in rig.failures.taken():
            context.violates("S1", f"life {number}: {failure}")
    for _, sink in silent:
        sink.transport.abort()
    await bystander.close()
    if left := await rig.left_behind():
        context.violates("L1", f"of connections that are gone, the host holds {left}")
    return counts


async def _life(rig: Rig, random: Random, counts: Counter[str], silent: list[Stream]) -> None:
    stream = await _connect(rig, random)
    with suppress(ConnectionError):
        await _begin(stream, random)
        for _ in range(random.randint(0, STEPS_MAX)):
            await random.choices(STEPS, WEIGHTS)[0](stream, random)
            counts["steps"] += 1
    if random.random() < 0.15:
        silent.append(stream)
        counts["left open"] += 1
        if len(silent) > SILENT_MAX:
            silent.pop(0)[1].transport.abort()
    else:
        _end(stream, random)


async def _connect(rig: Rig, random: Random) -> Stream:
    if random.random() < 0.5:
        return await asyncio.open_unix_connection(str(rig.home / "s"))
    return await asyncio.open_connection("127.0.0.1", rig.listeners["websocket"].address.port)


async def _begin(stream: Stream, random: Random) -> None:
    """Nothing, a part of the handshake, or all of it; mostly with a greeting behind."""
    head = f"{UPGRADE}\r\n".encode()
    if (chance := random.random()) < 0.15:
        await _noise(stream, random)
        return
    await _write(stream, head[: random.randrange(len(head))] if chance < 0.3 else head)
    if chance > 0.4:
        hello = {"id": 0, "method": "initialize", "params": HELLO}
        await _write(stream, framed(json.dumps(hello).encode()))


async def _write(stream: Stream, data: bytes) -> None:
    stream[1].write(data)
    await stream[1].drain()


async def _say(stream: Stream, random: Random) -> None:
    await _write(stream, framed(random.choice(MESSAGES).encode()))


async def _break(stream: Stream, random: Random) -> None:
    await _write(stream, random.choice(FRAMES))


async def _split(stream: Stream, random: Random) -> None:
    """A frame of which the rest comes later, or never."""
    frame = framed(random.choice(MESSAGES).encode())
    at = random.randrange(len(frame))
    await _write(stream, frame[:at])
    if random.random() < 0.7:
        await asyncio.sleep(0)
        await _write(stream, frame[at:])


async def _noise(stream: Stream, random: Random) -> None:
    await _write(stream, random.randbytes(random.randint(1, 64)))


async def _half_close(stream: Stream, random: Random) -> None:
    with suppress(OSError):
        stream[1].get_extra_info("socket").shutdown(socket.SHUT_WR)


async def _hear(stream: Stream, random: Random) -> None:
    """Read some of what came."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.001):
            await stream[0].read(4096)


STEPS: tuple[Callable[[Stream, Random], Awaitable[None]], ...] = (
    _say,
    _break,
    _split,
    _noise,
    _half_close,
    _hear,
)
WEIGHTS = (50, 20, 10, 3, 2, 15)


def _end(stream: Stream, random: Random) -> None:
    """In good order, or with a reset."""
    sink = stream[1]
    end = sink.get_extra_info("socket")
    if random.random() < 0.5:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sink.transport.abort()


def never_forgets() -> AbstractContextManager[object]:
    """The mutant: what is held of a connection is held for good."""
    return patch.object(Followers, "leave", lambda *_: None)


def trusts_first_bytes() -> AbstractContextManager[object]:
    """The mutant: what a connection begins with is text."""

    def careless(data: bytes) -> bytes | None:
        data.decode("ascii")
        return None

    return patch.object(frame_socket, "non_http_reply", careless)
