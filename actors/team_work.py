"""What calls of the second family's tools do: agents by name, told, awaited and interrupted."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from threadhost.actors.agent import SendMessage, StartAgent
from threadhost.actors.agent_arguments import SpawnAgent
from threadhost.actors.agent_limits import AgentLimits
from threadhost.actors.agent_settings import agent_settings
from threadhost.actors.agent_standing import standing_of
from threadhost.actors.agent_work import (
    AT_LIMIT,
    MILLISECONDS,
    SOURCE,
    AgentServices,
    AgentWork,
    Turned,
)
from threadhost.actors.answers import text_result
from threadhost.actors.errors import NoActiveTurn, Refusal
from threadhost.actors.ports import ToolCall, ToolResult
from threadhost.actors.team_arguments import (
    InterruptMember,
    ListTeam,
    SpawnMember,
    TellMember,
    WaitForTeam,
    asked_by,
    path_of,
)
from threadhost.actors.turn import InterruptTurn
from threadhost.events.agent import AgentContextGiven, agent_of
from threadhost.events.agent_words import ROOT
from threadhost.events.fold import Thread
from threadhost.events.ids import thread_stream
from threadhost.events.store.errors import StoreError

OPEN_MAX = 100_000
"""Members are not closed: what counts is who works."""


class TeamWork(NamedTuple):
    """One call, and the thread whose model made it."""

    services: AgentServices
    call: ToolCall

    async def result(self) -> ToolResult:
        """What comes of the call; whatever keeps it from being done is said in words."""
        try:
            asked = asked_by(self.call.tool, str(self.call.arguments))
            return await HANDLERS[type(asked)](self, asked)
        except (Turned, ValueError, Refusal, StoreError) as refused:
            return text_result(str(refused), success=False)

    # -- the tools --

    async def _spawn(self, asked: SpawnMember) -> ToolResult:
        parent, own = self._lead.state, self._own_path
        path = f"{own}/{asked.name}"
        team = await self._team()
        if path in team:
            raise Turned(f"agent path `{path}` already exists")
        self._require_room(team)
        if parent.turn is None or parent.turn.settings is None:
            raise Turned("the settings of this thread cannot be read: no agent can have them")
        like = SpawnAgent((), asked.model, asked.effort, asked.role)
        settings = agent_settings(parent.turn.settings, like, self.services.agents, len(team) - 1)
        start = StartAgent(
            self.services.ids.new(),
            settings,
            source=SOURCE,
            parent_id=parent.id,
            agents=AgentLimits(self.services.agents.limits.depth_max, OPEN_MAX),
            turn_id=self.services.ids.new(),
            root_turn_id=parent.turn.root_turn_id or parent.turn.id,
            message="task",
            content=_text(asked.message),
            sender_version=self.call.version,
            path=path,
            author=own,
            history=await self._all_said() if asked.with_history else (),
        )
        await self.services.threads.start(start, self._lead.origin)
        seen = self._activity("started", start.thread_id, path, settings.model)
        return _done({"task_name": path}, seen)

    async def _tell(self, asked: TellMember) -> ToolResult:
        path, member = await self._member(asked.target)
        if path == ROOT and asked.kind == "followup":
            raise Turned("Follow-up tasks can't target the root agent")
        if member.id == self.call.thread_id:
            raise Turned("an agent cannot tell itself anything; go on by yourself")
        message = SendMessage(
            member.id,
            asked.kind,
            _text(asked.message),
            self.services.ids.new(),
            author=self._own_path,
            recipient=path,
        )
        await self._lead.say(message)
        seen = self._activity("interacted", member.id, path)
        return text_result("", success=True)._replace(item=seen)

    async def _wait(self, asked: WaitForTeam) -> ToolResult:
        said = "Wait completed." if await self._is_told(asked.timeout_ms) else "Wait timed out."
        is_over = said == "Wait timed out."
        if asked.asked_ms is not None:
            said += (
                f" Requested timeout of {asked.asked_ms}ms was clamped to the minimum of"
                f" {asked.timeout_ms}ms."
            )
        return _done({"message": said, "timed_out": is_over}, {})

    async def _is_told(self, timeout_ms: int) -> bool:
        """Whether anything came that the model has not seen, now or in time."""
        thread_id = self.call.thread_id
        with self.services.mail.watching([thread_id]) as moved:
            try:
                async with asyncio.timeout(timeout_ms / MILLISECONDS):
                    while not await self._has_news():
                        await moved.wait()
                        moved.clear()
            except TimeoutError:
                return False
        return True

    async def _has_news(self) -> bool:
        state = self._lead.state
        seen = state.turn.asked_at_version if state.turn else state.version
        log, stream = self.services.sessions.logs.durable, thread_stream(state.id)
        return bool(await log.read_stream(stream, seen, 1, types=[AgentContextGiven]))

    async def _interrupt(self, asked: InterruptMember) -> ToolResult:
        path, member = await self._member(asked.target)
        if path == ROOT:
            raise Turned("root is not a spawned agent")
        if member.id == self.call.thread_id:
            raise Turned("an agent cannot interrupt itself; end your turn instead")
        before = await standing_of(self.services.sessions, member)
        if member.turn is not None:
            try:
                command = InterruptTurn("", self.services.clock.now_ms())
                await self.services.threads.ask(member.id, command, self._lead.origin)
            except NoActiveTurn:
                pass  # it has ended meanwhile
        told = {"previous_status": before.for_model}
        return _done(told, self._activity("interrupted", member.id, path))

    async def _list(self, asked: ListTeam) -> ToolResult:
        prefix = path_of(asked.prefix, self._own_path) if asked.prefix else ROOT
        found = []
        for path, member in sorted((await self._team()).items()):
            if path == prefix or path.startswith(f"{prefix}/"):
                stands = await standing_of(self.services.sessions, member)
                found.append({"agent_name": path, "agent_status": stands.for_model})
        return _done({"agents": found}, {})

    # -- what they have in common --

    @property
    def _lead(self) -> AgentWork:
        """The same call, with what both families can do."""
        return AgentWork(self.services, self.call)

    @property
    def _own_path(self) -> str:
        return agent_of(self._lead.state).path or ROOT

    async def _team(self) -> dict[str, Thread]:
        """All that are in the tree and not about to go, by their paths."""
        tree = await self._lead.tree()
        ids = [self._lead.state.session_id, *tree.nodes]
        states = [await self._lead.state_of(one) for one in ids if one not in tree.fenced]
        found = [state for state in states if state is not None]
        known = {agent_of(state).path: state for state in found if agent_of(state).path}
        if found and found[0].id == found[0].session_id:
            known[ROOT] = found[0]
        return known

    async def _member(self, target: str) -> tuple[str, Thread]:
        team = await self._team()
        by_id = {state.id: path for path, state in team.items()}
        path = by_id.get(target) or path_of(target, self._own_path)
        if path not in team:
            raise Turned(f"live agent path `{path}` not found")
        return path, team[path]

    def _require_room(self, team: Mapping[str, Thread]) -> None:
        most = self.services.agents.team_max
        working = sum(state.turn is not None for state in team.values())
        if working >= most:
            words = f"{working} agents are at work, which is the most; wait for one"
            raise Turned(f"collab spawn failed: {AT_LIMIT} ({words})")

    async def _all_said(self) -> Sequence[dict[str, Any]]:
        actor = self.services.sessions.live.get(self.call.thread_id)
        lines = actor.history.request().lines if actor and actor.history else []
        return await asyncio.to_thread(_without_thoughts, lines)

    def _activity(
        self, kind: str, thread_id: str, path: str, model: str | None = None
    ) -> dict[str, object]:
        """What clients see of a call once it is done."""
        at_ms = self.services.clock.now_ms()
        return {
            "type": "subAgentActivity",
            "model": model,
            "reasoningEffort": None,
            "id": self.call.call_id,
            "kind": kind,
            "agentThreadId": thread_id,
            "agentPath": path,
            "startedAtMs": at_ms,
            "completedAtMs": at_ms,
        }


def _without_thoughts(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = [from_json(line) for line in lines]
    return [item for item in items if item.get("type") != "reasoning"]


def _text(message: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": message, "text_elements": []}]


def _done(told: Mapping[str, object], item: Mapping[str, object]) -> ToolResult:
    return text_result(to_json(told).decode(), success=True)._replace(item=item or None)


Handler = Callable[[TeamWork, Any], Awaitable[ToolResult]]
HANDLERS: Mapping[type, Handler] = {
    SpawnMember: TeamWork._spawn,  # noqa: SLF001  (of this file)
    TellMember: TeamWork._tell,  # noqa: SLF001
    WaitForTeam: TeamWork._wait,  # noqa: SLF001
    InterruptMember: TeamWork._interrupt,  # noqa: SLF001
    ListTeam: TeamWork._list,  # noqa: SLF001
}
