"""A live thread: takes a command, decides, appends, then answers. A reply means it is on disk."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
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
    ModelFailed,
    ModelRequest,
    ModelSettings,
    OutputDone,
    OutputStarted,
    TextDelta,
)
from threadhost.actors.runtime.actor import ActorDeadError, ActorFailed, LoopActor
from threadhost.actors.runtime.model_run import Ended, ModelRun, Progress
from threadhost.actors.thread import Command, DrainThread, Events, StopThread, decide
from threadhost.actors.turn import EndResponse, Failure, RecordOutput, RequestModel, StartTurn
from threadhost.events.base import Event
from threadhost.events.fold import Thread, fold_thread, foresee
from threadhost.events.history import History
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.errors import (
    IdempotencyKeyReused,
    StoreFailed,
    StoreOverloaded,
    StoreUnavailable,
    StreamFenced,
    WrongExpectedVersion,
)
from threadhost.events.store.log import Log
from threadhost.events.turn import TurnCompleted

RETRY_S = 0.5
REFUSED_CALLS_MAX = 64
"""Responses in a row that call tools which nobody offers; then the turn is ended."""
LATER = (StoreOverloaded, StoreUnavailable)
HARMLESS = (Refusal, IdempotencyKeyReused, StreamFenced, StoreFailed, *LATER)


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
        self, services: ThreadServices, state: Thread, history: History, origin: Origin
    ) -> None:
        super().__init__()
        self.state = state
        self._services = services
        self._history = history
        self._run: ModelRun | None = None
        self._origin = origin
        self._output_schema: dict[str, object] | None = None
        self._refused_calls = 0
        self._in_doubt = False

    # -- messages --

    async def receive(self, message: Do | Shutdown | Progress | Ended) -> object:
        """Handle one message."""
        self._in_doubt = not isinstance(message, Do)
        if isinstance(message, Do):
            return await self._do(message)
        if isinstance(message, Progress):
            await self._progress(message)
        elif isinstance(message, Ended):
            await self._ended(message)
        else:
            await self._shut_down(message)
        return None

    @property
    def is_quiet(self) -> bool:
        """Whether the thread neither works nor is asked for anything."""
        return self.state.turn is None and not self.is_working

    def is_fatal(self, error: Exception) -> bool:
        """Whether state and log may differ: then the log has the truth.

        A command that failed before anything was appended only fails itself.
        """
        if isinstance(error, WrongExpectedVersion):
            return True
        return self._in_doubt and not isinstance(error, (*HARMLESS, ModelFailed))

    def on_stop(self) -> None:
        """Leave the live threads."""
        self._services.gone(self)

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the rest to the supervisor."""
        del exception_type, traceback
        self._drop_run()
        self._services.failed(self, exception_value or RuntimeError("unknown failure"))

    # -- commands --

    async def _do(self, message: Do) -> Appended:
        command, run = message.command, self._run
        events = list(decide(command, self.state))
        if not events:
            return Appended(())
        if not isinstance(command, StartTurn):
            events = [*self._finished_output(events), *events]
        asks_model = isinstance(command, StartTurn) and (run is None or not run.streamed)
        if asks_model:
            events += self._request_after(events)
        appended = await self._append(events, message.origin, message.idempotency)
        if appended.replayed:
            return appended
        if isinstance(command, StartTurn):
            self._turn_goes_on(command, message.origin, asks_model=asks_model)
        elif self.state.turn is None:
            self._drop_run()
        return appended

    def _turn_goes_on(self, command: StartTurn, origin: Origin, *, asks_model: bool) -> None:
        """Ask the model; again, if it had not begun to answer; later, if it had."""
        self._origin = origin
        self._refused_calls = 0
        if not asks_model:
            if self._run is not None:
                self._run.steered = True
            return
        if self._run is None:
            self._output_schema = command.output_schema
        self._drop_run()
        self._start_run()

    # -- the model --

    def _request_after(self, events: Events) -> Events:
        """The record of the request that will be sent once these events are in the log."""
        lines = self._history.foresee(events)
        state = foresee(self.state, events)
        digest = sha256(b"\n".join(lines)).hexdigest()
        return decide(RequestModel(self._model(state), len(lines), digest), state)

    def _start_run(self) -> None:
        state, chosen = self.state, self.state.settings
        if state.turn is None:
            return
        run = self._run = ModelRun(state.turn.id)
        settings = ModelSettings(
            self._model(state),
            (chosen.developer_instructions or chosen.base_instructions) if chosen else None,
            chosen.effort if chosen else None,
            self._output_schema,
        )
        history = tuple(self._history.lines)
        request = ModelRequest(state.id, state.turn.id, history, (), settings)
        run.start(self._services.model, request, self._hear)

    def _model(self, state: Thread) -> str:
        return state.settings.model if state.settings else self._services.model.default_model

    async def _hear(self, message: Progress | Ended) -> None:
        """Tell the actor; while the store can take nothing, the stream waits."""
        while True:
            try:
                await self.actor_ref.ask(message, block=False)
            except LATER:
                await asyncio.sleep(RETRY_S)
                continue
            except (ActorDeadError, ActorFailed, StreamFenced, StoreFailed):
                return
            except Exception:
                if not self.actor_stopped.is_set():
                    raise
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
            run.streamed = True
            run.collect(event, now_ms)

    async def _record_output(self, run: ModelRun) -> None:
        if run.outputs:
            await self._append(decide(RecordOutput(run.outputs), self.state), self._origin)
            run.outputs = []

    def _finished_output(self, before: Events) -> Events:
        """What the model had finished saying before these events end its turn."""
        run = self._run
        if run is None or not any(isinstance(event, TurnCompleted) for event in before):
            return ()
        return decide(RecordOutput(run.outputs), self.state)

    async def _ended(self, message: Ended) -> None:
        run = message.run
        if run is not self._run:
            return
        failure = message.failure or self._too_many_calls(run)
        go_on = failure is None and (run.steered or run.called_tools)
        command = EndResponse(
            run.outputs,
            message.response_id,
            message.usage,
            self._services.clock.now_ms(),
            failure,
            more_to_do=go_on,
        )
        events = list(decide(command, self.state))
        if go_on:
            events += self._request_after(events)
        await self._append(events, self._origin)
        self._run = None
        if go_on:
            self._refused_calls = self._refused_calls + 1 if run.called_tools else 0
            self._start_run()

    def _too_many_calls(self, run: ModelRun) -> Failure | None:
        if not run.called_tools or run.steered or self._refused_calls < REFUSED_CALLS_MAX:
            return None
        return Failure(
            f"the turn was ended: {REFUSED_CALLS_MAX} responses in a row called unsupported tools",
            "other",
        )

    def _drop_run(self) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.cancel()

    # -- shutdown --

    def abandon(self) -> None:
        """Let go of an actor that does not stop; its incarnation is over, so is its say."""
        self._drop_run()
        self._services.gone(self)
        self.kill()

    async def _shut_down(self, message: Shutdown) -> None:
        """Drain, flush and stop; what waits behind this message is not handled any more."""
        with suppress(StreamFenced):  # deleted, or superseded: nothing is left to say
            await self._drain(message)
        self._drop_run()
        self._stop()

    async def _drain(self, message: Shutdown) -> None:
        first = decide(DrainThread(message.reason), self.state)
        stop = StopThread(message.reason, self._services.clock.now_ms())
        if self.state.turn is not None:
            await self._append_patiently(first, message.origin)
            run, first = self._run, self._finished_output(decide(stop, self.state))
            self._drop_run()
            if run is not None and run.task is not None:
                await asyncio.wait({run.task})
        await self._append_patiently([*first, *decide(stop, self.state)], message.origin)

    # -- the log --

    async def _append_patiently(self, events: Events, origin: Origin) -> None:
        while True:
            try:
                await self._append(events, origin)
            except LATER:
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def _append(
        self, events: Sequence[Event], origin: Origin, idempotency: Idempotency | None = None
    ) -> Appended:
        state = self.state
        appended = await self._services.log.append(
            StreamAppend(thread_stream(state.id), events, state.version, state.incarnation),
            meta=origin.at(self._services.clock.now_ms()),
            idempotency=idempotency,
        )
        if not appended.replayed:
            self._in_doubt = True
            self.state = fold_thread(appended.recorded, state)
            for recorded in appended.recorded:
                self._history.take(recorded.event)
        return appended
