"""Throwing every bomb at one host, with what each cost: memory, and a bystander's patience."""

import asyncio
import json
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.limits.hosted import MIB, Bystander, Hosted, hosting, standing_by
from tests.limits.line_bombs import LINE_BOMBS, Lines
from tests.limits.message_bombs import MessageBomb
from tests.limits.message_bombs import corpus as message_corpus
from tests.limits.newcomers import corpus as newcomer_corpus
from tests.limits.raw import Raw
from tests.limits.wire_bombs import WireBomb
from tests.limits.wire_bombs import corpus as wire_corpus
from tests.scoreboard.row import Context, Counts
from threadhost.adapters.jsonrpc.errors import INTERNAL

DELAY_MAX_MS = 3_000
"""What no bomb may make a bystander wait while the host works; other work of the machine apart."""
STUCK_MS = 15_000
"""What no bystander may wait, whoever has the processor."""
GROWTH_MAX_MIB = 80
"""What a bomb may cost in memory at its worst: a little over twice the largest message."""
HEAVY_GROWTH_MAX_MIB = 320
"""Likewise for a sound message as large as may be: twenty times its bytes."""
BOMB_S = 40.0
FEW = 16
THREADS = 5
WAYS = ("ws", "unix")
T = TypeVar("T", WireBomb, MessageBomb)


@dataclass
class Bombing:
    """One host under fire."""

    context: Context
    hosted: Hosted
    bystander: Bystander
    bombs: int = 0
    delay_max_ms: float = 0.0
    delay_by: str = ""
    growth_max_mib: float = 0.0
    growth_by: str = ""

    @property
    def is_over(self) -> bool:
        """Whether there is no time for more; a few are thrown in any case."""
        return self.bombs > FEW and self.context.is_late

    async def throw(self, name: str, act: Awaitable[str], growth_max_mib: int) -> None:
        """Do one thing to the host, and look at what it did."""
        before = self.hosted.rss_bytes
        self.hosted.reset_peak()
        await self.bystander.delays()
        spent = self.hosted.cpu_ms
        try:
            async with asyncio.timeout(BOMB_S):
                fault = await act
        except Exception as error:  # noqa: BLE001  (no answer is as bad as a wrong one)
            fault = repr(error)
        waited = (await self.bystander.delays()).max_ms
        growth = (self.hosted.peak_bytes - before) / MIB
        self._note(name, waited, growth)
        if fault:
            self.context.violates("S1", f"{name}: {fault}")
        if min(waited, self.hosted.cpu_ms - spent) > DELAY_MAX_MS or waited > STUCK_MS:
            self.context.violates("V1", f"{name}: the bystander waited {waited} ms")
        if growth > growth_max_mib:
            self.context.violates("S1", f"{name}: the host grew by {growth:.0f} MiB")

    def _note(self, name: str, waited: float, growth: float) -> None:
        self.bombs += 1
        if waited > self.delay_max_ms:
            self.delay_max_ms, self.delay_by = waited, name
        if growth > self.growth_max_mib:
            self.growth_max_mib, self.growth_by = growth, name


async def bomb(context: Context, home: Path, *, share: int = 1) -> Counts:
    """Every bomb, or the light ones of every `share`; what the worst of them did."""
    addresses = ("stdio://", f"unix://{home}/s", "ws://127.0.0.1:0")
    async with hosting(home, addresses) as hosted, standing_by(hosted) as bystander:
        await _furnish(hosted)
        before = hosted.rss_bytes
        fire = Bombing(context, hosted, bystander)
        wire = [*newcomer_corpus(), *wire_corpus()]
        await _wire(fire, _chosen(wire, context.seed, share))
        await _messages(fire, _chosen(message_corpus(), context.seed, share))
        if share == 1 and not context.is_late:
            await _lines(fire)
        return {
            "bombs": fire.bombs,
            "max delay of a bystander ms": round(fire.delay_max_ms),
            "by": fire.delay_by,
            "max growth MiB": round(fire.growth_max_mib),
            "by ": fire.growth_by,
            "growth after all MiB": round((hosted.rss_bytes - before) / MIB),
        }


async def _furnish(hosted: Hosted) -> None:
    """Threads that had a turn, so that lists and searches have something to look through."""
    raw = await Raw.greeted(hosted, "unix")
    for _ in range(THREADS):
        thread = (await raw.call("thread/start", {}))["result"]["thread"]["id"]
        text = {"type": "text", "text": "100%_(a+)+$ " * 100}
        await raw.call("turn/start", {"threadId": thread, "input": [text]})
    await raw.close()


def _chosen(bombs: list[T], seed: int, share: int) -> list[T]:
    if share == 1:
        return bombs
    light = [one for one in bombs if not getattr(one, "heavy", False)]
    return light[seed % share :: share]


async def _wire(fire: Bombing, bombs: Iterable[WireBomb]) -> None:
    for way in WAYS:
        for one in bombs:
            if fire.is_over:
                return
            await fire.throw(f"{one.name} ({way})", one.act(fire.hosted, way), GROWTH_MAX_MIB)


async def _messages(fire: Bombing, bombs: Iterable[MessageBomb]) -> None:
    for number, one in enumerate(bombs):
        if fire.is_over:
            return
        most = HEAVY_GROWTH_MAX_MIB if one.heavy else GROWTH_MAX_MIB
        way = WAYS[number % 2]
        await fire.throw(f"{one.name} ({way})", _answered(fire.hosted, way, one), most)


async def _answered(hosted: Hosted, way: str, bomb: MessageBomb) -> str:
    """A message is answered once, under its id if it has one that can be read; so is the next."""
    raw = await Raw.greeted(hosted, way)
    await raw.frame(bomb.make())
    await raw.frame(b'{"id":"after","method":"thread/loaded/list","params":{"limit":1}}')
    found: list[dict[str, Any]] = []
    while len(found) < 2:
        opcode, payload = await raw.message()
        message: dict[str, Any] = json.loads(payload) if opcode == 1 else {"method": ""}
        if "method" not in message:
            found.append(message)
    await raw.close()
    errors = [message["error"] for message in found if "error" in message]
    wrong = [error["message"] for error in errors if error["code"] == INTERNAL]
    if wrong:
        return f"an internal error: {wrong[0]}"
    ids = [message["id"] for message in found]
    if "after" not in ids:
        return "the next was not answered"
    ids.remove("after")
    return "" if ids == [bomb.id] else f"answered under {str(ids)[:99]}, not {bomb.id}"


async def _lines(fire: Bombing) -> None:
    lines = Lines(fire.hosted)
    await lines.greet()
    for name, act in LINE_BOMBS.items():
        await fire.throw(f"{name} (stdio)", act(lines), GROWTH_MAX_MIB)
