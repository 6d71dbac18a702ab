"""The work behind the agent tools of the first family: spawn, send, wait, close and resume."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from pydantic_core import to_json

from threadhost.actors.agent import SendMessage, StartAgent
from threadhost.actors.agent_arguments import (
    CloseAgent,
    ResumeAgent,
    SendInput,
    SpawnAgent,
    WaitAgent,
    asked_by,
)
from threadhost.actors.agent_call import (
    MILLISECONDS,
    AgentCall,
    CallRejected,
    for_clients,
    run_shielded,
)
from threadhost.actors.agent_settings import agent_settings, messages_in
from threadhost.actors.agent_slots import SlotReservation
from threadhost.actors.agent_status import AT_WORK, GONE, NOT_FOUND, AgentStatus, agent_status
from threadhost.actors.answers import text_result
from threadhost.actors.errors import AgentNotFound
from threadhost.actors.ports import ToolResult
from threadhost.actors.runtime.tree_messages import TreeCommandEnvelope
from threadhost.actors.tree import CloseAgents, OpenAgent, ancestry
from threadhost.events.agent import has_work
from threadhost.events.causes import by_event
from threadhost.events.fold import Thread
from threadhost.events.words import AGENT_CLOSED, AGENT_SOURCE


class AgentWork(AgentCall):
    """A call of the first family."""

    async def _carry_out(self) -> ToolResult:
        request = asked_by(self.call.tool, str(self.call.arguments))
        return await HANDLERS[type(request)](self, request)

    # -- the tools --

    async def _spawn(self, request: SpawnAgent) -> ToolResult:
        number = len((await self.tree()).nodes)
        settings = agent_settings(self.settings, request, self.services.agents, number)
        start = StartAgent(
            self.services.ids.new(),
            settings,
            source=AGENT_SOURCE,
            parent_id=self.call.thread_id,
            agents=self.limits,
            turn_id=self.services.ids.new(),
            root_turn_id=self.root_turn_id,
            content=request.content,
            sender_version=self.call.version,
            history=await self.read_history(messages_in) if request.with_history else (),
        )
        await self.start(start)
        answer = {"agent_id": start.thread_id, "nickname": settings.agent_nickname}
        return _success(
            answer,
            receiverThreadIds=[start.thread_id],
            model=settings.model,
            reasoningEffort=settings.effort,
            agentsStates={start.thread_id: AgentStatus("pending_init").for_clients},
        )

    async def _send(self, request: SendInput) -> ToolResult:
        if request.target == self.call.thread_id:
            states = {request.target: AgentStatus("running")}
            raise CallRejected("an agent cannot send input to itself; go on by yourself", states)
        before = await self._standing_of(request.target)
        message = SendMessage(
            request.target, "input", request.content, self.services.ids.new(), request.interrupts
        )
        await self.set_to_work(message)
        if request.interrupts and before.status in AT_WORK:
            before = AgentStatus("interrupted")
        return _success(
            {"submission_id": message.turn_id}, agentsStates=for_clients({request.target: before})
        )

    async def _wait(self, request: WaitAgent) -> ToolResult:
        own_id = self.call.thread_id
        if own_id in request.targets:
            raise CallRejected("an agent cannot wait for itself", {own_id: AgentStatus("running")})
        ended = await self._await_end(request.targets, request.timeout_ms)
        answer = {
            "status": {t: status.for_model for t, status in ended.items()},
            "timed_out": not ended,
        }
        failed = any(status.status in ("errored", "not_found") for status in ended.values())
        item = {"receiverThreadIds": list(ended), "agentsStates": for_clients(ended)}
        if not ended:
            item["receiverThreadIds"] = list(request.targets)
        return _success(answer, **item)._replace(success=not failed)

    async def _await_end(self, targets: Sequence[str], timeout_ms: int) -> dict[str, AgentStatus]:
        """The agents that no longer work, as soon as there are any; empty after the time-out."""
        found_ids: set[str] = set()
        with self.services.mail.news.watching(*targets) as moved:
            try:
                async with asyncio.timeout(timeout_ms / MILLISECONDS):
                    while True:
                        moved.clear()
                        standings = await self._statuses(targets, found_ids)
                        if ended := {
                            t: status for t, status in standings.items() if status.is_over
                        }:
                            return ended
                        await moved.wait()
            except TimeoutError:
                return {}

    async def _statuses(
        self, targets: Sequence[str], found_ids: set[str]
    ) -> dict[str, AgentStatus]:
        """The statuses of the agents; one that was found before, and is not now, was shut down."""
        tree, standings = await self.tree(), dict[str, AgentStatus]()
        for agent_id in targets:
            status = await agent_status(self.services.sessions, tree, agent_id)
            if status is NOT_FOUND and agent_id in found_ids:
                status = GONE
            standings[agent_id] = status
        found_ids.update(
            agent_id for agent_id, status in standings.items() if status is not NOT_FOUND
        )
        return standings

    async def _close(self, request: CloseAgent) -> ToolResult:
        tree = await self.tree()
        if request.target in ancestry(tree, self.call.thread_id):
            is_self = request.target == self.call.thread_id
            target = "itself" if is_self else "an agent that it works for"
            states = {request.target: AgentStatus("running")}
            raise CallRejected(f"an agent cannot close {target}; end your turn instead", states)
        before = await self._standing_of(request.target)
        await run_shielded(self._shut_down(request.target))  # no closed agent may continue to work
        answer = {"previous_status": before.for_model}
        return _success(answer, agentsStates=for_clients({request.target: before}))

    async def _shut_down(self, agent_id: str) -> None:
        """Close an agent and all open agents below it, and unload those that are live."""
        command = TreeCommandEnvelope(CloseAgents(agent_id), self.origin)
        closed = await self.services.trees.ask(self.services.sessions, command, agent_id)
        ids = [fact.event.child_id for fact in closed.recorded]  # type: ignore[union-attr]
        last = closed.recorded[-1]
        origin = self.origin._replace(causation_id=by_event(last.stream, last.version))
        await self.services.life.unload(ids[::-1], AGENT_CLOSED, origin)

    async def _resume(self, request: ResumeAgent) -> ToolResult:
        tree = await self.tree()
        state = await self.state_of(request.target)
        is_there = request.target in tree.nodes and request.target not in tree.fenced
        if not is_there or state is None or state.archived:
            raise AgentNotFound(request.target)
        await run_shielded(self._open(state))
        standing_now = await self._standing_of(request.target)
        status = standing_now if standing_now.status == "running" else AgentStatus("pending_init")
        return _success(
            {"status": status.for_model}, agentsStates=for_clients({request.target: status})
        )

    async def _open(self, state: Thread) -> None:
        """Reopen an agent and activate it: a message may have arrived while it was closed."""
        slot = SlotReservation(state.id, state.session_id)
        with self.services.room.reserved(slot) if has_work(state) else nullcontext():
            command = TreeCommandEnvelope(OpenAgent(state.id, self.limits), self.origin)
            await self.services.trees.ask(self.services.sessions, command, state.id)
            await self.services.threads.activate(state.id, self.origin.causation_id)

    # -- what they have in common --

    async def _standing_of(self, agent_id: str) -> AgentStatus:
        standing_now = await agent_status(self.services.sessions, await self.tree(), agent_id)
        if standing_now is NOT_FOUND or standing_now is GONE:
            raise AgentNotFound(agent_id)
        return standing_now


def _success(answer: Mapping[str, object], **item: object) -> ToolResult:
    return text_result(to_json(answer).decode(), success=True)._replace(item=item)


Handler = Callable[[AgentWork, Any], Awaitable[ToolResult]]
HANDLERS: Mapping[type, Handler] = {
    SpawnAgent: AgentWork._spawn,  # noqa: SLF001  (of this file)
    SendInput: AgentWork._send,  # noqa: SLF001
    WaitAgent: AgentWork._wait,  # noqa: SLF001
    CloseAgent: AgentWork._close,  # noqa: SLF001
    ResumeAgent: AgentWork._resume,  # noqa: SLF001
}
