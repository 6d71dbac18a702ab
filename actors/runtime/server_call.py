"""A call that may need an approval first: of an MCP server's tool, or of a client's."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from threadhost.actors.answers import text_result
from threadhost.actors.approval import approval_request, may_ask, refusal, verdict
from threadhost.actors.command import Command
from threadhost.actors.elicitation import AskUser, EndElicitation
from threadhost.actors.ports import (
    ElicitationAnswer,
    ToolCall,
    ToolResult,
)
from threadhost.actors.runtime.journal import ThreadServices
from threadhost.actors.server_tools import ServerTool
from threadhost.events.elicitation import About
from threadhost.events.thread import Thread

MILLISECONDS = 1000
GONE = "MCP server `{}` offers no tool `{}` any more"
BY_POLICY = ElicitationAnswer("policy")


Record = Callable[[Command, str], Awaitable[None]]
"""Returns once a command of somebody is carried out, and in the log."""


class ApprovedCall:
    """One call on its way, as the thread stood when it was begun."""

    __slots__ = ("_call", "_record", "_services", "_thread")

    def __init__(
        self, services: ThreadServices, call: ToolCall, thread: Thread, record: Record
    ) -> None:
        self._services = services
        self._call = call
        self._thread = thread
        self._record = record

    async def refused(self, tool: ServerTool) -> ToolResult | None:
        """Why the call is not made; None if it needs no approval, or the user gives it."""
        decision = verdict(tool, self._thread)
        if decision == "run":
            return None
        if decision == "refuse":
            return text_result(refusal(tool), success=False)
        request = approval_request(tool, self._call.arguments)
        answer = await self._elicit("approval", request, allows=tool.key)
        if answer.outcome == "accept":
            return None
        words, reached = refusal(tool, answer.outcome), answer.outcome != "unreached"
        return text_result(words, success=False, reached=reached)._replace(by=answer.by)

    async def _elicit(
        self, about: About, request: dict[str, Any], allows: str | None = None
    ) -> ElicitationAnswer:
        """Record the question, ask it, and record what came of it, and what that allows."""
        new_id, now_ms = self._services.ids.new(), self._services.clock.now_ms()
        await self._record(AskUser(self._call.call_id, new_id, about, request, now_ms), "")
        answer = await self._asked_in_time(request)
        if answer.outcome != "accept" or not answer.for_session:
            allows = None
        await self._record(self._ended(new_id, answer, allows=allows), answer.by)
        return answer

    async def _asked_in_time(self, request: dict[str, Any]) -> ElicitationAnswer:
        timeout_ms = self._services.tool_timeout_ms
        try:
            async with asyncio.timeout(timeout_ms / MILLISECONDS if timeout_ms else None):
                return await self._services.tools.elicit(self._call, request)
        except TimeoutError:
            return ElicitationAnswer("timedOut")

    def _ended(
        self,
        id: str,
        answer: ElicitationAnswer,
        *,
        allows: str | None = None,
        request: dict[str, Any] | None = None,
    ) -> EndElicitation:
        now_ms = self._services.clock.now_ms()
        return EndElicitation(self._call.call_id, id, answer, now_ms, allows, request)


class ServerCall(ApprovedCall):
    """A call of an MCP server's tool; the server may ask the user, too."""

    __slots__ = ()

    async def result(self) -> ToolResult:
        """What came of it."""
        tool = self._services.servers.offer.tool(self._call.server, self._call.tool)
        if tool is None:
            words = GONE.format(self._call.server, self._call.tool)
            return text_result(words, success=False)
        refused = await self.refused(tool)
        return refused or await self._services.servers.call(self._call, self._answer_server)

    async def _answer_server(self, request: dict[str, Any]) -> ElicitationAnswer:
        """What the user answers to a question of the server."""
        turn = self._thread.turn
        if may_ask(turn.settings if turn else None):
            return await self._elicit("server", request)
        await self._record(self._ended(self._services.ids.new(), BY_POLICY, request=request), "")
        return BY_POLICY
