"""One call of a model on behalf of a turn, as a child task of the thread's actor."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from threadhost.actors.items import Output, outputs_of
from threadhost.actors.models import (
    CallLimits,
    ModelClient,
    ModelEvent,
    ModelFailed,
    ModelRequest,
    OutputDone,
    ResponseDone,
    TokenUsage,
)
from threadhost.actors.response import Failure, ResponseMetadata
from threadhost.actors.runtime.item_assembly import ItemAssembler
from threadhost.actors.runtime.progress_timer import ProgressTimer
from threadhost.actors.runtime.tasks import ChildTask, begin, is_cancelled
from threadhost.actors.tools import NO_TOOLS, Toolbox
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import HOST_FAULT
from threadhost.events.usage import Usage

MILLISECONDS = 1000
WORDS_CHARS_MAX = 256
"""How much is kept of the provider's words for its model and for its reason to stop."""
ENDED_EARLY = Failure(
    "the model's stream ended before its response", "responseStreamDisconnected", is_transient=True
)


class Progress(NamedTuple):
    """The model sent an event."""

    run: "ModelRun"
    event: ModelEvent
    urgent: bool = True
    """A run has at most one message on its way, so it never fills a mailbox."""


class Slow(NamedTuple):
    """The model has sent nothing for a while."""

    run: "ModelRun"
    urgent: bool = True


class Ended(NamedTuple):
    """The call is over."""

    run: "ModelRun"
    response_id: str | None = None
    usage: Usage | None = None
    failure: Failure | None = None
    skipped: dict[str, int] | None = None
    model: str = ""
    finish_reason: str = ""
    urgent: bool = True


Tell = Callable[[Progress | Slow | Ended], Coroutine[Any, Any, None]]
TakeAtOnce = Callable[["ModelRun", ModelEvent], bool]
"""Processes an event without a message to the actor, if that is possible now."""
AT_ONCE_MAX: Final = 32
"""After so many events in a row, other tasks on the loop get a turn."""


class ModelRun(ChildTask):
    """A call in progress, and complete outputs that are not recorded yet.

    It reads no event before the last one was processed, so a stream cannot outrun the host. An idle
    actor processes an event at once if nothing has to be recorded, else as a message.
    """

    __slots__ = (
        "_is_dropped",
        "_take_at_once",
        "_too_slow",
        "answered_at_s",
        "asked_at_s",
        "items",
        "outputs",
        "tools",
    )

    def __init__(self, tools: Toolbox = NO_TOOLS, previous: ItemAssembler | None = None) -> None:
        super().__init__()
        self.tools = tools
        self.items = ItemAssembler(previous)
        self.outputs: list[Output] = []
        self.asked_at_s = 0.0
        self.answered_at_s: float | None = None
        self._too_slow: str | None = None
        self._is_dropped = False

    def start(
        self,
        client: ModelClient,
        request: ModelRequest,
        limits: CallLimits,
        tell: Tell,
        take_at_once: TakeAtOnce,
    ) -> None:
        """Begin the call."""
        self._take_at_once = take_at_once
        self.task = begin(self._stream(client, request, limits, tell))

    @property
    def streamed(self) -> bool:
        """Whether the model has begun to answer."""
        return self.answered_at_s is not None

    def how(self, ended: Ended, now_s: float) -> ResponseMetadata:
        """The metadata of the finished answer."""
        first_s = self.answered_at_s
        return ResponseMetadata(
            ended.model[:WORDS_CHARS_MAX],
            ended.finish_reason[:WORDS_CHARS_MAX],
            None if first_s is None else round((first_s - self.asked_at_s) * MILLISECONDS),
            round((now_s - self.asked_at_s) * MILLISECONDS),
        )

    def cancel(self) -> None:
        """End the call; no further message of it is handled."""
        self._is_dropped = True
        super().cancel()

    def collect(self, output: OutputDone, at_ms: int) -> None:
        """Keep a complete output until it is recorded."""
        begun = self.items.end(output.number)
        if begun is not None:
            self.outputs += outputs_of(output.item, begun, at_ms, self.tools)

    async def _stream(
        self, client: ModelClient, request: ModelRequest, limits: CallLimits, tell: Tell
    ) -> None:
        timer = ProgressTimer(limits, lambda: self._be_slow(tell), self._give_up)
        try:
            ended = await self._read(client, request, timer, tell)
        except ModelFailed as failed:
            ended = Ended(self, failure=Failure.of(failed))
        except BaseException as error:
            if self._is_dropped or (self._too_slow is None and is_cancelled()):
                raise
            ended = Ended(self, failure=self._failure(error))
        finally:
            timer.close()
        await tell(ended)

    async def _read(
        self, client: ModelClient, request: ModelRequest, timer: ProgressTimer, tell: Tell
    ) -> Ended:
        ended = Ended(self, failure=ENDED_EARLY)
        stream = client.stream(request)
        in_a_row = 0
        try:
            async for event in stream:
                if isinstance(event, ResponseDone):
                    ended = self._ended(event)
                elif in_a_row < AT_ONCE_MAX and self._take_at_once(self, event):
                    in_a_row += 1 if not isinstance(event, OutputDone) else AT_ONCE_MAX
                    timer.progressed()
                else:
                    in_a_row = 0
                    with timer.held():  # the actor may have to wait for the disk
                        await tell(Progress(self, event))
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:  # an interrupt between two events must close the call, too
                await close()
        return ended

    def _ended(self, response: ResponseDone) -> Ended:
        failure = None
        if response.stopped_early is not None:
            failure = Failure(f"the model stopped early: {response.stopped_early}", "other")
        usage, served = _usage(response.usage), (response.model, response.finish_reason)
        return Ended(self, response.response_id, usage, failure, response.skipped, *served)

    # -- time limits --

    def _be_slow(self, tell: Tell) -> None:
        begin(tell(Slow(self)))

    def _give_up(self, reason: str) -> None:
        self._too_slow = reason
        if self.task is not None:
            self.task.cancel()

    def _failure(self, error: BaseException) -> Failure:
        if self._too_slow is not None:
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
            return Failure(self._too_slow, "responseStreamDisconnected", is_transient=True)
        # Whatever a client raises, even a stray cancellation or SystemExit, ends only the turn.
        HOST_FAULT.emit(error, what="a model client")
        return Failure(f"the model client failed: {type(error).__name__}", "other")


def _usage(tokens: TokenUsage | None) -> Usage | None:
    return None if tokens is None else Usage(**tokens._asdict())
