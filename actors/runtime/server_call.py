"""Calls that may need an approval: of an MCP server's tool, or of a client's."""

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
"""Returns once the command, given by a principal, is carried out and recorded."""


class ApprovedCall:
    """A call in progress, with the thread's state at its beginning."""

    __slots__ = ("_call", "_record", "_services", "_thread")

    def __init__(
        self, services: ThreadServices, call: ToolCall, thread: Thread, record: Record
    ) -> None:
        self._services = services
        self._call = call
        self._thread = thread
        self._record = record

    async def refused(self, tool: ServerTool) -> ToolResult | None:
        """The result if the call is refused; None if it needs no approval, or the user approves."""
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
        """Record the question, ask the user, and record the answer with what it allows."""
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
    """A call of an MCP server's tool; the server may ask the user questions, too."""

    __slots__ = ()

    async def result(self) -> ToolResult:
        """The result of the call."""
        tool = self._services.servers.offer.tool(self._call.server, self._call.tool)
        if tool is None:
            words = GONE.format(self._call.server, self._call.tool)
            return text_result(words, success=False)
        refused = await self.refused(tool)
        return refused or await self._services.servers.call(self._call, self._answer_server)

    async def _answer_server(self, request: dict[str, Any]) -> ElicitationAnswer:
        """The user's answer to a question of the server."""
        turn = self._thread.turn
        if may_ask(turn.settings if turn else None):
            return await self._elicit("server", request)
        await self._record(self._ended(self._services.ids.new(), BY_POLICY, request=request), "")
        return BY_POLICY
