"""What one client of a seeded schedule asks for, and what it may be refused with."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.scoreboard.row import Context
from tests.scoreboard.stepped import World
from tests.support.hosts import ORIGIN, SETTINGS
from threadhost.actors.errors import Refusal
from threadhost.actors.fork import ForkThread
from threadhost.actors.queue import AddSubmission, RemoveSubmission
from threadhost.actors.revert import RevertThread
from threadhost.actors.thread import RenameThread, StartThread
from threadhost.actors.turn import InterruptTurn, StartTurn
from threadhost.events.base import Recorded
from threadhost.events.store.errors import StoreOverloaded, StoreUnavailable
from threadhost.events.thread import ThreadStarted
from threadhost.events.turn import TurnStarted

ANSWER_S = 120.0
PAUSE_S = 0.02
FORGOTTEN_SHARE = 0.7
"""How many of the deleted threads nobody asks for again."""
TEXT = [{"type": "text", "text": "hello"}]
MAY_BE = Refusal, StoreOverloaded, StoreUnavailable


class Unrest:
    """Asks for one thing after the other of threads that all clients share."""

    def __init__(self, world: World, context: Context) -> None:
        self.world = world
        self.context = context
        self.random = world.random
        self.threads: list[str] = []
        self.faults: list[str] = []
        self.outcomes: Counter[str] = Counter()
        self.deleted: list[str] = []
        self._requests: Sequence[Callable[[], Awaitable[object]]] = (
            *(self.start, self.spawn, self.spawn, self.fleeting, self.turn, self.turn, self.queue),
            *(self.unqueue, self.interrupt, self.rename, self.delete, self.delete, self.archive),
            *(self.unarchive, self.fork, self.revert, self.unload, self.activate),
        )

    async def work(self, requests: int) -> None:
        """So many requests, each answered in good time, one way or the other."""
        for _ in range(requests):
            await asyncio.sleep(self.random.random() * PAUSE_S)
            request = self.random.choice(self._requests) if self.threads else self.start
            self.context.note(op=request.__name__, at=asyncio.get_running_loop().time())
            try:
                async with asyncio.timeout(ANSWER_S):
                    await request()
                self.outcomes["ok"] += 1
            except MAY_BE as refusal:
                self.context.note(refused=str(refusal))
                self.outcomes["refused"] += 1
            except TimeoutError:
                self.faults.append(f"V1 {request.__name__} is not answered")
            except Exception as error:  # noqa: BLE001  (whatever it is, a client would see it)
                self.faults.append(f"V1 {request.__name__} fails: {error!r}")

    def not_deleted(self, gone: set[str], facts: Sequence[Recorded]) -> list[str]:
        """The threads that this client was told are deleted, and are not; those below as well."""
        doomed = set(self.deleted)
        for fact in facts:
            event = fact.event
            if isinstance(event, ThreadStarted) and event.parent_id in doomed:
                doomed.add(event.thread_id)
        return [f"{t} was to be deleted and is there" for t in sorted(doomed - gone)]

    # -- requests --

    async def start(self) -> None:
        await self._start()

    async def spawn(self) -> None:
        await self._start(parent_id=self._any())

    async def fleeting(self) -> None:
        await self._start(parent_id=self._any(), ephemeral=True)

    async def turn(self) -> None:
        await self._ask(StartTurn(self._new(), self._new(), TEXT, 1))

    async def queue(self) -> None:
        added = AddSubmission(self._new(), self._new(), self._new(), self._new(), TEXT)
        await self._ask(added)

    async def unqueue(self) -> None:
        thread_id = self._any()
        state = self.world.host.threads.loaded(thread_id)
        waiting = [waits.id for waits in state.queue] if state else []
        submission_id = self.random.choice(waiting) if waiting else "none"
        await self.world.host.threads.ask(thread_id, RemoveSubmission(submission_id), ORIGIN)

    async def interrupt(self) -> None:
        await self._ask(InterruptTurn("", 1))

    async def rename(self) -> None:
        await self.world.host.threads.amend(self._any(), RenameThread("a name"), ORIGIN)

    async def delete(self) -> None:
        thread_id = self._any()
        await self.world.host.trees.delete(thread_id, ORIGIN)
        self.deleted.append(thread_id)
        if thread_id in self.threads and self.random.random() < FORGOTTEN_SHARE:
            self.threads.remove(thread_id)

    async def archive(self) -> None:
        await self.world.host.trees.archive(self._any(), ORIGIN)

    async def unarchive(self) -> None:
        await self.world.host.trees.unarchive(self._any(), ORIGIN)

    async def fork(self) -> None:
        source_id, host = self._any(), self.world.host
        taken = await host.threads.inheritance(source_id)
        command = ForkThread(
            self._new(), SETTINGS, source_id=source_id, inherited=taken.events, at_ms=1
        )
        await host.threads.fork(command, ORIGIN)
        self.threads.append(command.thread_id)

    async def revert(self) -> None:
        thread_id = self._any()
        seen = [f for f in self.world.seen if f.stream == f"thread-{thread_id}"]
        turns = [f.event.turn_id for f in seen if isinstance(f.event, TurnStarted)]
        turn_id = self.random.choice(turns) if turns else "none"
        await self.world.host.threads.amend(thread_id, RevertThread(turn_id), ORIGIN)

    async def unload(self) -> None:
        await self.world.host.life.unload([self._any()], "idle", ORIGIN, only_if_idle=True)

    async def activate(self) -> None:
        await self.world.host.threads.activate(self._any(), "test")

    # -- how --

    async def _start(self, **more: Any) -> None:
        command = StartThread(self._new(), SETTINGS, **more)
        await self.world.host.threads.start(command, ORIGIN)
        self.threads.append(command.thread_id)

    async def _ask(self, command: Any) -> None:
        await self.world.host.threads.ask(self._any(), command, ORIGIN)

    def _any(self) -> str:
        return self.random.choice(self.threads)

    def _new(self) -> str:
        return self.world.ids.new()
