"""One call of a model on behalf of a turn, as a child task of the thread's actor."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from threadhost.actors.ports import (
    ModelClient,
    ModelEvent,
    ModelFailed,
    ModelRequest,
    ResponseDone,
)
from threadhost.actors.turn import Failure
from threadhost.events.usage import Usage

logger = logging.getLogger("threadhost.models")
ENDED_EARLY = Failure("the model's stream ended before its response", "responseStreamDisconnected")


@dataclass(frozen=True, slots=True)
class Progress:
    """Something came from the model."""

    run: "ModelRun"
    event: ModelEvent


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over."""

    run: "ModelRun"
    response_id: str | None = None
    usage: Usage | None = None
    failure: Failure | None = None
    urgent: bool = True


@dataclass(slots=True, eq=False)
class ModelRun:
    """A call in flight, and the output that is complete but not yet recorded.

    Each step is told to the actor and waited for, so a stream is no faster than what takes it in.
    """

    turn_id: str
    items: list[dict[str, Any]] = field(default_factory=list)
    other_output: list[dict[str, Any]] = field(default_factory=list)
    started_at_ms: dict[str, int] = field(default_factory=dict)
    called_tools: bool = False
    streamed: bool = False
    steered: bool = False
    task: asyncio.Task[None] | None = None

    def start(
        self,
        client: ModelClient,
        request: ModelRequest,
        tell: Callable[[Progress | Ended], Awaitable[None]],
    ) -> None:
        """Begin the call."""
        self.task = asyncio.get_running_loop().create_task(self._stream(client, request, tell))

    def cancel(self) -> None:
        """End the call; nothing of it is heard any more."""
        if self.task is not None:
            self.task.cancel()

    async def _stream(
        self,
        client: ModelClient,
        request: ModelRequest,
        tell: Callable[[Progress | Ended], Awaitable[None]],
    ) -> None:
        ended = Ended(self, failure=ENDED_EARLY)
        try:
            async for event in client.stream(request):
                if isinstance(event, ResponseDone):
                    ended = Ended(self, event.response_id, _usage(event))
                else:
                    await tell(Progress(self, event))
        except ModelFailed as failed:
            ended = Ended(self, failure=Failure(failed.message, failed.code, failed.http_status))
        except Exception as error:
            logger.exception("a model client failed")
            message = f"the model client failed: {type(error).__name__}"
            ended = Ended(self, failure=Failure(message, "other"))
        await tell(ended)


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
