"""What calls of the first family's tools do: agents started, told, awaited, closed and opened."""

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

    async def _carried_out(self) -> ToolResult:
        asked = asked_by(self.call.tool, str(self.call.arguments))
        return await HANDLERS[type(asked)](self, asked)

    # -- the tools --

    async def _spawn(self, asked: SpawnAgent) -> ToolResult:
        number = len((await self.tree()).nodes)
        settings = agent_settings(self.settings, asked, self.services.agents, number)
        start = StartAgent(
            self.services.ids.new(),
            settings,
            source=AGENT_SOURCE,
            parent_id=self.call.thread_id,
            agents=self.limits,
            turn_id=self.services.ids.new(),
            root_turn_id=self.root_turn_id,
            content=asked.content,
            sender_version=self.call.version,
            history=await self.said(messages_in) if asked.with_history else (),
        )
        await self.start(start)
        answer = {"agent_id": start.thread_id, "nickname": settings.agent_nickname}
        return _done(
            answer,
            receiverThreadIds=[start.thread_id],
            model=settings.model,
            reasoningEffort=settings.effort,
            agentsStates={start.thread_id: AgentStatus("pending_init").for_clients},
        )

    async def _send(self, asked: SendInput) -> ToolResult:
        if asked.target == self.call.thread_id:
            stands = {asked.target: AgentStatus("running")}
            raise CallRejected("an agent cannot send input to itself; go on by yourself", stands)
        before = await self._standing_of(asked.target)
        message = SendMessage(
            asked.target, "input", asked.content, self.services.ids.new(), asked.interrupts
        )
        await self.set_to_work(message)
        if asked.interrupts and before.status in AT_WORK:
            before = AgentStatus("interrupted")
        return _done(
            {"submission_id": message.turn_id}, agentsStates=for_clients({asked.target: before})
        )

    async def _wait(self, asked: WaitAgent) -> ToolResult:
        own_id = self.call.thread_id
        if own_id in asked.targets:
            raise CallRejected("an agent cannot wait for itself", {own_id: AgentStatus("running")})
        over = await self._await_end(asked.targets, asked.timeout_ms)
        answer = {"status": {t: one.for_model for t, one in over.items()}, "timed_out": not over}
        failed = any(one.status in ("errored", "not_found") for one in over.values())
        item = {"receiverThreadIds": list(over), "agentsStates": for_clients(over)}
        if not over:
            item["receiverThreadIds"] = list(asked.targets)
        return _done(answer, **item)._replace(success=not failed)

    async def _await_end(self, targets: Sequence[str], timeout_ms: int) -> dict[str, AgentStatus]:
        """Those of the agents that are not at work any more, as soon as there are any."""
        known: set[str] = set()
        with self.services.mail.news.watching(*targets) as moved:
            try:
                async with asyncio.timeout(timeout_ms / MILLISECONDS):
                    while True:
                        moved.clear()
                        standings = await self._stand(targets, known)
                        if over := {t: one for t, one in standings.items() if one.is_over}:
                            return over
                        await moved.wait()
            except TimeoutError:
                return {}

    async def _stand(self, targets: Sequence[str], known: set[str]) -> dict[str, AgentStatus]:
        """How the agents stand; one that was there and is not any more was shut down."""
        tree, standings = await self.tree(), dict[str, AgentStatus]()
        for agent_id in targets:
            one = await agent_status(self.services.sessions, tree, agent_id)
            standings[agent_id] = GONE if one is NOT_FOUND and agent_id in known else one
        known.update(agent_id for agent_id, one in standings.items() if one is not NOT_FOUND)
        return standings

    async def _close(self, asked: CloseAgent) -> ToolResult:
        tree = await self.tree()
        if asked.target in ancestry(tree, self.call.thread_id):
            is_self = asked.target == self.call.thread_id
            whom = "itself" if is_self else "an agent that it works for"
            stands = {asked.target: AgentStatus("running")}
            raise CallRejected(f"an agent cannot close {whom}; end your turn instead", stands)
        before = await self._standing_of(asked.target)
        await run_shielded(self._shut_down(asked.target))  # none that is closed goes on working
        answer = {"previous_status": before.for_model}
        return _done(answer, agentsStates=for_clients({asked.target: before}))

    async def _shut_down(self, agent_id: str) -> None:
        """Close an agent and all open ones below it, and let go of those that are live."""
        command = TreeCommandEnvelope(CloseAgents(agent_id), self.origin)
        closed = await self.services.trees.ask(self.services.sessions, command, agent_id)
        ids = [fact.event.child_id for fact in closed.recorded]  # type: ignore[union-attr]
        last = closed.recorded[-1]
        origin = self.origin._replace(causation_id=by_event(last.stream, last.version))
        await self.services.life.unload(ids[::-1], AGENT_CLOSED, origin)

    async def _resume(self, asked: ResumeAgent) -> ToolResult:
        tree = await self.tree()
        state = await self.state_of(asked.target)
        is_there = asked.target in tree.nodes and asked.target not in tree.fenced
        if not is_there or state is None or state.archived:
            raise AgentNotFound(asked.target)
        await run_shielded(self._open(state))
        standing_now = await self._standing_of(asked.target)
        stands = standing_now if standing_now.status == "running" else AgentStatus("pending_init")
        return _done({"status": stands.for_model}, agentsStates=for_clients({asked.target: stands}))

    async def _open(self, state: Thread) -> None:
        """Open an agent and take it up: it may have been told something while it was closed."""
        coming = SlotReservation(state.id, state.session_id)
        with self.services.room.reserved(coming) if has_work(state) else nullcontext():
            command = TreeCommandEnvelope(OpenAgent(state.id, self.limits), self.origin)
            await self.services.trees.ask(self.services.sessions, command, state.id)
            await self.services.threads.take_up(state.id, self.origin.causation_id)

    # -- what they have in common --

    async def _standing_of(self, agent_id: str) -> AgentStatus:
        standing_now = await agent_status(self.services.sessions, await self.tree(), agent_id)
        if standing_now is NOT_FOUND or standing_now is GONE:
            raise AgentNotFound(agent_id)
        return standing_now


def _done(answer: Mapping[str, object], **item: object) -> ToolResult:
    return text_result(to_json(answer).decode(), success=True)._replace(item=item)


Handler = Callable[[AgentWork, Any], Awaitable[ToolResult]]
HANDLERS: Mapping[type, Handler] = {
    SpawnAgent: AgentWork._spawn,  # noqa: SLF001  (of this file)
    SendInput: AgentWork._send,  # noqa: SLF001
    WaitAgent: AgentWork._wait,  # noqa: SLF001
    CloseAgent: AgentWork._close,  # noqa: SLF001
    ResumeAgent: AgentWork._resume,  # noqa: SLF001
}
