"""The work behind the agent tools of teams: spawn, send, wait, interrupt, list."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pydantic_core import from_json, to_json

from threadhost.actors.agent import SendMessage, StartAgent
from threadhost.actors.agent_activity import Activity, activity
from threadhost.actors.agent_arguments import SpawnAgent
from threadhost.actors.agent_call import MILLISECONDS, AgentCall, CallRejected
from threadhost.actors.agent_settings import agent_settings
from threadhost.actors.agent_status import is_at_work, status_of
from threadhost.actors.answers import text_result
from threadhost.actors.errors import NoActiveTurn
from threadhost.actors.ports import ToolResult
from threadhost.actors.team_arguments import (
    InterruptMember,
    ListTeam,
    SpawnMember,
    TellMember,
    WaitForTeam,
    asked_by,
    path_of,
)
from threadhost.actors.team_paths import path_in_team
from threadhost.actors.turn import InterruptTurn
from threadhost.events.agent import AGENT, AgentContextGiven, has_mail
from threadhost.events.agent_words import ROOT
from threadhost.events.fold import Thread
from threadhost.events.ids import thread_stream
from threadhost.events.turn import text_part
from threadhost.events.words import AGENT_SOURCE

OPEN_MAX = 100_000
"""Effectively no limit: members are not closed, and only those at work count."""


class TeamWork(AgentCall):
    """A call of the second family."""

    async def _carry_out(self) -> ToolResult:
        request = asked_by(self.call.tool, str(self.call.arguments))
        return await HANDLERS[type(request)](self, request)

    # -- the tools --

    async def _spawn(self, request: SpawnMember) -> ToolResult:
        path, team = f"{self._own_path}/{request.name}", await self._team()
        if path in team or self.services.room.is_reserved(self.state.session_id, path):
            raise CallRejected(f"agent path `{path}` already exists")
        spawn = SpawnAgent((), request.model, request.effort, request.role)
        settings = agent_settings(self.settings, spawn, self.services.agents, len(team) - 1)
        start = StartAgent(
            self.services.ids.new(),
            settings,
            source=AGENT_SOURCE,
            parent_id=self.call.thread_id,
            agents=self.limits._replace(open_max=OPEN_MAX),
            turn_id=self.services.ids.new(),
            root_turn_id=self.root_turn_id,
            message="task",
            content=[text_part(request.message)],
            sender_version=self.call.version,
            path=path,
            author=self._own_path,
            history=await self.read_history(_without_thoughts) if request.with_history else (),
        )
        await self.start(start)
        shown = self._activity("started", start.thread_id, path, settings.model)
        return _success({"task_name": path}, shown)

    async def _tell(self, request: TellMember) -> ToolResult:
        path, member = await self._member(request.target)
        if request.kind == "followup" and not AGENT.of(member).is_agent:
            target = "the root agent" if path == ROOT else f"{path}: it is not a spawned agent"
            raise CallRejected(f"Follow-up tasks can't target {target}")
        if member.id == self.call.thread_id:
            raise CallRejected("an agent cannot tell itself anything; go on by yourself")
        message = SendMessage(
            member.id,
            request.kind,
            [text_part(request.message)],
            self.services.ids.new(),
            author=self._own_path,
            recipient=path,
        )
        await (self.set_to_work if request.kind == "followup" else self.deliver)(message)
        shown = self._activity("interacted", member.id, path)
        return text_result("", success=True)._replace(item=shown)

    async def _wait(self, request: WaitForTeam) -> ToolResult:
        try:
            async with asyncio.timeout(request.timeout_ms / MILLISECONDS):
                words, is_over = await self._wait_for_news(), False
        except TimeoutError:
            words, is_over = "Wait timed out.", True
        if request.asked_ms is not None:
            words += (
                f" Requested timeout of {request.asked_ms}ms was clamped to the minimum of"
                f" {request.timeout_ms}ms."
            )
        return _success({"message": words, "timed_out": is_over}, {})

    async def _wait_for_news(self) -> str:
        """Wait for a message that the model has not seen, as long as one may come."""
        with self.services.mail.news.watching(self.call.thread_id) as moved:
            while not await self._has_news():
                if not await self._is_any_at_work():
                    return "Wait completed. No other agent is at work."
                await moved.wait()
                moved.clear()
        return "Wait completed."

    async def _is_any_at_work(self) -> bool:
        """Whether another member of the team may still send something."""
        tree = await self.tree()
        if tree.lost or tree.fenced:
            return True
        live = self.services.sessions.live
        other_ids = [t for t in (await self._team()).values() if t != self.call.thread_id]
        other_ids.sort(key=lambda t: live.get(t) is None)  # the live ones first
        for thread_id in other_ids:
            state = await self.state_of(thread_id)
            if state is not None and (is_at_work(state) or has_mail(state)):
                return True
        return False

    async def _has_news(self) -> bool:
        state = self.state
        asked_at_version = state.turn.asked_at_version if state.turn else state.version
        log, stream = self.services.sessions.logs.durable, thread_stream(state.id)
        return bool(await log.read_stream(stream, asked_at_version, 1, types=[AgentContextGiven]))

    async def _interrupt(self, request: InterruptMember) -> ToolResult:
        path, member = await self._member(request.target)
        if not AGENT.of(member).is_agent:
            raise CallRejected(f"{'root' if path == ROOT else path} is not a spawned agent")
        if member.id == self.call.thread_id:
            raise CallRejected("an agent cannot interrupt itself; end your turn instead")
        before = await status_of(self.services.sessions, member)
        if member.turn is not None:
            try:
                command = InterruptTurn("", self.services.clock.now_ms())
                await self.services.threads.ask(member.id, command, self.origin)
            except NoActiveTurn:
                pass  # it ended in the meantime
        answer = {"previous_status": before.for_model}
        return _success(answer, self._activity("interrupted", member.id, path))

    async def _list(self, request: ListTeam) -> ToolResult:
        prefix = path_of(request.prefix, self._own_path) if request.prefix else ROOT
        members = []
        for path, thread_id in sorted((await self._team()).items()):
            if path != prefix and not path.startswith(f"{prefix}/"):
                continue
            if (member := await self.state_of(thread_id)) is not None:
                status = await status_of(self.services.sessions, member)
                members.append({"agent_name": path, "agent_status": status.for_model})
        return _success({"agents": members}, {})

    # -- what they have in common --

    @property
    def _own_path(self) -> str:
        return path_in_team(self.state)

    async def _team(self) -> dict[str, str]:
        """The ids of all members that are not being deleted, by their paths."""
        tree = await self.tree()
        ids = [self.state.session_id, *tree.nodes]
        staying = [t for t in ids if t not in tree.fenced]
        return await self.services.team_paths.of(staying, self.state_of)

    async def _member(self, target: str) -> tuple[str, Thread]:
        team = await self._team()
        by_id = {thread_id: path for path, thread_id in team.items()}
        path = by_id.get(target) or path_of(target, self._own_path)
        member = await self.state_of(team[path]) if path in team else None
        if member is None:
            raise CallRejected(f"live agent path `{path}` not found")
        return path, member

    def _activity(
        self, kind: Activity, thread_id: str, path: str, model: str | None = None
    ) -> dict[str, object]:
        """The item that clients see of a completed call."""
        at_ms = self.services.clock.now_ms()
        return activity(self.call.call_id, kind, thread_id, path, at_ms, model)


def _without_thoughts(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = [from_json(line) for line in lines]
    return [item for item in items if item.get("type") != "reasoning"]


def _success(answer: Mapping[str, object], item: Mapping[str, object]) -> ToolResult:
    return text_result(to_json(answer).decode(), success=True)._replace(item=item or None)


Handler = Callable[[TeamWork, Any], Awaitable[ToolResult]]
HANDLERS: Mapping[type, Handler] = {
    SpawnMember: TeamWork._spawn,  # noqa: SLF001  (of this file)
    TellMember: TeamWork._tell,  # noqa: SLF001
    WaitForTeam: TeamWork._wait,  # noqa: SLF001
    InterruptMember: TeamWork._interrupt,  # noqa: SLF001
    ListTeam: TeamWork._list,  # noqa: SLF001
}
