"""The work on the active turn: does what its state in the log requires next."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from threadhost.actors import items
from threadhost.actors.command import Command
from threadhost.actors.compaction import EndCompaction, compaction_item
from threadhost.actors.models import ModelEvent, OutputStarted
from threadhost.actors.origin import Origin
from threadhost.actors.ports import ToolResult
from threadhost.actors.response import EndResponse, FailTurn, Failure, RecordOutput, ScheduleRetry
from threadhost.actors.runtime.alarms import Alarms, Due
from threadhost.actors.runtime.answer_notes import (
    kept_beside_summary,
    skipped_words,
    slow_words,
    summary_of,
    summary_words,
)
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.live import Stage
from threadhost.actors.runtime.model_request import PreparedRequest, asked_after
from threadhost.actors.runtime.model_run import Ended, ModelRun, Progress, Slow
from threadhost.actors.runtime.picture_run import PictureRun, PicturesDone
from threadhost.actors.runtime.retry_plan import limits_of, plan_after, turn_timeout_of
from threadhost.actors.runtime.settling import ServersSettled, Settling
from threadhost.actors.runtime.tasks import ChildTask
from threadhost.actors.runtime.tool_run import Answered, Elicits, ToolRun, answer_to, asked_now
from threadhost.actors.thread import Events, decide
from threadhost.events.base import Event
from threadhost.events.causes import by_timer
from threadhost.events.fold import foresee
from threadhost.events.store.errors import EventRefused
from threadhost.events.thread import ActiveTurn
from threadhost.events.turn import TurnCompleted

if TYPE_CHECKING:
    from threadhost.actors.runtime.item_assembly import ItemAssembler

ChildMessage = Progress | Slow | Ended | Answered | Elicits | PicturesDone | ServersSettled | Due
Tell = Callable[[ChildMessage], Coroutine[Any, Any, None]]


class TurnWork:
    """The actor's work for one turn; child tasks send messages through `tell`.

    `is_idle` says whether the actor handles no message just now, and none waits.

    After every append `go_on` looks at the recorded turn, and starts what is due.
    """

    __slots__ = (
        "_alarms",
        "_calls",
        "_is_idle",
        "_journal",
        "_origin",
        "_output_schema",
        "_pictures",
        "_prepared",
        "_previous_items",
        "_request",
        "_settling",
        "_shown_compaction",
        "_tell",
        "run",
        "turn_id",
    )

    def __init__(
        self,
        journal: Journal,
        tell: Tell,
        is_idle: Callable[[], bool],
        origin: Origin,
        output_schema: dict[str, object] | None,
    ) -> None:
        self._journal = journal
        self._tell = tell
        self._is_idle = is_idle
        self._output_schema = output_schema
        self._origin = origin
        self._calls: set[ToolRun] = set()
        self._pictures: PictureRun | None = None
        self._settling: Settling | None = None
        self._alarms = Alarms(tell)
        self._prepared: PreparedRequest | None = None
        self._request = 0
        self._previous_items: ItemAssembler | None = None
        self._shown_compaction = ""
        self.run: ModelRun | None = None
        self.turn_id = ""

    # -- events of commands --

    def with_next(
        self, events: Events, *, anew: bool = False, left_out: int | None = None
    ) -> list[Event]:
        """These events, and the next model request if nothing else has to come first."""
        prepared = asked_after(
            self._journal, list(events), self._output_schema, left_out, anew=anew
        )
        if prepared is None:
            return list(events)
        self._prepared = prepared
        return [*events, *prepared.events]

    def with_input(self, events: Events) -> list[Event]:
        """These events of new input, with a new request if the model has not begun to answer."""
        has_begun = self.run is None or self.run.streamed or self._sums_up()
        return self.with_next(events, anew=not has_begun)

    def with_output(self, command: Command, events: Events) -> Events:
        """These events of a command; if they end the turn, the model's output so far first."""
        if not any(isinstance(event, TurnCompleted) for event in events):
            return events
        state = self._journal.state
        outputs = decide(RecordOutput(*self._output_so_far()), state)
        return [*outputs, *decide(command, foresee(state, outputs))]

    def go_on(self, origin: Origin | None = None) -> None:
        """Start what the turn needs now, unless it is in progress."""
        turn = self._journal.state.turn
        if turn is None:
            self.drop()
            return
        if origin is not None:
            self._origin = origin
        if not self.turn_id:
            self._begin(turn)
        if turn.calls:
            self._start_calls(turn)
        elif turn.pictures:
            self._start_pictures(turn)
        elif turn.wait_ms:
            self._alarms.set(turn.wait_ms, is_deadline=False)
        elif turn.asking and turn.requests != self._request:
            self._start_run(turn)
        elif not turn.asking and self._settling is None:
            self._settling = Settling(self._tell)
            self._settling.start(self._journal.services.servers)

    def drop(self) -> None:
        """Cancel all child tasks; none of their messages is handled any more."""
        for run in self._running():
            run.cancel()
        self._alarms.cancel()
        self.run = self._pictures = self._settling = self._previous_items = None
        self._calls.clear()

    async def close(self) -> None:
        """Cancel all child tasks, and wait until they are over."""
        tasks = [run.task for run in self._running() if run.task is not None]
        self.drop()
        if tasks:
            await asyncio.wait(tasks)

    # -- messages of child tasks --

    async def receive(self, message: ChildMessage) -> None:
        """Handle a child task's message; if the log refuses its events, the turn fails."""
        try:
            await self._dispatch(message)
        except EventRefused as refused:
            failure = Failure(f"the turn was ended: {refused}", "other")
            state, now_ms = self._journal.state, self._journal.now_ms()
            await self._append(decide(FailTurn(failure, now_ms), state))
            self.go_on()

    async def _dispatch(self, message: ChildMessage) -> None:
        if isinstance(message, (Progress, Slow, Ended)):
            if message.run is self.run:
                await self._of_model(message)
        elif isinstance(message, (Answered, Elicits)):
            if message.run in self._calls:
                await self._of_call(message)
        elif isinstance(message, Due):
            await self._due(message)
        elif isinstance(message, PicturesDone):
            if message.run is self._pictures:
                await self._pictures_done(message)
        elif message.run is self._settling:
            await self._settled()

    async def _of_model(self, message: Progress | Slow | Ended) -> None:
        if isinstance(message, Progress):
            await self._progress(message.run, message.event)
        elif isinstance(message, Slow):
            await self._slow()
        else:
            await self._ended(message.run, message)

    async def _of_call(self, message: Answered | Elicits) -> None:
        if isinstance(message, Answered):
            await self._answered(message.run, message.result)
            return
        origin = self._origin._replace(principal=message.by or self._origin.principal)
        await self._append(decide(message.command, self._journal.state), origin)

    async def _progress(self, run: ModelRun, event: ModelEvent) -> None:
        if not self._has_to_record(run, event):
            self._show(run, event)
            return
        incomplete = run.items.cut_off_by(event, self._journal.now_ms())
        await self._append(decide(RecordOutput(run.outputs, incomplete), self._journal.state))
        run.outputs = []  # only now: if the append fails, the retry has to include them
        self._show(run, event)

    def take_at_once(self, run: ModelRun, event: ModelEvent) -> bool:
        """Process a model event without a message; False if the actor has to handle it."""
        may_show = run is self.run and self._is_idle() and not self._has_to_record(run, event)
        if may_show:
            self._show(run, event)
        return may_show

    def _has_to_record(self, run: ModelRun, event: ModelEvent) -> bool:
        """Whether complete outputs must be recorded before this event is shown."""
        if isinstance(event, OutputStarted):
            return bool(run.outputs) and not self._sums_up()
        return run.items.is_denied(event)

    def _show(self, run: ModelRun, event: ModelEvent) -> None:
        services = self._journal.services
        if run.answered_at_s is None:
            run.answered_at_s = services.clock.monotonic()
        live = None if self._sums_up() else services.live
        stage = Stage(live, self._journal.state.id, self.turn_id)
        stage.show(run, event, services.ids.new, services.clock.now_ms())

    async def _slow(self) -> None:
        await self._append(slow_words(limits_of(self._journal), self._journal.state))

    async def _ended(self, run: ModelRun, message: Ended) -> None:
        failure = message.failure
        if failure is not None and await self._schedule_retry(run, message, failure):
            return
        if self._sums_up():
            await self._summed_up(run, message, failure)
            return
        state = self._journal.state
        command = EndResponse(
            *self._output_so_far(),
            message.response_id,
            message.usage,
            self._journal.now_ms(),
            failure,
            how=run.how(message, self._journal.services.clock.monotonic()),
        )
        warnings = skipped_words(message, state)
        await self._end_run([*warnings, *decide(command, foresee(state, warnings))])
        self.go_on()

    async def _schedule_retry(self, run: ModelRun, message: Ended, failure: Failure) -> bool:
        """Retry the call after a wait, or with a shorter history; returns whether it is retried."""
        state = self._journal.state
        plan = plan_after(failure, self._journal)
        if plan is None:
            return False
        was_summing_up = self._sums_up()
        outputs = () if was_summing_up else run.outputs
        retry = decide(ScheduleRetry(outputs, message.usage, failure, plan.wait_ms), state)
        added = decide(plan.first, foresee(state, retry)) if plan.first else ()
        await self._end_run([*retry, *added], plan.left_out)
        if not was_summing_up:
            self._previous_items = run.items
        self.go_on()
        return True

    async def _summed_up(self, run: ModelRun, message: Ended, failure: Failure | None) -> None:
        state = self._journal.state
        command = EndCompaction(
            summary_of(run.outputs),
            message.response_id,
            message.usage,
            self._journal.now_ms(),
            kept_beside_summary(self._journal.history.asked_in(self.turn_id)),
            failure,
            run.how(message, self._journal.services.clock.monotonic()),
        )
        warnings = summary_words(message, state) if failure is None else ()
        await self._end_run([*warnings, *decide(command, foresee(state, warnings))])
        self.go_on()

    async def _answered(self, run: ToolRun, result: ToolResult) -> None:
        command = answer_to(run.call, result, self._journal.services.ids, self._journal.now_ms())
        events = decide(command, self._journal.state)
        await self._journal.prepare(events)
        origin = self._origin._replace(principal=result.by or self._origin.principal)
        await self._journal.append(self.with_next(events), origin)
        self._calls.discard(run)
        self.go_on()

    async def _pictures_done(self, message: PicturesDone) -> None:
        if message.failure is not None:
            await self._fail(message.failure)
            return
        await self._append(self.with_next(message.events))
        self._pictures = None
        self.go_on()

    async def _settled(self) -> None:
        await self._append(self.with_next(()))
        self._settling = None
        self.go_on()

    async def _due(self, message: Due) -> None:
        if message.alarms is not self._alarms:
            return
        if message.is_deadline:
            limit = turn_timeout_of(self._journal)
            words = f"the turn did not end within {limit} ms (turn_timeout_ms)"
            await self._fail(Failure(words, "other"), limit)
            return
        if (turn := self._journal.state.turn) is not None and turn.wait_ms:
            await self._append(self.with_next((), anew=True))
        self._alarms.over(message)
        self.go_on()

    # -- inside --

    async def _fail(self, failure: Failure, limit_ms: int = 0) -> None:
        """Fail the turn, after the output so far; `limit_ms` is set if it ran out of time."""
        state, origin = self._journal.state, self._origin
        outputs = decide(RecordOutput(*self._output_so_far()), state)
        end = decide(FailTurn(failure, self._journal.now_ms(), limit_ms), foresee(state, outputs))
        if limit_ms and state.turn is not None:
            timer = by_timer("deadline", state.turn.started_at_ms + limit_ms)
            origin = origin._replace(causation_id=timer)
        await self._append([*outputs, *end], origin)
        self.go_on()

    async def _end_run(self, events: Events, left_out: int | None = None) -> None:
        """End the model call with these events of its outcome."""
        await self._journal.prepare(events)
        await self._append(self.with_next(events, left_out=left_out))
        self.run = None

    async def _append(self, events: Events, origin: Origin | None = None) -> None:
        if events:
            await self._journal.append(events, origin or self._origin)

    def _begin(self, turn: ActiveTurn) -> None:
        self.turn_id = turn.id
        if timeout_ms := turn_timeout_of(self._journal):
            self._alarms.set(timeout_ms, is_deadline=True)

    def _start_calls(self, turn: ActiveTurn) -> None:
        journal, started_ids = self._journal, {run.call.call_id for run in self._calls}
        for call in asked_now(turn.calls):
            if call.call_id not in started_ids:
                self._calls.add(run := ToolRun(call))
                run.start(journal.services, journal.state, self._origin, self._tell)

    def _start_pictures(self, turn: ActiveTurn) -> None:
        if self._pictures is None:
            item_id = turn.pictures[0]
            paths = self._journal.history.pictures_of(item_id)
            self._pictures = PictureRun(turn.id, item_id, paths)
            self._pictures.start(self._journal.services.pictures, self._tell)

    def _start_run(self, turn: ActiveTurn) -> None:
        prepared, state = self._prepared, self._journal.state
        if prepared is None:
            return
        if self.run is not None:
            self.run.cancel()
            self._previous_items = self.run.items
        self._request = turn.requests
        self.run = ModelRun(prepared.tools, None if turn.sums_up else self._previous_items)
        if not turn.sums_up:
            self._previous_items = None
        if turn.compaction is not None and turn.compaction.item_id != self._shown_compaction:
            self._shown_compaction = turn.compaction.item_id
            item = compaction_item(turn.compaction.item_id, turn.started_at_ms, None)
            self._journal.services.live.item_started(state.id, turn.id, item)
        self.run.asked_at_s = self._journal.services.clock.monotonic()
        self.run.start(
            self._journal.services.model,
            prepared.request(state),
            limits_of(self._journal),
            self._tell,
            self.take_at_once,
        )

    def _running(self) -> list[ChildTask]:
        runs = (self.run, self._pictures, self._settling, *self._calls)
        return [run for run in runs if run is not None]

    def _output_so_far(self) -> tuple[list[items.Output], list[dict[str, Any]]]:
        """Output that is not recorded: complete outputs, and items that were cut off."""
        run = None if self._sums_up() else self.run
        items = run.items if run else self._previous_items
        cut_off = items.incomplete(self._journal.now_ms()) if items else []
        return (run.outputs if run else []), cut_off

    def _sums_up(self) -> bool:
        turn = self._journal.state.turn
        return turn is not None and turn.sums_up
