"""The work on the turn in flight: which model call runs, and what comes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256

from threadhost.actors import items
from threadhost.actors.command import Command
from threadhost.actors.origin import Origin
from threadhost.actors.ports import (
    ModelEvent,
    ModelRequest,
    ModelSettings,
    OutputDone,
    OutputStarted,
    TextDelta,
    ToolCall,
    ToolResult,
)
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.model_run import Ended, ModelRun, Progress
from threadhost.actors.runtime.tool_run import Answered, ToolRun
from threadhost.actors.thread import Events, decide
from threadhost.actors.tool_call import AnswerCall
from threadhost.actors.tools import NO_TOOLS, Toolbox
from threadhost.actors.turn import EndResponse, Failure, RecordOutput, RequestModel
from threadhost.events.base import Event
from threadhost.events.fold import Thread, foresee
from threadhost.events.thread import COMPACTION, ActiveTurn, OpenCall
from threadhost.events.turn import TurnCompleted

UNANSWERED_MAX = 64
"""Responses in a row that only call tools which nobody answers; then the turn is ended."""

News = Progress | Ended | Answered
Hear = Callable[[News], Awaitable[None]]


class TurnWork:
    """What the actor does for one turn; `hear` takes what child tasks have to tell."""

    __slots__ = (
        "_calls",
        "_hear",
        "_journal",
        "_origin",
        "_output_schema",
        "_reached",
        "_unanswered",
        "run",
    )

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
        self._origin = origin
        self._calls: set[ToolRun] = set()
        self._unanswered = 0
        self._reached = False
        self.run: ModelRun | None = None

    # -- what commands mean for it --

    def asks_at_once(self) -> bool:
        """Whether new input is worth a request of its own: nothing was said or called yet."""
        if self._calls:
            return False
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
        self._unanswered = 0
        if not asks_model:
            if self.run is not None:
                self.run.steered = True
            return
        self.drop()
        self._start_run()

    def drop(self) -> None:
        """Let go of whatever runs; nothing of it is heard any more."""
        for run in self._running():
            run.cancel()
        self.run = None
        self._calls.clear()

    async def close(self) -> None:
        """Let go of whatever runs, and wait until it is over."""
        tasks = [run.task for run in self._running() if run.task is not None]
        self.drop()
        if tasks:
            await asyncio.wait(tasks)

    def _running(self) -> list[ModelRun | ToolRun]:
        return [*([self.run] if self.run is not None else []), *self._calls]

    # -- what child tasks tell --

    async def tell(self, message: News) -> None:
        """News of what runs. Raises ModelFailed if it makes no sense."""
        if isinstance(message, Answered):
            if message.run in self._calls:
                await self._answered(message.run, message.result)
        elif message.run is not self.run:
            return
        elif isinstance(message, Progress):
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
        await self._append_and_ask(list(decide(command, self._journal.state)))
        self.run = None
        self._reached = not run.called_tools
        if go_on:
            self._go_on()

    async def _answered(self, run: ToolRun, result: ToolResult) -> None:
        command = AnswerCall(run.call, result, self._journal.now_ms())
        await self._append_and_ask(list(decide(command, self._journal.state)))
        self._calls.discard(run)
        self._reached = self._reached or result.reached
        if not self._calls:
            self._go_on()

    async def _append_and_ask(self, events: list[Event]) -> None:
        """Append; with the request that follows, if the turn goes on and nothing is waited for."""
        turn = foresee(self._journal.state, events).turn
        if turn is not None and not turn.calls:
            events += request_after(self._journal, events)
        await self._append(events)

    def _go_on(self) -> None:
        """Answer what the model called; if that is done, ask it again."""
        turn = self._journal.state.turn
        if turn is None:
            return
        if turn.calls:
            self._start_calls(turn)
            return
        self._unanswered = 0 if self._reached else self._unanswered + 1
        self._start_run()

    async def _record_output(self, run: ModelRun) -> None:
        if run.outputs:
            await self._append(decide(RecordOutput(run.outputs), self._journal.state))
            run.outputs = []

    def _too_many_calls(self, run: ModelRun) -> Failure | None:
        if not run.called_tools or run.steered or self._unanswered < UNANSWERED_MAX:
            return None
        called = f"{UNANSWERED_MAX} responses in a row called tools that nobody answered"
        return Failure(f"the turn was ended: {called}", "other")

    async def _append(self, events: Events) -> None:
        await self._journal.append(events, self._origin)

    # -- tools and the model --

    def _start_calls(self, turn: ActiveTurn) -> None:
        services, thread_id = self._journal.services, self._journal.state.id
        for call in turn.calls:
            run = ToolRun(call)
            self._calls.add(run)
            asked = tool_call(thread_id, turn.id, call, self._origin)
            run.start(services.tools, asked, services.tool_timeout_ms, self._hear)

    def _lines(self) -> list[bytes]:
        return self._journal.history.lines

    def _start_run(self) -> None:
        journal, state = self._journal, self._journal.state
        if state.turn is None:
            return
        chosen = state.turn.settings
        settings = ModelSettings(
            model_of(journal, state),
            (chosen.developer_instructions or chosen.base_instructions) if chosen else None,
            chosen.effort if chosen else None,
            self._output_schema,
        )
        history = tuple(self._lines())
        tools = tools_of(journal, state)
        request = ModelRequest(state.id, state.turn.id, history, tools.definitions, settings)
        run = self.run = ModelRun(state.turn.id, tools)
        run.start(journal.services.model, request, self._hear)


def request_after(journal: Journal, events: list[Event], left_out: int = 0) -> Events:
    """The record of the request that will be sent once these events are in the log.

    `left_out`: how many of the oldest items it is sent without.
    """
    lines = journal.history.foresee(events)[left_out:]
    state = foresee(journal.state, events)
    tools = tools_of(journal, state).definitions
    digest = sha256(b"\n".join((*lines, *tools))).hexdigest()
    return decide(RequestModel(model_of(journal, state), len(lines), digest), state)


def tool_call(thread_id: str, turn_id: str, call: OpenCall, origin: Origin) -> ToolCall:
    """An open call as those who answer it see it."""
    if call.item is None:
        questions = call.questions or ()
        return ToolCall(thread_id, turn_id, call.call_id, origin, questions=questions)
    tool, namespace, arguments = (call.item[key] for key in ("tool", "namespace", "arguments"))
    return ToolCall(thread_id, turn_id, call.call_id, origin, tool, namespace, arguments)


def tools_of(journal: Journal, state: Thread) -> Toolbox:
    """The tools that the model may call in this state."""
    sums_up = state.turn is not None and state.turn.kind == COMPACTION
    return NO_TOOLS if sums_up else journal.tools(state)


def model_of(journal: Journal, state: Thread) -> str:
    """The model that a thread in this state asks; a turn keeps the one it began with."""
    settings = state.turn.settings if state.turn else state.settings
    return settings.model if settings else journal.services.model.default_model
