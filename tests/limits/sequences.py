"""Random sessions with a real host: every request is answered once, nobody else notices."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.limits.asking import HELLO, ask
from tests.limits.requests import Maker, expected_id
from tests.limits.rig import WAYS, Rig, Way
from tests.scoreboard.row import Context
from tests.support.links import Link, LinkClosed
from threadhost.adapters.jsonrpc.errors import INTERNAL

ANSWERED_S = 10.0
CLIENTS_MAX = 3
MESSAGES_MAX = 16
ROUND = 1_000_000


@dataclass
class Talk:
    """One client of a sequence: what it is owed, and what it got."""

    way: Way
    link: Link
    maker: Maker
    owed: Counter[str] = field(default_factory=Counter)
    got: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.hearing = asyncio.get_running_loop().create_task(self._hear())

    async def say(self, message: bytes) -> None:
        """Send a message; what it is owed is known before."""
        due = expected_id(message)
        if due is not None:
            self.owed[due] += 1
        self.sent.append(message)
        await self.link.send(message)

    async def paid(self) -> bool:
        """Wait until every request is answered; False if that does not come."""
        try:
            async with asyncio.timeout(ANSWERED_S):
                while not self.hearing.done() and self.owed - self.got:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return not self.owed - self.got

    async def leave(self) -> None:
        """Hang up; it is heard to the end, or the closing handshake would not be."""
        await self.link.close()
        self.hearing.cancel()
        await asyncio.wait([self.hearing])

    async def _hear(self) -> None:
        try:
            while True:
                self._look(json.loads(await self.link.receive()))
                self._news.set()
        except LinkClosed:
            self._news.set()

    def _look(self, message: dict[str, Any]) -> None:
        if "method" in message:
            return
        self.got[json.dumps(message["id"])] += 1
        self.maker.learn(message)
        error = message.get("error")
        if error is not None and error["code"] == INTERNAL:
            self.faults.append(f"an internal error reached the wire: {error['message']}")


async def play(rig: Rig, context: Context, count: int) -> Counter[str]:
    """So many sequences, or fewer in the time there is; what was sent and answered."""
    counts: Counter[str] = Counter()
    bystander = await rig.greeted("unix")
    for number in range(count):
        if context.is_late:
            break
        await _sequence(rig, context, counts, context.random_of(context.round * ROUND + number))
        counts["sequences"] += 1
        try:
            await ask(bystander, "thread/loaded/list", {"limit": 1}, ANSWERED_S)
        except (TimeoutError, LinkClosed):
            context.violates("S1", f"the bystander was not answered after sequence {number}")
            break
        _report_failures(rig, context, number)
    await bystander.close()
    await rig.end_lines()
    if left := await rig.left_behind():
        context.violates("L1", f"of clients that are gone, the host holds {left}")
    return counts


async def _sequence(rig: Rig, context: Context, counts: Counter[str], random: Random) -> None:
    maker = Maker(random)
    talks = [await _begin(rig, random, maker) for _ in range(random.randint(1, CLIENTS_MAX))]
    for number in range(random.randint(1, MESSAGES_MAX)):
        talk = random.choice(talks)
        if random.random() < 0.02:
            await talk.leave()
            talks.remove(talk)
            counts["hung up"] += 1
            if not talks:
                return
            continue
        await talk.say(maker.message(number + 10))
        counts["messages"] += 1
        if random.random() < 0.3:
            await talk.paid()
    for talk in talks:
        counts["answers"] += await _judge(talk, context)
        await talk.leave()


async def _begin(rig: Rig, random: Random, maker: Maker) -> Talk:
    way = random.choice(WAYS)
    talk = Talk(way, await rig.link(way), maker)
    if random.random() < 0.95:
        await talk.say(json.dumps({"id": 0, "method": "initialize", "params": HELLO}).encode())
    return talk


async def _judge(talk: Talk, context: Context) -> int:
    if not await talk.paid():
        missing = dict(talk.owed - talk.got)
        context.violates("S1", f"{talk.way}: not answered {missing!s:.300} of {talk.sent!s:.1500}")
    if more := talk.got - talk.owed:
        context.violates("S1", f"{talk.way}: answered too often {more!s:.300}")
    for fault in talk.faults:
        context.violates("S1", f"{talk.way}: {fault} after {talk.sent!s:.1500}")
    return talk.got.total()


def _report_failures(rig: Rig, context: Context, number: int) -> None:
    for failure in rig.failures.taken():
        context.violates("S1", f"sequence {number}: {failure}")
    if rig.app.failed.is_set():
        context.violates("S1", f"the host gave up in sequence {number}")
