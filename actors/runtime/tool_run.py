"""One call of a tool on behalf of a turn, as a child task of the thread's actor."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple

from threadhost.actors.answers import text_result
from threadhost.actors.command import Command
from threadhost.actors.host_call import NOTHING_DONE, AnswerHostCall
from threadhost.actors.origin import Origin
from threadhost.actors.ports import HostWork, Ids, ToolCall, ToolResult, Tools
from threadhost.actors.runtime.tasks import begin, is_cancelled
from threadhost.actors.tool_call import AnswerCall
from threadhost.events.thread import OpenCall

logger = logging.getLogger("threadhost.actors")
MILLISECONDS = 1000


class Answered(NamedTuple):
    """A call has its result, good or bad."""

    run: "ToolRun"
    result: ToolResult
    urgent: bool = True
    """A call has one message at most."""


Tell = Callable[[Answered], Coroutine[Any, Any, None]]


class Answering(NamedTuple):
    """Who answers calls: clients and users within a time limit, the host by family in its own."""

    tools: Tools
    work: Mapping[str, HostWork]
    timeout_ms: int

    def of(self, call: OpenCall) -> tuple[HostWork | None, int]:
        """Who answers this call, None if its rule does, and the limit; 0 is none."""
        if call.host is not None:
            return self.work.get(call.host.family), 0
        answer = self.tools.ask_user if call.item is None else self.tools.call
        return answer, self.timeout_ms


class ToolRun:
    """A call that somebody outside was asked to answer; it has a result within a time limit."""

    __slots__ = ("call", "task")

    def __init__(self, call: OpenCall) -> None:
        self.call = call
        self.task: asyncio.Task[None] | None = None

    def start(self, answering: Answering, asked: ToolCall, tell: Tell) -> None:
        """Ask."""
        self.task = begin(self._run(answering, asked, tell))

    def cancel(self) -> None:
        """Take the call back; nothing of it is heard any more."""
        if self.task is not None:
            self.task.cancel()

    async def _run(self, answering: Answering, asked: ToolCall, tell: Tell) -> None:
        await tell(Answered(self, await self._result(answering, asked)))

    async def _result(self, answering: Answering, asked: ToolCall) -> ToolResult:
        answer, timeout_ms = answering.of(self.call)
        if answer is None:
            return NOTHING_DONE  # the rule that is asked then has the answer
        try:
            async with asyncio.timeout(timeout_ms / MILLISECONDS if timeout_ms else None):
                return await answer(asked)
        except TimeoutError:
            waited = f"{timeout_ms / MILLISECONDS:g} s"
            return text_result(f"the call was not answered within {waited}", success=False)
        except BaseException as error:
            if is_cancelled():
                raise
            logger.exception("a tool call failed")
            name = type(error).__name__
            return text_result(f"the tool call failed: {name}", success=False)


def asked_now(calls: Sequence[OpenCall]) -> list[OpenCall]:
    """Those of the open calls that may run together: of each family of the host's, the first."""
    first: dict[str, OpenCall] = {}
    for call in calls:
        if call.host is not None:
            first.setdefault(call.host.family, call)
    return [call for call in calls if call.host is None or call is first[call.host.family]]


def answer_to(call: OpenCall, result: ToolResult, ids: Ids, at_ms: int) -> Command:
    """The command that answers a call."""
    if call.host is not None:
        return AnswerHostCall(call, ids.new(), at_ms, result)
    return AnswerCall(call, result, at_ms)


def tool_call(thread_id: str, turn_id: str, call: OpenCall, origin: Origin) -> ToolCall:
    """An open call as those who answer it see it."""
    if (host := call.host) is not None:
        named = host.name, host.namespace, host.arguments
        return ToolCall(thread_id, turn_id, call.call_id, origin, *named, version=call.version)
    if call.item is None:
        questions = call.questions or ()
        return ToolCall(thread_id, turn_id, call.call_id, origin, questions=questions)
    tool, namespace, arguments = (call.item[key] for key in ("tool", "namespace", "arguments"))
    return ToolCall(thread_id, turn_id, call.call_id, origin, tool, namespace, arguments)
