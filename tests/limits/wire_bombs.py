"""What a client can do to a connection: lie about sizes, stop half-way, never finish or read."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from websockets.frames import Opcode

from tests.limits.hosted import MIB, Hosted
from tests.limits.message_bombs import FRAME
from tests.limits.raw import UPGRADE, Raw, announced, framed

Act = Callable[[Hosted, str], Awaitable[str]]
"""Does it over `ws` or `unix`; returns what the host did wrong, or an empty text."""
STILL_S = 0.02
LIST = b'{"id":%d,"method":"thread/loaded/list","params":{"limit":1}}'


class WireBomb(NamedTuple):
    """One thing to do, and how."""

    name: str
    act: Act


async def _after(raw: Raw, *, lives: bool) -> str:
    """Whether the connection is as it should be after what was done to it."""
    try:
        if lives:
            await raw.call("thread/loaded/list", {})
        else:
            await raw.until_closed()
    except ConnectionError:
        return "the connection is gone" if lives else ""
    finally:
        await raw.close()
    return ""


def sent(*pieces: bytes, lives: bool = False, times: int = 1) -> Act:
    """Send these bytes again and again; the connection lives, or is closed."""

    async def act(hosted: Hosted, way: str) -> str:
        raw = await Raw.greeted(hosted, way)
        with suppress(ConnectionError):
            for _ in range(times):
                for piece in pieces:
                    await raw.write(piece)
        return await _after(raw, lives=lives)

    return act


def knocked(head: str, *allowed: int) -> Act:
    """An HTTP request that is no handshake; allowed answers, 0 for none."""

    async def act(hosted: Hosted, way: str) -> str:
        raw = await Raw.to(hosted, way)
        status = await raw.request(head)
        await raw.close()
        return "" if status in allowed else f"answered {status}"

    return act


async def _unread_pings(hosted: Hosted, way: str) -> str:
    raw = await Raw.greeted(hosted, way)
    raw.stop_reading()
    pings = framed(b"x" * 125, Opcode.PING) * 1000
    try:
        for _ in range(400):
            await raw.write(pings)
    except ConnectionError:
        return ""
    finally:
        await raw.close()
    return "it took 400,000 pings whose answers nobody read"


async def _half_close(hosted: Hosted, way: str) -> str:
    raw = await Raw.greeted(hosted, way)
    await raw.frame(LIST % 1)
    raw.sink.write_eof()
    return await _after(raw, lives=False)


async def _reset_in_a_frame(hosted: Hosted, way: str) -> str:
    raw = await Raw.greeted(hosted, way)
    await raw.write(framed(b"x" * 100_000)[:5000])
    raw.reset()
    return ""


async def _reset_in_the_handshake(hosted: Hosted, way: str) -> str:
    for _ in range(100):
        raw = await Raw.to(hosted, way)
        await raw.write(UPGRADE[:50].encode())
        raw.reset()
    return ""


async def _come_and_go(hosted: Hosted, way: str) -> str:
    for _ in range(200):
        raw = await Raw.upgraded(hosted, way)
        raw.reset()
    return ""


def dripping(data: bytes) -> Act:
    """A byte at a time, for a while, then gone in the middle."""

    async def act(hosted: Hosted, way: str) -> str:
        raw = await Raw.to(hosted, way)
        for byte in data:
            await raw.write(bytes((byte,)))
            await asyncio.sleep(STILL_S)
        raw.reset()
        return ""

    return act


async def _slow_message(hosted: Hosted, way: str) -> str:
    """A whole request, a byte at a time: it is served like any other."""
    raw = await Raw.greeted(hosted, way)
    for byte in framed(LIST % 1):
        await raw.write(bytes((byte,)))
        await asyncio.sleep(STILL_S / 4)
    await raw.answer(1)
    await raw.close()
    return ""


def pipelined(message: bytes, count: int, *, read: bool = True) -> Act:
    """Very many messages before anything is read; each request is answered, or all is over."""

    async def act(hosted: Hosted, way: str) -> str:
        raw = await Raw.greeted(hosted, way)
        writing = asyncio.create_task(_write_all(raw, message, count))
        if not read:
            raw.stop_reading()
            await asyncio.wait([writing], timeout=1.0)
            writing.cancel()
            await asyncio.wait([writing])
            await raw.close()
            return ""
        await asyncio.wait([writing])
        answers = 0
        while answers < count:
            try:
                _, data = await raw.message()
            except ConnectionError:
                return f"hung up after {answers} of {count} answers"
            answers += b'"method"' not in data[:20]
        return await _after(raw, lives=True)

    return act


async def _write_all(raw: Raw, message: bytes, count: int) -> None:
    with suppress(ConnectionError):
        for first in range(0, count, 100):
            some = (message % n if b"%d" in message else message for n in range(first, first + 100))
            await raw.write(b"".join(map(framed, some)))


def endless_fragments(size: int, total: int) -> Act:
    """A message in pieces that never ends; the host has to stop it."""

    async def act(hosted: Hosted, way: str) -> str:
        raw = await Raw.greeted(hosted, way)
        piece = framed(b"x" * size, Opcode.CONT, fin=False)
        with suppress(ConnectionError):
            await raw.frame(b"x", fin=False)
            for _ in range(total // size):
                await raw.write(piece)
        return await _after(raw, lives=False)

    return act


def oversized(announce: int, send: int) -> Act:
    """A frame that says how long it is, and as much of it as the host takes."""

    async def act(hosted: Hosted, way: str) -> str:
        raw = await Raw.greeted(hosted, way)
        with suppress(ConnectionError):
            await raw.write(announced(announce))
            for _ in range(send // MIB):
                await raw.write(b"x" * MIB)
        return await _after(raw, lives=False)

    return act


def _frames() -> Iterator[WireBomb]:
    for name, size in (("2^63-1", 2**63 - 1), ("2^40", 2**40), ("1 GiB", 2**30)):
        yield WireBomb(f"a frame of {name} bytes announced", oversized(size, 0))
    yield WireBomb("a frame of 256 MiB sent", oversized(256 * MIB, 256 * MIB))
    yield WireBomb("fragments without end", endless_fragments(MIB, 256 * MIB))
    yield WireBomb("small fragments without end", endless_fragments(4096, 64 * MIB))
    yield WireBomb("a negative length", sent(bytes((0x81, 0xFF)) + b"\xff" * 12))
    yield WireBomb("an unmasked frame", sent(b"\x81\x02hi"))
    for bit in ("rsv1", "rsv2", "rsv3"):
        head = {"rsv1": 0xC1, "rsv2": 0xA1, "rsv3": 0x91}[bit]
        yield WireBomb(f"reserved bit {bit}", sent(bytes((head, 0x80, 0, 0, 0, 0))))
    for opcode in (3, 7, 11, 15):
        yield WireBomb(f"opcode {opcode}", sent(bytes((0x80 | opcode, 0x80, 0, 0, 0, 0))))
    yield WireBomb("a ping of 126 bytes", sent(bytes((0x89, 0xFE, 0, 126)) + b"\0" * 130))
    yield WireBomb("half a ping", sent(bytes((0x09, 0x80, 0, 0, 0, 0))))
    yield WireBomb("a continuation of nothing", sent(framed(b"x", Opcode.CONT)))
    yield WireBomb("a message in a message", sent(framed(b"x", fin=False), framed(b"y")))
    for code in (b"", b"\x03", b"\x03\xed", b"\xff\xff", b"\x03\xe8\xff\xfe"):
        yield WireBomb(f"close with {code.hex() or 'nothing'}", sent(framed(code, Opcode.CLOSE)))
    yield WireBomb("noise after the close", sent(framed(b"", Opcode.CLOSE), b"\xff" * 100_000))
    for name, frame in (
        ("empty texts", framed(b"")),
        ("blanks", framed(b" ")),
        ("empty binaries", framed(b"", Opcode.BINARY)),
        ("text that is not UTF-8", framed(b"\xff\xfe")),
        ("pongs nobody asked for", framed(b"x" * 125, Opcode.PONG)),
        ("fragments of nothing", framed(b"", fin=False) + framed(b"", Opcode.CONT)),
    ):
        yield WireBomb(f"5,000 {name}", sent(frame * 500, lives=True, times=10))
    ping = framed(b"x" * 125, Opcode.PING)
    yield WireBomb("5,000 pings", sent(ping * 50, lives=True, times=100))
    yield WireBomb("400,000 pings, unread", _unread_pings)


def _doors() -> Iterator[WireBomb]:
    lines = UPGRADE.split("\r\n", 1)
    plain = "GET / HTTP/1.1\r\nHost: localhost\r\n"
    offers = ("permessage-deflate", "permessage-deflate; client_max_window_bits=99", "x" * 5000)
    for offer in (*offers, ", ".join(["permessage-deflate"] * 300)):
        head = f"{UPGRADE}Sec-WebSocket-Extensions: {offer}\r\n"
        yield WireBomb(f"compression {offer[:24]}", knocked(head, 101, 400, 0))
    for name, head in {
        "no upgrade": plain,
        "another version": UPGRADE.replace("Version: 13", "Version: 12"),
        "a short key": UPGRADE.replace("AAAAAAAAAAAAAAAAAAAAAA==", "AA=="),
        "no key": UPGRADE.replace("Sec-WebSocket-Key", "X"),
        "two keys": UPGRADE + "Sec-WebSocket-Key: BBBBBBBBBBBBBBBBBBBBBB==\r\n",
        "HTTP/1.0": UPGRADE.replace("HTTP/1.1", "HTTP/1.0"),
        "HTTP/9.9": UPGRADE.replace("HTTP/1.1", "HTTP/9.9"),
        "POST": UPGRADE.replace("GET", "POST"),
        "a body": UPGRADE + "Content-Length: 5\r\n",
        "a huge body": UPGRADE + "Content-Length: 99999999999\r\n",
        "chunks": UPGRADE + "Transfer-Encoding: chunked\r\n",
        "a long path": UPGRADE.replace("GET /", "GET /" + "a" * 100_000),
        "a long header": UPGRADE + "X: " + "a" * 100_000 + "\r\n",
        "10,000 headers": UPGRADE + "X: a\r\n" * 10_000,
        "an endless header": UPGRADE + "X: " + "a" * 2_000_000,
        "a folded header": lines[0] + "\r\n X: y\r\n" + lines[1],
        "a NUL in a header": UPGRADE + "X: a\0b\r\n",
        "bytes in a header": UPGRADE + "X: \xff\xfe\r\n",
        "no words": "\r\n\r\n",
        "noise": "\x80\xff" * 1000 + "\r\n",
        "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "a" * 500,
        "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n",
        "bare newlines": UPGRADE.replace("\r\n", "\n"),
        "two requests": plain + "\r\n" + plain,
        "a proxy's request": "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n",
        "an absolute path": UPGRADE.replace("GET /", "GET http://localhost/"),
    }.items():
        yield WireBomb(name, knocked(head, 101, 200, 400, 403, 404, 405, 414, 426, 431, 505, 0))
    yield WireBomb("a handshake a byte at a time", dripping(UPGRADE[:40].encode()))
    yield WireBomb("a frame a byte at a time", _slow_message)


def _manners() -> Iterator[WireBomb]:
    yield WireBomb("half-close with a request in flight", _half_close)
    yield WireBomb("reset in a frame", _reset_in_a_frame)
    yield WireBomb("reset in 100 handshakes", _reset_in_the_handshake)
    yield WireBomb("200 that come and go", _come_and_go)
    start = json.dumps({"id": 0, "method": "thread/start", "params": {}}).replace("0", "%d", 1)
    yield WireBomb("10,000 requests at once", pipelined(LIST, 10_000))
    yield WireBomb("10,000 requests, unread", pipelined(LIST, 10_000, read=False))
    yield WireBomb("1,000 threads at once", pipelined(start.encode(), 1_000))
    yield WireBomb("10,000 under one id", pipelined(LIST % 7, 10_000))
    yield WireBomb("10,000 malformed", pipelined(b"{", 10_000))
    yield WireBomb("10,000 unknown methods", pipelined(b'{"id":%d,"method":"no/such"}', 10_000))
    yield WireBomb(
        "10,000 notifications", sent(framed(b'{"method":"x"}') * 100, lives=True, times=100)
    )
    yield WireBomb("3 messages of 16 MiB at once", sent(*[framed(b" " * FRAME)] * 3, lives=True))


def corpus() -> list[WireBomb]:
    """All of them."""
    return [*_frames(), *_doors(), *_manners()]
