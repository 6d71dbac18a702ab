"""A host in memory for seeded schedules: its store commits late and refuses now and then."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from uuid import UUID

from tests.support.hosts import FAST_RESTARTS, NO_RETRIES, Ears, message
from threadhost.actors.host import Host, HostPolicy
from threadhost.actors.models import (
    CallLimits,
    ModelEvent,
    ModelFailed,
    ModelRequest,
    ModelWindow,
    ResponseDone,
    TokenUsage,
)
from threadhost.actors.runtime.journal import Outside
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.threads import ThreadPolicy
from threadhost.events.store.errors import StoreOverloaded, StoreUnavailable
from threadhost.events.store.log import Log
from threadhost.events.store.writer import Writer
from threadhost.projections import all_views

if TYPE_CHECKING:
    from threadhost.events.base import Recorded

POLICY = HostPolicy(shutdown_deadline_ms=5_000, threads=ThreadPolicy(FAST_RESTARTS))
USAGE = TokenUsage(1, 0, 2, 0, 3)
REFUSED_SHARE = 0.08


class LoopClock:
    """The time of the running loop."""

    def now_ms(self) -> int:
        """Milliseconds since a moment long ago."""
        return 1_763_798_400_000 + int(self.monotonic() * 1000)

    def monotonic(self) -> float:
        """Seconds."""
        return asyncio.get_running_loop().time()


class SeededIds:
    """Identifiers that are the same for the same seed, later ones greater."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._made = 0

    def new(self) -> str:
        """A fresh one."""
        self._made += 1
        return str(UUID(int=(self._made << 80) | self._random.getrandbits(64)))


class MoodyModel:
    """A model that answers, now and then hangs, and now and then fails."""

    name = "puppet"
    default_model = "puppet-1"

    def __init__(self, random: Random) -> None:
        self._random = random
        self._asked = 0

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """What the model says."""
        self._asked += 1
        mood = self._random.random()
        for event in message("done"):
            await asyncio.sleep(0)
            yield event
        if mood < 0.25:
            await asyncio.Event().wait()
        if mood < 0.35:
            raise ModelFailed("it is not in the mood", "serverOverloaded")
        yield ResponseDone(f"r{self._asked}", USAGE)

    def limits(self, provider: str) -> CallLimits:
        """None of its failures is worth another call."""
        return NO_RETRIES

    def window(self, provider: str, model: str) -> ModelWindow:
        """It takes in whatever there is."""
        return ModelWindow()

    async def warm_up(self) -> None:
        """Nothing to prepare."""

    async def close(self) -> None:
        """Nothing to release."""


class World:
    """An open host in memory, and what was published of it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.ids = SeededIds(random)
        durable = Log.in_memory(all_views())
        self.logs = Logs(durable, Log.in_memory(all_views()))
        outside = Outside(MoodyModel(random), LoopClock(), self.ids, Ears(), chance=random.random)
        self.host = Host(self.logs, outside, durable.log_id, POLICY)
        self.seen: list[Recorded] = []
        for log in (durable, self.logs.ephemeral):
            log.feed.listen(self.seen.extend)

    async def close(self) -> None:
        """Let go of the logs."""
        await self.logs.durable.close()
        await self.logs.ephemeral.close()


class Store:
    """How stores in memory behave meanwhile: like one with a thread of its own, and moody."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.refuses = True
        self.refused = 0
        self._waiting: dict[Writer, list[Any]] = {}
        self._at_work: dict[Writer, asyncio.Task[None]] = {}

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """All writers of this process do as this store says."""
        append, store = Writer.append, self

        async def moody(writer: Writer, request: Any, asker: str = "") -> Any:
            if store.refuses and store.random.random() < REFUSED_SHARE:
                store.refused += 1
                raise store.random.choice((StoreOverloaded, StoreUnavailable))("not now")
            return await append(writer, request, asker)

        async def late(writer: Writer, submitted: Any, future: Any) -> Any:
            waiting = store._waiting.setdefault(writer, [])
            waiting.append(submitted.entry)
            if len(waiting) == 1:
                store._at_work[writer] = asyncio.create_task(store._work_off(writer))
            return await future

        with ExitStack() as stack:
            stack.enter_context(patch.object(Writer, "append", moody))
            stack.enter_context(patch.object(Writer, "_submit", late))
            # It rests by a clock that no seed decides.
            stack.enter_context(
                patch("threadhost.events.store.sqlite.scrub.monotonic", lambda: 0.0)
            )
            yield

    async def _work_off(self, writer: Writer) -> None:
        """Commit what has gathered, and answer later; nothing overtakes."""
        waiting = self._waiting[writer]
        while waiting:
            for _ in range(self.random.randrange(4)):
                await asyncio.sleep(0)
            taken = len(waiting)
            answers = writer._answers_to(waiting[:taken])
            await asyncio.sleep(0)
            writer._hand_out(answers)
            del waiting[:taken]
