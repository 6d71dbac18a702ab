"""One call of a tool on behalf of a turn, as a child task of the thread's actor."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from threadhost.actors.answers import text_result
from threadhost.actors.command import Command
from threadhost.actors.errors import ApprovalNeeded
from threadhost.actors.origin import Origin
from threadhost.actors.ports import HostWork, Ids, ToolCall, ToolResult
from threadhost.actors.runtime.journal import ThreadServices
from threadhost.actors.runtime.tasks import ChildTask, begin, is_cancelled
from threadhost.actors.server_tools import ServerTool
from threadhost.actors.tool_call import NOTHING_DONE, AnswerCall, AnswerHostCall
from threadhost.actors.tools import annotated_tool
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import HOST_FAULT
from threadhost.events.thread import OpenCall, Thread

MILLISECONDS = 1000


class Answered(NamedTuple):
    """A call has its result, good or bad."""

    run: "ToolRun"
    result: ToolResult
    urgent: bool = True
    """A call sends at most one such message."""


class Elicits(NamedTuple):
    """A command of a call: a question to the user, or its outcome; `by` is who answered."""

    run: "ToolRun"
    command: Command
    by: str = ""
    urgent: bool = True


Tell = Callable[[Answered | Elicits], Coroutine[Any, Any, None]]
Refused = Callable[[ServerTool], Awaitable[ToolResult | None]]
"""The result if a call is refused; None if it needs no approval, or the user approves."""


def answering(services: ThreadServices, call: OpenCall) -> tuple[HostWork | None, int]:
    """What answers a call, None if its rule does; and the time limit in milliseconds, 0 for none.

    Clients and users have a time limit; the host's own work has limits by family.
    """
    if call.host is not None:
        return services.host_work.get(call.host.family), 0
    tools = services.tools
    return (tools.ask_user if call.item is None else tools.call), services.tool_timeout_ms


class ToolRun(ChildTask):
    """A call that somebody outside is to answer; it gets a result within a time limit."""

    __slots__ = ("call",)

    def __init__(self, call: OpenCall) -> None:
        super().__init__()
        self.call = call

    def start(self, services: ThreadServices, thread: Thread, origin: Origin, tell: Tell) -> None:
        """Make the call, on the thread's present state, with the origin of its turn."""
        call = tool_call(thread, self.call, origin)
        self.task = begin(self._run(services, call, thread, tell))

    def _annotated(self, thread: Thread) -> ServerTool | None:
        """The called tool of a client, if it has annotations."""
        item, turn = self.call.item, thread.turn
        if item is None or self.call.host is not None:
            return None
        settings = turn.settings if turn else thread.settings
        return annotated_tool(settings, item["namespace"], item["tool"])

    async def _run(
        self, services: ThreadServices, call: ToolCall, thread: Thread, tell: Tell
    ) -> None:
        await tell(Answered(self, await self._result(services, call, thread, tell)))

    async def _result(
        self, services: ThreadServices, call: ToolCall, thread: Thread, tell: Tell
    ) -> ToolResult:
        async def record(command: Command, by: str) -> None:
            await tell(Elicits(self, command, by))

        async def refused(tool: ServerTool) -> ToolResult | None:
            from threadhost.actors.runtime.server_call import ApprovedCall

            return await ApprovedCall(services, call, thread, record).refused(tool)

        answer, timeout_ms = answering(services, self.call)
        if answer is None:
            return NOTHING_DONE  # the rule that decides next has the answer
        try:
            if self.call.is_of_server:
                from threadhost.actors.runtime.server_call import ServerCall

                return await ServerCall(services, call, thread, record).result()
            tool = self._annotated(thread)
            if tool is not None and (refused_with := await refused(tool)) is not None:
                return refused_with
            async with asyncio.timeout(timeout_ms / MILLISECONDS if timeout_ms else None):
                return await carry_out(answer, call, refused)
        except TimeoutError:
            waited = f"{timeout_ms / MILLISECONDS:g} s"
            return text_result(f"the call was not answered within {waited}", success=False)
        except BaseException as error:
            if is_cancelled():
                raise
            HOST_FAULT.emit(error, what=f"a tool call of thread {thread.id}")
            name = type(error).__name__
            return text_result(f"the tool call failed: {name}", success=False)


async def carry_out(work: HostWork, call: ToolCall, refused: Refused) -> ToolResult:
    """The result of a call; if a host tool needs an approval, it is asked for first."""
    try:
        return await work(call)
    except ApprovalNeeded as needed:
        from threadhost.actors.approval import tool_of_host

        tool = tool_of_host(call, needed)
    return await refused(tool) or await work(call._replace(approved=True))


def asked_now(calls: Sequence[OpenCall]) -> list[OpenCall]:
    """The open calls that may run together: all but the later ones of the same host family."""
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


def tool_call(thread: Thread, call: OpenCall, origin: Origin) -> ToolCall:
    """An open call of a thread's turn, in the form for its answerer."""
    thread_id, turn_id = thread.id, thread.turn.id if thread.turn else ""
    if (host := call.host) is not None:
        named = host.name, host.namespace, host.arguments
        return ToolCall(thread_id, turn_id, call.call_id, origin, *named, version=call.version)
    if call.item is None:
        questions = call.questions or ()
        return ToolCall(thread_id, turn_id, call.call_id, origin, questions=questions)
    tool, arguments = call.item["tool"], call.item["arguments"]
    item_call = ToolCall(thread_id, turn_id, call.call_id, origin, tool, arguments=arguments)
    if call.is_of_server:
        return item_call._replace(server=call.item["server"])
    return item_call._replace(namespace=call.item["namespace"])
