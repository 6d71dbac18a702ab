"""A host whose memory or descriptors are taken away from outside, a little more each time."""

import asyncio
import itertools
import json
import re
import resource
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from tests.limits.hosted import MIB, Hosted, hosting
from tests.limits.raw import UPGRADE, Hung, Raw
from tests.scoreboard.row import Context

What = Literal["memory", "descriptors"]
LIMIT = {"memory": resource.RLIMIT_AS, "descriptors": resource.RLIMIT_NOFILE}
LARGE = {"memory": 3 * MIB, "descriptors": 200_000}
LATER = re.compile("try again later|Server overloaded")
WITHIN_S, TURN_S, SETTLED_S = 3.0, 20.0, 0.1


class Squeeze:
    """One host, and the client that asks it for all kinds of things."""

    def __init__(self, context: Context, hosted: Hosted, what: What) -> None:
        self.context = context
        self.hosted = hosted
        self.what = what
        self.counts: Counter[str] = Counter()
        self.thread = ""
        self.is_lost = False
        self.client: Raw

    async def begin(self) -> None:
        """A thread, and everything done once that will be asked for."""
        self.client = await Raw.greeted(self.hosted, "unix")
        answer = await self.client.call("thread/start", {})
        self.thread = answer["result"]["thread"]["id"]
        await self.everything("before")

    async def step(self, left: int) -> None:
        """Take all away but so much, ask, give it back, ask again."""
        await asyncio.sleep(SETTLED_S)  # whoever left has been let go of
        process, limit = self.hosted.info, LIMIT[self.what]
        soft, hard = process.rlimit(limit)
        process.rlimit(limit, (self._limit(left), hard))
        try:
            await self.everything(f"with {left} left")
        finally:
            if self.hosted.is_alive:
                process.rlimit(limit, (soft, hard))
        self.must(self.hosted.is_alive, f"the host stopped with {left} left")
        await self.everything("afterwards", short=False)

    def _limit(self, left: int) -> int:
        if self.what == "memory":
            return int(self.hosted.info.memory_info().vms) + left * MIB
        numbers = {
            int(entry.name) for entry in Path(f"/proc/{self.hosted.process.pid}/fd").iterdir()
        }
        free = (number for number in itertools.count() if number not in numbers)
        return next(itertools.islice(free, left, None))

    def must(self, holds: bool, what: str) -> None:  # noqa: FBT001
        """Complain if it does not hold."""
        if not holds:
            self.context.violates("I5 V1", f"{self.what}: {what}")

    async def everything(self, when: str, *, short: bool = True) -> None:
        """Small and large requests, and somebody new; each is done, or refused in words."""
        is_short = short and when != "before"
        if self.is_lost:
            await self._reconnect()
        for name, method, params in (
            ("list", "thread/list", {}),
            ("small turn", "turn/start", self._said("hi")),
            ("large turn", "turn/start", self._said("x" * LARGE[self.what])),
            ("start", "thread/start", {}),
            ("read", "thread/read", {"threadId": self.thread}),
        ):
            said = await self._ask(method, params)
            fine = said == "done" or (is_short and (LATER.search(said) is not None))
            self.must(fine or (is_short and said == "hung up"), f"{when}: {name}: {said}")
            self.counts[said if said in ("done", "hung up") else "refused"] += 1
        await self._newcomer(when, is_short=is_short)

    def _said(self, text: str) -> dict[str, Any]:
        return {"threadId": self.thread, "input": [{"type": "text", "text": text}]}

    async def _ask(self, method: str, params: Any) -> str:
        try:
            async with asyncio.timeout(TURN_S):
                answer = await self.client.call(method, params)
        except (TimeoutError, Hung):
            return "no answer"
        except ConnectionError:
            self.is_lost = True
            return "hung up"
        return "done" if "result" in answer else str(answer["error"]["message"])

    async def _reconnect(self) -> None:
        await self.client.close()
        with suppress(OSError, TimeoutError, Hung):
            async with asyncio.timeout(WITHIN_S):
                self.client = await Raw.greeted(self.hosted, "unix")
                self.is_lost = False

    async def _newcomer(self, when: str, *, is_short: bool) -> None:
        """While something is short a newcomer may have to wait; before and after it may not."""
        try:
            async with asyncio.timeout(WITHIN_S if is_short else TURN_S):
                async with await Raw.to(self.hosted, "ws") as raw:
                    status = await raw.request(UPGRADE)
        except (OSError, TimeoutError, Hung):
            status = 0
        self.counts["let in" if status == 101 else "kept waiting"] += 1
        self.must(is_short or status == 101, f"{when}: a newcomer is answered {status}")


async def squeeze(context: Context, home: Path, what: What, steps: range) -> Counter[str]:
    """A host with more and more left, from next to nothing on."""
    addresses = (f"unix://{home}/s", "ws://127.0.0.1:0")
    async with hosting(home, addresses) as hosted:
        fight = Squeeze(context, hosted, what)
        await fight.begin()
        for left in steps:
            if context.is_late or not hosted.is_alive:
                break
            await fight.step(left)
            fight.counts["steps"] += 1
        listed = await fight.client.call("thread/loaded/list", {})
        fight.must("result" in listed, f"in the end: {json.dumps(listed)[:200]}")
        fight.must(sum(hosted.said) < MIB, f"{sum(hosted.said)} bytes of log lines")
        await fight.client.close()
        return fight.counts
