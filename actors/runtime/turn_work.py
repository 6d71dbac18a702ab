"""The work on the turn in flight: which model call runs, and what comes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256

from threadhost.actors import items
from threadhost.actors.origin import Origin
from threadhost.actors.ports import (
    ModelEvent,
    ModelRequest,
    ModelSettings,
    OutputDone,
    OutputStarted,
    TextDelta,
)
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.model_run import Ended, ModelRun, Progress
from threadhost.actors.thread import Command, Events, decide
from threadhost.actors.turn import EndResponse, Failure, RecordOutput, RequestModel
from threadhost.events.base import Event
from threadhost.events.fold import Thread, foresee
from threadhost.events.turn import TurnCompleted

REFUSED_CALLS_MAX = 64
"""Responses in a row that call tools which nobody offers; then the turn is ended."""

Hear = Callable[[Progress | Ended], Awaitable[None]]


class TurnWork:
    """What the actor does for one turn; `hear` takes what child tasks have to tell."""

    __slots__ = ("_hear", "_journal", "_origin", "_output_schema", "_refused_calls", "run")

    def __init__(
        self,
        journal: Journal,
        hear: Hear,
        origin: Origin,
        output_schema: dict[str, object] | None,
    ) -> None:
        self._journal = journal
        self._hear = hear
        self._output_schema = output_schema
        self._refused_calls = 0
        self._origin = origin
        self.run: ModelRun | None = None

    # -- what commands mean for it --

    def asks_at_once(self) -> bool:
        """Whether new input is worth a request of its own: nothing was said yet."""
        return self.run is None or not self.run.streamed

    def ended_by(self, command: Command, events: Events) -> Events:
        """These events of a command; ahead of a turn's end, what the model had finished saying."""
        if self.run is None or not any(isinstance(event, TurnCompleted) for event in events):
            return events
        state = self._journal.state
        said = decide(RecordOutput(self.run.outputs), state)
        return [*said, *decide(command, foresee(state, said))]

    def go_on(self, origin: Origin, *, asks_model: bool) -> None:
        """Ask the model; again, if it had not begun to answer; later, if it had."""
        self._origin = origin
        self._refused_calls = 0
        if not asks_model:
            if self.run is not None:
                self.run.steered = True
            return
        self.drop()
        self._start_run()

    def drop(self) -> None:
        """Let go of whatever runs; nothing of it is heard any more."""
        run, self.run = self.run, None
        if run is not None:
            run.cancel()

    async def close(self) -> None:
        """Let go of whatever runs, and wait until it is over."""
        run = self.run
        self.drop()
        if run is not None and run.task is not None:
            await asyncio.wait({run.task})

    # -- what child tasks tell --

    async def tell(self, message: Progress | Ended) -> None:
        """News of the call that runs. Raises ModelFailed if it makes no sense."""
        if message.run is not self.run:
            return
        if isinstance(message, Progress):
            await self._progress(message.run, message.event)
        else:
            await self._ended(message.run, message)

    async def _progress(self, run: ModelRun, event: ModelEvent) -> None:
        now_ms, live = self._journal.now_ms(), self._journal.services.live
        if isinstance(event, OutputStarted):
            await self._record_output(run)
            run.streamed = True
            run.started_at_ms[event.item_id] = now_ms
            item = items.started_item(event.item_id, event.type, now_ms)
            if item is not None:
                live.item_started(self._journal.state.id, run.turn_id, item)
        elif isinstance(event, TextDelta):
            live.text_delta(self._journal.state.id, run.turn_id, event.item_id, event.text)
        elif isinstance(event, OutputDone):
            run.streamed = True
            run.collect(event, now_ms)

    async def _ended(self, run: ModelRun, message: Ended) -> None:
        failure = message.failure or self._too_many_calls(run)
        go_on = failure is None and (run.steered or run.called_tools)
        command = EndResponse(
            run.outputs,
            message.response_id,
            message.usage,
            self._journal.now_ms(),
            failure,
            more_to_do=go_on,
        )
        events = list(decide(command, self._journal.state))
        if go_on:
            events += request_after(self._journal, events)
        await self._append(events)
        self.run = None
        if go_on:
            self._refused_calls = self._refused_calls + 1 if run.called_tools else 0
            self._start_run()

    async def _record_output(self, run: ModelRun) -> None:
        if run.outputs:
            await self._append(decide(RecordOutput(run.outputs), self._journal.state))
            run.outputs = []

    def _too_many_calls(self, run: ModelRun) -> Failure | None:
        if not run.called_tools or run.steered or self._refused_calls < REFUSED_CALLS_MAX:
            return None
        return Failure(
            f"the turn was ended: {REFUSED_CALLS_MAX} responses in a row called unsupported tools",
            "other",
        )

    async def _append(self, events: Events) -> None:
        await self._journal.append(events, self._origin)

    # -- the model --

    def _start_run(self) -> None:
        journal, state = self._journal, self._journal.state
        if state.turn is None:
            return
        chosen = state.settings
        settings = ModelSettings(
            model_of(journal, state),
            (chosen.developer_instructions or chosen.base_instructions) if chosen else None,
            chosen.effort if chosen else None,
            self._output_schema,
        )
        history = tuple(journal.history.lines)
        request = ModelRequest(state.id, state.turn.id, history, (), settings)
        run = self.run = ModelRun(state.turn.id)
        run.start(journal.services.model, request, self._hear)


def request_after(journal: Journal, events: list[Event]) -> Events:
    """The record of the request that will be sent once these events are in the log."""
    lines = journal.history.foresee(events)
    state = foresee(journal.state, events)
    digest = sha256(b"\n".join(lines)).hexdigest()
    return decide(RequestModel(model_of(journal, state), len(lines), digest), state)


def model_of(journal: Journal, state: Thread) -> str:
    """The model that a thread in this state asks."""
    return state.settings.model if state.settings else journal.services.model.default_model
