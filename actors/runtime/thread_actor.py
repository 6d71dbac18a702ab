"""A live thread: takes a command, decides, appends, then answers. A reply means it is on disk."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import TracebackType
from typing import Any, Protocol

from threadhost.actors import items
from threadhost.actors.errors import Refusal
from threadhost.actors.origin import Origin
from threadhost.actors.ports import (
    Clock,
    ModelClient,
    ModelRequest,
    ModelSettings,
    OutputDone,
    OutputStarted,
    TextDelta,
)
from threadhost.actors.runtime.actor import ActorDeadError, LoopActor
from threadhost.actors.runtime.model_run import Ended, ModelRun, Progress
from threadhost.actors.thread import Command, DrainThread, Events, StopThread, decide
from threadhost.actors.turn import EndResponse, RecordOutput, RequestModel, StartTurn
from threadhost.events.fold import Thread, fold_thread, foresee
from threadhost.events.history import encoded
from threadhost.events.ids import thread_stream
from threadhost.events.store.errors import (
    IdempotencyKeyReused,
    StoreOverloaded,
    StoreUnavailable,
    StreamFenced,
)
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.log import Log

RETRY_S = 0.5
HARMLESS = (Refusal, IdempotencyKeyReused, StoreOverloaded, StoreUnavailable, StreamFenced)


class Live(Protocol):
    """Who is told what happens in a turn before it is in the log."""

    def item_started(self, thread_id: str, turn_id: str, item: dict[str, Any]) -> None:
        """The model began an item."""
        ...

    def text_delta(self, thread_id: str, turn_id: str, item_id: str, text: str) -> None:
        """The model wrote more of an item."""
        ...


@dataclass(frozen=True, slots=True)
class ThreadServices:
    """What all thread actors of a log share."""

    log: Log
    model: ModelClient
    clock: Clock
    live: Live
    gone: Callable[["ThreadActor"], None]
    failed: Callable[["ThreadActor", BaseException], None]


@dataclass(frozen=True, slots=True)
class Do:
    """Carry out a command."""

    command: Command
    origin: Origin
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Drain, flush and stop."""

    reason: str
    origin: Origin
    urgent: bool = True


class ThreadActor(LoopActor):
    """The one writer of a thread's stream, under the fencing token of its incarnation."""

    def __init__(
        self, services: ThreadServices, state: Thread, history: list[bytes], origin: Origin
    ) -> None:
        super().__init__()
        self.state = state
        self._services = services
        self._history = history
        self._run: ModelRun | None = None
        self._origin = origin
        self._output_schema: dict[str, object] | None = None

    # -- messages --

    async def receive(self, message: Do | Shutdown | Progress | Ended) -> object:
        """Handle one message."""
        if isinstance(message, Do):
            return await self._do(message)
        if isinstance(message, Progress):
            await self._progress(message)
        elif isinstance(message, Ended):
            await self._ended(message)
        else:
            await self._shut_down(message)
        return None

    def is_fatal(self, error: Exception) -> bool:
        """Whatever is not an answer leaves the state in doubt; the log has the truth."""
        return not isinstance(error, HARMLESS)

    def on_stop(self) -> None:
        self._services.gone(self)

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        del exception_type, traceback
        self._drop_run()
        self._services.failed(self, exception_value or RuntimeError("unknown failure"))

    # -- commands --

    async def _do(self, message: Do) -> Appended:
        events = list(decide(message.command, self.state))
        if not events:
            return Appended(())
        asks_model = isinstance(message.command, StartTurn) and self._run is None
        if asks_model:
            events += self._request_after(events)
        appended = await self._append(events, message.origin, message.idempotency)
        if appended.replayed:
            return appended
        if isinstance(message.command, StartTurn):
            self._origin = message.origin
            await self._turn_started(message.command, asks_model=asks_model)
        elif self.state.turn is None:
            self._drop_run()
        return appended

    async def _turn_started(self, command: StartTurn, *, asks_model: bool) -> None:
        if asks_model:
            self._output_schema = command.output_schema
            self._start_run()
        elif self._run is not None and not self._run.streamed:
            self._drop_run()
            await self._append(self._request_after(()), self._origin)
            self._start_run()
        elif self._run is not None:
            self._run.steered = True

    # -- the model --

    def _request_after(self, events: Events) -> Events:
        """The record of the request that will be sent once these events are in the log."""
        if self.state.settings is None:
            return ()
        lines = [*self._history, *(line for event in events for line in encoded(event))]
        state = foresee(self.state, events)
        digest = sha256(b"\n".join(lines)).hexdigest()
        return decide(RequestModel(self._model(state), len(lines), digest), state)

    def _start_run(self) -> None:
        state = self.state
        if state.turn is None or state.settings is None:
            return
        run = self._run = ModelRun(state.turn.id)
        instructions = state.settings.developer_instructions or state.settings.base_instructions
        settings = ModelSettings(
            self._model(state), instructions, state.settings.effort, self._output_schema
        )
        request = ModelRequest(state.id, state.turn.id, tuple(self._history), (), settings)
        run.start(self._services.model, request, self._hear)

    def _model(self, state: Thread) -> str:
        return state.settings.model if state.settings else self._services.model.default_model

    async def _hear(self, message: Progress | Ended) -> None:
        try:
            await self.actor_ref.ask(message, block=False)
        except ActorDeadError:
            return

    async def _progress(self, message: Progress) -> None:
        run, event = message.run, message.event
        if run is not self._run:
            return
        now_ms, live = self._services.clock.now_ms(), self._services.live
        if isinstance(event, OutputStarted):
            await self._record_output(run)
            run.streamed = True
            run.started_at_ms[event.item_id] = now_ms
            item = items.started_item(event.item_id, event.type, now_ms)
            if item is not None:
                live.item_started(self.state.id, run.turn_id, item)
        elif isinstance(event, TextDelta):
            live.text_delta(self.state.id, run.turn_id, event.item_id, event.text)
        elif isinstance(event, OutputDone):
            self._collect(run, event, now_ms)

    def _collect(self, run: ModelRun, event: OutputDone, now_ms: int) -> None:
        started_at_ms = run.started_at_ms.pop(event.item_id, now_ms)
        item = items.agent_item(event.item, started_at_ms, now_ms)
        if item is not None:
            run.items.append(item)
        if items.stays_in_history(event.item):
            run.other_output.append(event.item)
        refusal = items.refused_call(event.item)
        if refusal is not None:
            run.other_output.append(refusal)
            run.called_tools = True

    async def _record_output(self, run: ModelRun) -> None:
        if run.items:
            await self._append(decide(RecordOutput(run.items), self.state), self._origin)
            run.items = []

    async def _ended(self, message: Ended) -> None:
        run = message.run
        if run is not self._run:
            return
        go_on = message.failure is None and (run.steered or run.called_tools)
        command = EndResponse(
            run.items,
            run.other_output,
            message.response_id,
            message.usage,
            self._services.clock.now_ms(),
            message.failure,
            more_to_do=go_on,
        )
        events = list(decide(command, self.state))
        if go_on:
            events += self._request_after(events)
        try:
            await self._append(events, self._origin)
        except (StoreOverloaded, StoreUnavailable):
            self._again(message)
            return
        self._run = None
        if go_on:
            self._start_run()

    def _again(self, message: Ended) -> None:
        """The store cannot take the end of the response now; it will not be lost for that."""

        def retell() -> None:
            self.actor_ref.ask(message, block=False)  # a stopped actor only declines

        asyncio.get_running_loop().call_later(RETRY_S, retell)

    def _drop_run(self) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.cancel()

    # -- shutdown --

    def abandon(self) -> None:
        """Let go of an actor that does not stop; its incarnation is over, so is its say."""
        self._drop_run()
        self.actor_stopped.set()
        self._services.gone(self)

    async def _shut_down(self, message: Shutdown) -> None:
        drain = decide(DrainThread(message.reason), self.state)
        if self.state.turn is not None:
            await self._append(drain, message.origin)
            drain = ()
            run = self._run
            self._drop_run()
            if run is not None and run.task is not None:
                await asyncio.wait({run.task})
        stop = StopThread(message.reason, self._services.clock.now_ms())
        await self._append([*drain, *decide(stop, self.state)], message.origin)
        self.stop()

    # -- the log --

    async def _append(
        self, events: Sequence[Any], origin: Origin, idempotency: Idempotency | None = None
    ) -> Appended:
        state = self.state
        appended = await self._services.log.append(
            StreamAppend(thread_stream(state.id), events, state.version, state.incarnation),
            meta=origin.at(self._services.clock.now_ms()),
            idempotency=idempotency,
        )
        if not appended.replayed:
            self.state = fold_thread(appended.recorded, state)
            for recorded in appended.recorded:
                self._history += encoded(recorded.event)
        return appended
