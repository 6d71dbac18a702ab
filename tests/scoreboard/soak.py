"""Many live threads at mixed work, and what the process holds while they are at it."""

import asyncio
import gc
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import psutil

from tests.scoreboard.figures import percentiles
from tests.scoreboard.forks import Tell
from tests.scoreboard.host import Talker, hosting, talk
from threadhost.adapters.app import App

WORKERS = 8
LAG_EVERY_S = 0.01
SETTLED_WITHIN_S = 10
SAMPLE_EVERY_S = 0.5
NEW_SHARE = 0.12
"""How many requests replace a thread by a new one: histories stay as long as they are."""


class Soak:
    """One process: a population of live threads, workers that use them, samples of resources."""

    def __init__(self, seed: int, threads: int, seconds: float, tell: Tell) -> None:
        self.random = Random(seed)
        self.threads = threads
        self.seconds = seconds
        self.tell = tell
        self.ids: list[deque[str]] = [deque() for _ in range(WORKERS)]
        self.requests = self.turns = self.forks = self.visits = 0
        self.lags_ms: list[float] = []
        self.over = asyncio.Event()

    async def run(self, home: Path) -> None:
        """Fill, warm up until each thread was replaced once, measure, empty."""
        async with hosting(home) as app:
            watcher = await talk(app, "sampler", deaf=True)
            clients = [await talk(app, f"worker-{n}") for n in range(WORKERS)]
            await self._fill(clients)
            await self._phase(clients, lambda: self.turns >= self.threads * 3)
            self.sample(quiet=True, live=len(app.host.live.ids()))
            tasks = len(asyncio.all_tasks())
            end = time.monotonic() + self.seconds
            lag = asyncio.create_task(self._lag())
            await self._phase(clients, lambda: time.monotonic() >= end)
            lag.cancel()
            await watcher.level()
            await self._no_more_tasks_than(tasks)
            self.sample(quiet=True, live=len(app.host.live.ids()))
            for thread_id in (thread_id for ids in self.ids for thread_id in ids):
                await watcher.ask("thread/delete", threadId=thread_id)
            self.sample(quiet=True, live=len(app.host.live.ids()))
        lags = percentiles("lag", self.lags_ms)
        done = {"requests": self.requests, "turns": self.turns}
        done |= {"forks in memory": self.forks, "visits": self.visits}
        self.tell(ended=True, **done, **lags)

    async def _no_more_tasks_than(self, tasks: int) -> None:
        """Space is given back a while after the deletions, which ends by itself."""
        for _ in range(SETTLED_WITHIN_S * 20):
            if len(asyncio.all_tasks()) <= tasks:
                return
            await asyncio.sleep(0.05)

    def sample(self, *, quiet: bool, **more: object) -> None:
        """What the process holds now."""
        me = psutil.Process()
        loop: Any = asyncio.get_running_loop()
        timers = [t for t in loop._scheduled if not t.cancelled()]
        if quiet:
            gc.collect()
            more["objects"] = Counter(type(found).__qualname__ for found in gc.get_objects())
        self.tell(
            sample=time.monotonic(),
            quiet=quiet,
            rss=me.memory_info().rss,
            descriptors=psutil.Process().num_fds(),
            os_threads=me.num_threads(),
            tasks=len(asyncio.all_tasks()),
            timers=len(timers),
            turns=self.turns,
            **more,
        )

    async def _fill(self, clients: list[Talker]) -> None:
        for _ in range(-(-self.threads // WORKERS)):
            started = await asyncio.gather(*(client.start() for client in clients))
            for ids, thread_id in zip(self.ids, started, strict=True):
                ids.append(thread_id)

    async def _phase(self, clients: list[Talker], is_over: Callable[[], bool]) -> None:
        """Work until that is over, then until all is quiet."""
        self.over.clear()
        pairs = zip(clients, self.ids, strict=True)
        workers = [asyncio.create_task(self._work(*pair)) for pair in pairs]
        while not is_over():
            self.sample(quiet=False)
            await asyncio.wait(workers, timeout=SAMPLE_EVERY_S, return_when=asyncio.FIRST_EXCEPTION)
            for worker in workers:
                if worker.done():
                    worker.result()
        self.over.set()
        await asyncio.gather(*workers)

    async def _work(self, client: Talker, ids: deque[str]) -> None:
        random = Random(self.random.random())
        while not self.over.is_set():
            await self._one(client, ids, random)
            self.requests += 1
            client.notices.clear()
            client.order.clear()

    async def _one(self, client: Talker, ids: deque[str], random: Random) -> None:
        thread_id, chance = ids[random.randrange(len(ids))], random.random()
        if chance < NEW_SHARE:
            await client.ask("thread/delete", threadId=ids.popleft())
            ids.append(await client.start())
        elif chance < 0.6:
            turn_id = await client.turn(thread_id, "what is the time?")
            await client.ended(turn_id)
            client.forget(turn_id)
            self.turns += 1
        elif chance < 0.75:
            await client.ask("thread/name/set", threadId=thread_id, name=f"name {chance}")
        elif chance < 0.95:
            await client.ask("thread/read", threadId=thread_id, includeTurns=True)
        elif chance < 0.97:
            await client.ask("thread/list", limit=25)
        elif chance < 0.985:
            about = {"threadId": thread_id, "ephemeral": True, "excludeTurns": True}
            # One that had no turn yet has nothing to copy.
            self.forks += not await client.refusal("thread/fork", **about)
        else:
            await self._visit(client.app)

    async def _visit(self, app: App) -> None:
        """A client that says much of itself, and goes."""
        visitor = Talker(app)
        await visitor.open("visitor " * 20, extensions={"all": [[] for _ in range(1000)]})
        await visitor.close()
        self.visits += 1

    async def _lag(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(LAG_EVERY_S)
            self.lags_ms.append((time.monotonic() - began - LAG_EVERY_S) * 1000)
