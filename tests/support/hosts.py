"""A host without a wire, a model that does what a test says, and ways to wait for events."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.support.store import now
from threadhost.actors.host import Host, HostPolicy
from threadhost.actors.job_ports import JobOutside
from threadhost.actors.lifecycle import Unfinished
from threadhost.actors.models import (
    CallLimits,
    FunctionCall,
    Message,
    ModelEvent,
    ModelRequest,
    ModelWindow,
    OutputDone,
    OutputStarted,
    ReasoningDelta,
    ResponseDone,
    TextDelta,
    TokenUsage,
)
from threadhost.actors.origin import Origin, policy
from threadhost.actors.ports import Pictures, Tools
from threadhost.actors.runtime.journal import Outside
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.supervisor import RestartPolicy
from threadhost.actors.runtime.threads import ThreadPolicy
from threadhost.actors.thread import StartThread
from threadhost.actors.turn import StartTurn
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.job_ties import ViewedTies
from threadhost.events.base import Recorded
from threadhost.events.ids import TimeOrderedIds, thread_stream
from threadhost.events.store.committer import Appended
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadSettings
from threadhost.projections import all_views
from threadhost.projections.tree import unconfirmed_erasures, unfinished_deletions

WAIT_S = 10
ORIGIN: Origin = policy("test", "test", "test")
SETTINGS = ThreadSettings(cwd="/", model="puppet-1", model_provider="puppet")
FAST_RESTARTS = RestartPolicy(restarts_max=3, first_delay_ms=1, delay_max_ms=2)
POLICY = HostPolicy(shutdown_deadline_ms=5_000, threads=ThreadPolicy(FAST_RESTARTS))
USAGE = TokenUsage(1, 0, 2, 0, 3)


NO_RETRIES = CallLimits(request_retries_max=0, stream_retries_max=0)


def message(text: str, number: int = 0) -> list[ModelEvent]:
    """The events of one message of a model."""
    return [
        OutputStarted(number, "message"),
        TextDelta(number, text),
        OutputDone(number, Message(text)),
    ]


def call_of(name: str, number: int = 0, arguments: str = "{}") -> list[ModelEvent]:
    """The events of one tool call of a model."""
    call = FunctionCall(name, arguments)
    return [OutputStarted(number, "call"), OutputDone(number, call)]


class Call:
    """One request to the puppet model; the test says what it answers."""

    def __init__(self, request: ModelRequest) -> None:
        self.request = request
        self.closed = asyncio.Event()
        self._said: asyncio.Queue[ModelEvent | BaseException | None] = asyncio.Queue()

    def say(self, *events: ModelEvent) -> "Call":
        """Stream these events."""
        for event in events:
            self._said.put_nowait(event)
        return self

    def end(self, response_id: str = "r1") -> None:
        """End the response well."""
        self.say(ResponseDone(response_id, USAGE)).break_off()

    def break_off(self) -> None:
        """End the stream, whether or not the response is complete."""
        self._said.put_nowait(None)

    def fail(self, error: BaseException) -> None:
        """Raise this in the client."""
        self._said.put_nowait(error)

    async def events(self) -> AsyncIterator[ModelEvent]:
        """What the client sees."""
        try:
            while (said := await self._said.get()) is not None:
                if isinstance(said, BaseException):
                    raise said
                yield said
        finally:
            self.closed.set()


class PuppetModel:
    """A model client that waits for the test to say what it answers."""

    name = "puppet"
    default_model = "puppet-1"

    def __init__(self, answer: str | None = None) -> None:
        self.calls: list[Call] = []
        self.call_limits = NO_RETRIES
        self.model_window = ModelWindow()
        self._answer = answer
        self._asked: asyncio.Queue[Call] = asyncio.Queue()

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Wait for the test; or, with a fixed answer, give it."""
        call = Call(request)
        self.calls.append(call)
        if self._answer is not None:
            call.say(*message(self._answer)).end()
        self._asked.put_nowait(call)
        return call.events()

    def limits(self, provider: str) -> CallLimits:
        """As the test set them."""
        return self.call_limits

    def window(self, provider: str, model: str) -> ModelWindow:
        """As the test set it."""
        return self.model_window

    async def asked(self) -> Call:
        """The next request, once it is made."""
        async with asyncio.timeout(WAIT_S):
            return await self._asked.get()

    async def warm_up(self) -> None:
        """Nothing to prepare."""

    async def close(self) -> None:
        """Nothing to release."""


class Deaf(PuppetModel):
    """A model whose calls do not end when they are cancelled, until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = asyncio.Event()

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        while not self.let_go.is_set():
            try:
                await self.let_go.wait()
            except asyncio.CancelledError:
                continue
        for event in message(f"late {request.turn_id}"):
            yield event


@dataclass
class Ears:
    """Hears what is told live, in order."""

    heard: list[tuple[str, ...]] = field(default_factory=list)
    on_heard: Callable[[], None] = lambda: None

    def belongs(self, agent_id: str, parent_id: str) -> None:
        pass

    def may_belong(self, thread_id: str) -> None:
        pass

    def item_started(self, thread_id: str, turn_id: str, item: dict[str, Any]) -> None:
        self.heard.append(("started", thread_id, turn_id, item["id"]))
        self.on_heard()

    def text_delta(self, thread_id: str, turn_id: str, item_id: str, text: str) -> None:
        self.heard.append(("delta", thread_id, turn_id, item_id, text))
        self.on_heard()

    def reasoning_delta(
        self, thread_id: str, turn_id: str, item_id: str, delta: ReasoningDelta
    ) -> None:
        self.heard.append(("thought", thread_id, turn_id, item_id, delta.text))
        self.on_heard()


class Rig:
    """An open host and what a test needs around it."""

    def __init__(
        self,
        home: Path | None,
        model: PuppetModel,
        behaviour: HostPolicy,
        tools: Tools | None = None,
        pictures: Pictures | None = None,
        jobs: Callable[[], JobOutside] | None = None,
    ) -> None:
        self.home = home
        self.model = model
        self.live = Ears()
        self.ids = TimeOrderedIds()
        views = all_views()
        durable = Log.in_memory(views) if home is None else Log.open(home, views)
        self.logs = Logs(durable, Log.in_memory(all_views()))
        self.logs.ties = partial(ViewedTies, durable.reads)
        outside = Outside(model, SystemClock(), self.ids, self.live, jobs=jobs)
        if tools is not None:
            outside = outside._replace(tools=tools)
        if pictures is not None:
            outside = outside._replace(pictures=pictures)
        self.host = Host(self.logs, outside, durable.log_id, behaviour)
        self.seen: list[Recorded] = []
        self._waiting: dict[asyncio.Future[Recorded], Callable[[Recorded], bool]] = {}
        for log in (self.logs.durable, self.logs.ephemeral):
            log.feed.listen(self._published)

    async def start(
        self,
        parent_id: str | None = None,
        thread_id: str = "",
        *,
        ephemeral: bool = False,
        settings: ThreadSettings = SETTINGS,
    ) -> str:
        """Start a thread; returns its id."""
        thread_id = thread_id or self.ids.new()
        command = StartThread(thread_id, settings, parent_id=parent_id, ephemeral=ephemeral)
        await self.host.threads.start(command, ORIGIN)
        return thread_id

    async def turn(self, thread_id: str, text: str = "hi", **more: Any) -> Appended:
        """Start a turn, or steer the one that runs."""
        content = [{"type": "text", "text": text}]
        command = StartTurn(self.ids.new(), self.ids.new(), content, 1, **more)
        return await self.host.threads.ask(thread_id, command, ORIGIN)

    def events(self, thread_id: str) -> list[Any]:
        """The events of a thread's stream."""
        stream = thread_stream(thread_id)
        return [fact.event for fact in now(self.logs.of(thread_id).read_stream(stream))]

    def kinds(self, thread_id: str) -> list[str]:
        """The types of a thread's events, in short: without noun of the layer and version."""
        return [event.kind.rpartition(".")[0] for event in self.events(thread_id)]

    def published_events(self, kind: str) -> list[Any]:
        """The published events of a type, in order."""
        return [fact.event for fact in self.seen if fact.kind == kind]

    async def published(self, kind: str, stream: str = "") -> Recorded:
        """The next event of this type to be published (in this stream), or one that was."""

        def fits(fact: Recorded) -> bool:
            return fact.kind == kind and stream in ("", fact.stream)

        for fact in self.seen:
            if fits(fact):
                return fact
        future: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        self._waiting[future] = fits
        async with asyncio.timeout(WAIT_S):
            return await future

    async def recover(self) -> None:
        """Do what a host does at its start."""
        reads = self.logs.durable.reads
        deletions, erasures = (
            await unfinished_deletions(reads),
            await unconfirmed_erasures(reads),
        )
        await self.host.life.resume(Unfinished(deletions, (), erasures), "test")

    async def close(self) -> None:
        """Drain and close."""
        await self.host.life.drain(ORIGIN)
        await self.close_logs()

    async def close_logs(self) -> None:
        """Close the logs without asking anybody, as a crash would."""
        await self.logs.durable.close()
        await self.logs.ephemeral.close()

    def _published(self, recorded: Sequence[Recorded]) -> None:
        self.seen += recorded
        for fact, (future, fits) in itertools.product(recorded, tuple(self._waiting.items())):
            if fits(fact) and not future.done():
                future.set_result(fact)
                del self._waiting[future]


@asynccontextmanager
async def open_rig(
    home: Path | None = None,
    model: PuppetModel | None = None,
    behaviour: HostPolicy = POLICY,
    tools: Tools | None = None,
    pictures: Pictures | None = None,
    jobs: Callable[[], JobOutside] | None = None,
) -> AsyncIterator[Rig]:
    """A host that is drained at the end, and leaves no task behind."""
    before = asyncio.all_tasks()
    rig = Rig(home, model or PuppetModel(), behaviour, tools, pictures, jobs)
    try:
        yield rig
    finally:
        await rig.close()
    await settle()
    assert asyncio.all_tasks() - before - {asyncio.current_task()} == set()


async def settle(turns: int = 10) -> None:
    """Let everything that is ready run, and what that makes ready, a few times over."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds that no event tells of."""
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110  (there is no event: that is the point)
            await asyncio.sleep(0.002)


async def within(awaitable: Any, seconds: float = WAIT_S) -> Any:
    """The result of something that must not hang."""
    async with asyncio.timeout(seconds):
        return await awaitable


async def cancelled(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
