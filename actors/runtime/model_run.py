"""One call of a model on behalf of a turn, as a child task of the thread's actor."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from threadhost.actors.items import Output, outputs_of
from threadhost.actors.ports import (
    ModelClient,
    ModelEvent,
    ModelFailed,
    ModelRequest,
    OutputDone,
    ResponseDone,
)
from threadhost.actors.tools import NO_TOOLS, Toolbox
from threadhost.actors.turn import Failure
from threadhost.events.bounds import fault_in
from threadhost.events.usage import Usage

logger = logging.getLogger("threadhost.models")
ENDED_EARLY = Failure("the model's stream ended before its response", "responseStreamDisconnected")
_calls: set[asyncio.Task[None]] = set()
"""Calls in flight: the loop itself holds them only weakly."""


class Progress(NamedTuple):
    """Something came from the model."""

    run: "ModelRun"
    event: ModelEvent
    urgent: bool = True
    """A run has one message on its way at most: it never fills an inbox."""


class Ended(NamedTuple):
    """The call is over."""

    run: "ModelRun"
    response_id: str | None = None
    usage: Usage | None = None
    failure: Failure | None = None
    urgent: bool = True


Tell = Callable[[Progress | Ended], Awaitable[None]]


@dataclass(slots=True, eq=False)
class ModelRun:
    """A call in flight, and the output that is complete but not yet recorded.

    Each step is told to the actor and waited for, so a stream is no faster than what takes it in.
    """

    turn_id: str
    tools: Toolbox = NO_TOOLS
    outputs: list[Output] = field(default_factory=list)
    started_at_ms: dict[str, int] = field(default_factory=dict)
    called_tools: bool = False
    streamed: bool = False
    steered: bool = False
    task: asyncio.Task[None] | None = None

    def start(self, client: ModelClient, request: ModelRequest, tell: Tell) -> None:
        """Begin the call."""
        task = self.task = asyncio.get_running_loop().create_task(
            self._stream(client, request, tell)
        )
        _calls.add(task)
        task.add_done_callback(_calls.discard)

    def cancel(self) -> None:
        """End the call; nothing of it is heard any more."""
        if self.task is not None:
            self.task.cancel()

    def collect(self, done: OutputDone, at_ms: int) -> None:
        """Keep a finished output until it is recorded. Raises ModelFailed if it makes no sense."""
        started_at_ms = self.started_at_ms.pop(done.item_id, at_ms)
        try:
            found = outputs_of(done.item, done.item_id, started_at_ms, at_ms, self.tools)
        except ValueError as error:
            raise ModelFailed(f"the model's output cannot be used: {error}", "other") from error
        for output in found:
            if fault := fault_in(output):
                message = f"the model's output cannot be recorded: {fault}"
                raise ModelFailed(message, "other")
        self.outputs += found
        self.called_tools = self.called_tools or len(found) > 1

    async def _stream(self, client: ModelClient, request: ModelRequest, tell: Tell) -> None:
        try:
            ended = await self._told(client, request, tell)
        except ModelFailed as failed:
            ended = Ended(self, failure=Failure(failed.message, failed.code, failed.http_status))
        except BaseException as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # Whatever a client throws, a stray cancellation or SystemExit even, ends the turn only.
            logger.exception("a model client failed")
            message = f"the model client failed: {type(error).__name__}"
            ended = Ended(self, failure=Failure(message, "other"))
        await tell(ended)

    async def _told(self, client: ModelClient, request: ModelRequest, tell: Tell) -> Ended:
        ended = Ended(self, failure=ENDED_EARLY)
        stream = client.stream(request)
        try:
            async for event in stream:
                if isinstance(event, ResponseDone):
                    ended = Ended(self, event.response_id, _usage(event))
                else:
                    await tell(Progress(self, event))
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:  # an interrupt between two events must close the call, too
                await close()
        return ended


def _usage(done: ResponseDone) -> Usage | None:
    counted = done.usage
    if counted is None:
        return None
    return Usage(
        input=counted.input,
        cached_input=counted.cached_input,
        output=counted.output,
        reasoning_output=counted.reasoning_output,
        total=counted.total,
    )
