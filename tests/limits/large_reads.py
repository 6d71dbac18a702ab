"""Readers that read all they get, at full speed or slowly: what they are told, what it costs."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.frames import Opcode

from tests.limits.hosted import MIB, Hosted, hosting, standing_by
from tests.limits.line_bombs import Lines
from tests.limits.raw import Raw
from tests.scoreboard.row import Context, Counts
from threadhost.adapters.config import Limits

FRAME_BYTES_MAX = Limits().frame_bytes_max
ADDRESSES = ("stdio://", "unix://{}/s", "ws://127.0.0.1:0")
ANSWER_BYTES = 1_000_000
PAGES = {"page_bytes_max": 2 * FRAME_BYTES_MAX}
"""No page keeps an answer from being too large for a message."""
SLACK_MIB = 40
"""What a host may grow by for other reasons while it gives answers one after the other."""
NOTICEABLE_MS = 500.0
SLOW = {
    "outbox_bytes_max": MIB,
    "outbox_high_water_bytes": MIB // 2,
    "outbox_low_water_bytes": MIB // 8,
    "slow_reader_timeout_ms": 2000,
}
TEXT_BYTES = 300_000
PAUSE_S = 0.05
RECEIVE_BYTES = 64 * 1024
Send = Callable[[bytes], Awaitable[None]]
Receive = Callable[[], Awaitable[bytes]]


def _asked(number: object, method: str, **params: Any) -> bytes:
    return json.dumps({"id": number, "method": method, "params": params}).encode()


def _facts(message: dict[str, Any]) -> list[str]:
    """What a notification says for good, by name: the end of an item or of a turn."""
    of = {"item/completed": "item", "turn/completed": "turn"}.get(message.get("method", ""))
    return [f"{message['method']} {message['params'][of]['id']}"] if of else []


class Reader:
    """One connection of any kind, message by message."""

    def __init__(self, send: Send, receive: Receive) -> None:
        self.send, self._receive = send, receive
        self.largest = 0

    @classmethod
    def of_frames(cls, raw: Raw) -> "Reader":
        """Over a websocket."""

        async def receive() -> bytes:
            while True:
                opcode, data = await raw.message()
                if opcode == Opcode.TEXT:
                    return data
                if opcode == Opcode.CLOSE:
                    raise ConnectionResetError(f"closed with {data!r}")

        return cls(raw.frame, receive)

    @classmethod
    def of_lines(cls, lines: Lines) -> "Reader":
        """Over stdio."""

        async def receive() -> bytes:
            line = await lines.line()
            return line if line.endswith(b"\n") else b""  # half a line is the end, too

        return cls(lambda data: lines.write(data + b"\n"), receive)

    async def receive(self) -> dict[str, Any]:
        """The next message. Raises ConnectionError at the end."""
        data = await self._receive()
        if not data:
            raise ConnectionResetError("the host hung up")
        self.largest = max(self.largest, len(data))
        message: dict[str, Any] = json.loads(data)
        return message

    async def answer(self, number: object) -> dict[str, Any]:
        """The answer under this id."""
        while (message := await self.receive()).get("id") != number or "method" in message:
            pass
        return message

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a request."""
        await self.send(_asked("ask", method, **params))
        return await self.answer("ask")

    async def turn(self, thread_id: str, text: str) -> list[str]:
        """A turn to its end; the facts that were told of it."""
        await self.ask("turn/start", threadId=thread_id, input=[{"type": "text", "text": text}])
        facts: list[str] = []
        while not facts or not facts[-1].startswith("turn/completed"):
            facts += _facts(await self.receive())
        return facts

    async def start(self) -> str:
        """A new thread."""
        return str((await self.ask("thread/start"))["result"]["thread"]["id"])


async def read_much(context: Context, home: Path, count: int) -> Counts:
    """So many answers of a megabyte at once, over each transport; and one that is too large."""
    addresses = tuple(address.format(home) for address in ADDRESSES)
    async with (
        hosting(home, addresses, limits=PAGES) as hosted,
        standing_by(hosted) as bystander,
        await Raw.greeted(hosted, "unix") as unix,
        await Raw.greeted(hosted, "ws") as port,
    ):
        lines = Lines(hosted)
        await lines.greet()
        readers = {
            "stdio": Reader.of_lines(lines),
            "unix": Reader.of_frames(unix),
            "ws": Reader.of_frames(port),
        }
        threads = [await readers["unix"].start() for _ in range(count)]
        for thread_id in threads:
            await readers["unix"].turn(thread_id, "x" * ANSWER_BYTES)
        await bystander.delays()
        grown: Counts = {}
        for way, reader in readers.items():
            before = hosted.rss_bytes
            hosted.reset_peak()
            await _read_all(context, way, reader, threads)
            grown[f"{way} grown MiB"] = round((hosted.peak_bytes - before) / MIB)
        waited = await bystander.delays()
        _judge(context, hosted, grown, waited.p99_ms)
        await _too_large(context, readers["ws"])
        for way, reader in readers.items():
            if reader.largest > FRAME_BYTES_MAX:
                context.violates("S1", f"{way}: a message of {reader.largest} bytes was sent")
        return {"large answers": 3 * count, **grown, "p99 ms of a bystander": waited.p99_ms}


def _judge(context: Context, hosted: Hosted, grown: Counts, p99_ms: float) -> None:
    limits = Limits()
    cap = limits.outbox_high_water_bytes + limits.large_answers_max * 2 * ANSWER_BYTES
    for name, mib in grown.items():
        if float(mib) > cap / MIB + SLACK_MIB:
            context.violates("S1", f"{name} {mib}, not {cap / MIB + SLACK_MIB:.0f}")
    if p99_ms > NOTICEABLE_MS:
        context.violates("S1", f"a bystander's p99 was {p99_ms} ms meanwhile")
    if not hosted.is_alive:
        context.violates("V1", "the host stopped")


async def _read_all(context: Context, way: str, reader: Reader, threads: list[str]) -> None:
    async def ask() -> None:
        for number, thread_id in enumerate(threads):
            await reader.send(_asked(number, "thread/read", threadId=thread_id, includeTurns=True))

    asking = asyncio.create_task(ask())
    try:
        left = set(range(len(threads)))
        while left:  # reads of different threads overtake each other
            answer = await reader.receive()
            if answer.get("id") not in left or "method" in answer:
                continue
            left.discard(answer["id"])
            if len(str(answer.get("result"))) < ANSWER_BYTES:
                context.violates("V1", f"{way}: answer {answer['id']} is {str(answer)[:200]}")
    except ConnectionError as error:
        context.violates("S1 V1", f"{way}: a client that reads all is hung up on: {error}")
    await asking


async def _too_large(context: Context, reader: Reader) -> None:
    thread_id = await reader.start()
    for _ in range(6):
        await reader.turn(thread_id, "y" * 3 * MIB)
    answer = await reader.ask("thread/read", threadId=thread_id, includeTurns=True)
    if "error" in answer and "in pages" not in answer["error"]["message"]:
        context.violates("V1", f"what is too large is refused with {answer['error']['message']}")
    page = await reader.ask("thread/turns/list", threadId=thread_id, limit=1, itemsView="full")
    if len(page.get("result", {}).get("data", ())) != 1:
        context.violates("V1", f"a page of it is {str(page)[:200]}")


async def read_little(context: Context, home: Path, turns: int) -> Counts:
    """A subscriber that takes a little at a time of what comes much faster; what it is told."""
    addresses = tuple(address.format(home) for address in ADDRESSES)
    async with (
        hosting(home, addresses, limits=SLOW) as hosted,
        await Raw.greeted(hosted, "ws", receive_bytes=RECEIVE_BYTES) as slow_raw,
        await Raw.greeted(hosted, "unix") as fast_raw,
    ):
        slow, fast = Reader.of_frames(slow_raw), Reader.of_frames(fast_raw)
        await slow.ask("host/events/subscribe", afterPosition=0)
        thread_id = await fast.start()
        reading = asyncio.create_task(_read_slowly(slow_raw, slow, turns))
        facts: list[str] = []
        for _ in range(turns):
            facts += await fast.turn(thread_id, "z" * TEXT_BYTES)
        try:
            told = await reading
        except (ConnectionError, AssertionError) as error:
            context.violates("S1 N1", f"a slow reader that reads on is given up: {error}")
            return {}
        _compare(context, told, facts)
        return {"turns told slowly": turns, "of it after a gap": told.warned}


@dataclass
class _Told:
    facts: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    warned: int = 0


def _compare(context: Context, told: _Told, facts: list[str]) -> None:
    missing = set(facts).difference(told.facts)
    if missing:
        context.violates("N1", f"{len(missing)} of {len(facts)} facts were never told")
    if len(told.facts) != len(set(told.facts)):
        context.violates("N1", "a fact was told twice")
    if told.positions != sorted(told.positions):
        context.violates("N1", "the cursor of a slow reader went back")
    if not told.warned:
        context.violates("N1", "nobody said that deltas are missing")


async def _read_slowly(raw: Raw, reader: Reader, turns: int) -> _Told:
    told = _Told()
    ended = 0
    while ended < turns:
        raw.read_on()
        message = await reader.receive()
        raw.stop_reading()
        await asyncio.sleep(PAUSE_S)
        told.positions.append(message["position"])
        told.warned += message["method"] == "warning"
        told.facts += _facts(message)
        ended += message["method"] == "turn/completed"
    return told
