"""What calls of the first family's tools do: agents started, told, awaited, closed and opened."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

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
from threadhost.actors.agent_limits import AgentPolicy
from threadhost.actors.agent_settings import agent_settings, said_in
from threadhost.actors.agent_standing import AT_WORK, GONE, NOT_FOUND, Standing, standing
from threadhost.actors.answers import text_result
from threadhost.actors.errors import (
    AgentNotFound,
    AgentsFull,
    Refusal,
    SpawnRefused,
    ThreadNotFound,
)
from threadhost.actors.lifecycle import LifeCycle
from threadhost.actors.origin import Origin, policy
from threadhost.actors.ports import Clock, Ids, ToolCall, ToolResult
from threadhost.actors.runtime.agent_mail import AgentMail
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.tree_actor import DoTree
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.actors.threads import Threads
from threadhost.actors.tree import CloseAgents, SetEdgeOpen, ancestry
from threadhost.events.agent import agent_of
from threadhost.events.causes import by_event
from threadhost.events.fold import Thread, Tree
from threadhost.events.ids import thread_stream
from threadhost.events.store.errors import StoreError
from threadhost.events.thread import ThreadSettings
from threadhost.events.words import AGENT_CLOSED

MILLISECONDS = 1000
SOURCE = "subAgentThreadSpawn"
SAY_TIMEOUT_S = 60
"""For a message to arrive while its sender waits; it arrives all the same."""
AT_LIMIT = "agent thread limit reached"


class Turned(Exception):
    """What was asked cannot be; `states` are how the agents in question stand."""

    def __init__(self, words: str, states: Mapping[str, Standing] | None = None) -> None:
        super().__init__(words)
        self.states = states or {}


class AgentServices(NamedTuple):
    """What calls of agents work on."""

    threads: Threads
    trees: TreeActors
    life: LifeCycle
    sessions: Sessions
    mail: AgentMail
    clock: Clock
    ids: Ids
    agents: AgentPolicy


class AgentWork(NamedTuple):
    """One call, and the thread whose model made it."""

    services: AgentServices
    call: ToolCall

    async def result(self) -> ToolResult:
        """What comes of the call; whatever keeps it from being done is said in words."""
        try:
            asked = asked_by(self.call.tool, str(self.call.arguments))
            return await HANDLERS[type(asked)](self, asked)
        except Turned as turned:
            return _failed(str(turned), turned.states)
        except AgentNotFound as gone:
            return _failed(str(gone), {gone.agent_id: NOT_FOUND})
        except (ValueError, Refusal, StoreError) as refused:
            return _failed(str(refused), {})

    # -- the tools --

    async def _spawn(self, asked: SpawnAgent) -> ToolResult:
        parent, tree = self.state, await self.tree()
        settings = self._settings(asked, parent, tree)
        self._require_room_to_work()
        turn_id = parent.turn.id if parent.turn else ""
        start = StartAgent(
            self.services.ids.new(),
            settings,
            source=SOURCE,
            parent_id=parent.id,
            agents=self.services.agents.limits,
            turn_id=self.services.ids.new(),
            root_turn_id=(parent.turn.root_turn_id if parent.turn else None) or turn_id,
            content=asked.content,
            sender_version=self.call.version,
            history=await self._said_here() if asked.with_history else (),
        )
        try:
            await self.services.threads.start(start, self.origin)
        except AgentsFull as full:
            raise Turned(f"collab spawn failed: {AT_LIMIT} ({full})") from None
        except SpawnRefused as refused:
            raise Turned(f"collab spawn failed: {refused}") from None
        told = {"agent_id": start.thread_id, "nickname": settings.agent_nickname}
        return _done(
            told,
            receiverThreadIds=[start.thread_id],
            model=settings.model,
            reasoningEffort=settings.effort,
            agentsStates={start.thread_id: Standing("pending_init").for_clients},
        )

    async def _send(self, asked: SendInput) -> ToolResult:
        if asked.target == self.call.thread_id:
            stands = {asked.target: Standing("running")}
            raise Turned("an agent cannot send input to itself; go on by yourself", stands)
        before = await self._found(asked.target)
        if before.is_over:
            self._require_room_to_work()
        message = SendMessage(
            asked.target, "input", asked.content, self.services.ids.new(), asked.interrupts
        )
        await self.say(message)
        if asked.interrupts and before.status in AT_WORK:
            before = Standing("interrupted")
        return _done({"submission_id": message.turn_id}, agentsStates=_told({asked.target: before}))

    async def say(self, message: SendMessage) -> None:
        """Tell another agent; it has it on return.

        Raises AgentNotFound where it never will, and Turned where it has not by now.
        """
        sender_id, mail = self.call.thread_id, self.services.mail
        with mail.watching([sender_id]) as moved:
            appended = await self.services.threads.ask(sender_id, message, self.origin)
            if not appended.recorded:
                raise Turned("the turn is over")
            version = appended.recorded[-1].version
            try:
                async with asyncio.timeout(SAY_TIMEOUT_S):
                    while version in agent_of(self.state).outbox:
                        await moved.wait()
                        moved.clear()
            except TimeoutError:
                raise Turned("the message is on its way, and has not arrived yet") from None
        receiver = await self.state_of(message.receiver_id)
        if receiver is None or agent_of(receiver).received.get(sender_id, 0) < version:
            raise AgentNotFound(message.receiver_id)

    async def _wait(self, asked: WaitAgent) -> ToolResult:
        over = await self._await_end(asked.targets, asked.timeout_ms)
        told = {"status": {t: one.for_model for t, one in over.items()}, "timed_out": not over}
        failed = any(one.status in ("errored", "not_found") for one in over.values())
        item = {"receiverThreadIds": list(over), "agentsStates": _told(over)}
        if not over:
            item["receiverThreadIds"] = list(asked.targets)
        return _done(told, **item)._replace(success=not failed)

    async def _await_end(self, targets: Sequence[str], timeout_ms: int) -> dict[str, Standing]:
        """Those of the agents that are not at work any more, as soon as there are any."""
        known: set[str] = set()
        with self.services.mail.watching(targets) as moved:
            try:
                async with asyncio.timeout(timeout_ms / MILLISECONDS):
                    while True:
                        moved.clear()
                        found = await self._stand(targets, known)
                        if over := {t: one for t, one in found.items() if one.is_over}:
                            return over
                        await moved.wait()
            except TimeoutError:
                return {}

    async def _stand(self, targets: Sequence[str], known: set[str]) -> dict[str, Standing]:
        """How the agents stand; one that was there and is not any more was shut down."""
        tree, found = await self.tree(), dict[str, Standing]()
        for agent_id in targets:
            one = await standing(self.services.sessions, tree, agent_id)
            found[agent_id] = GONE if one is NOT_FOUND and agent_id in known else one
        known.update(agent_id for agent_id, one in found.items() if one is not NOT_FOUND)
        return found

    async def _close(self, asked: CloseAgent) -> ToolResult:
        tree = await self.tree()
        if asked.target in ancestry(tree, self.call.thread_id):
            is_self = asked.target == self.call.thread_id
            whom = "itself" if is_self else "an agent that it works for"
            stands = {asked.target: Standing("running")}
            raise Turned(f"an agent cannot close {whom}; end your turn instead", stands)
        before = await self._found(asked.target)
        # Whoever takes the call back: none that is closed goes on working.
        await asyncio.shield(asyncio.ensure_future(self._shut_down(asked.target)))
        told = {"previous_status": before.for_model}
        return _done(told, agentsStates=_told({asked.target: before}))

    async def _shut_down(self, agent_id: str) -> None:
        """Close an agent and all open ones below it, and let go of those that are live."""
        command = DoTree(CloseAgents(agent_id), self.origin)
        closed = await self.services.trees.ask(self.services.sessions, command, agent_id)
        ids = [fact.event.child_id for fact in closed.recorded]  # type: ignore[union-attr]
        last = closed.recorded[-1]
        origin = self.origin._replace(causation_id=by_event(last.stream, last.version))
        await self.services.life.unload(ids[::-1], AGENT_CLOSED, origin)

    async def _resume(self, asked: ResumeAgent) -> ToolResult:
        tree = await self.tree()
        node = tree.nodes.get(asked.target)
        state = await self.state_of(asked.target)
        is_there = node is not None and node.is_agent and asked.target not in tree.fenced
        if not is_there or state is None or state.archived:
            raise AgentNotFound(asked.target)
        edge = SetEdgeOpen(asked.target, is_open=True, agents=self.services.agents.limits)
        try:
            command = DoTree(edge, self.origin)
            await self.services.trees.ask(self.services.sessions, command, asked.target)
        except AgentsFull as full:
            raise Turned(f"{AT_LIMIT} ({full})") from None
        await self.services.threads.take_up(asked.target, self.origin.causation_id)
        found = await self._found(asked.target)
        stands = found if found.status == "running" else Standing("pending_init")
        return _done({"status": stands.for_model}, agentsStates=_told({asked.target: stands}))

    # -- what they have in common --

    @property
    def state(self) -> Thread:
        """The thread. Raises Turned if it is closing."""
        actor = self.services.sessions.live.get(self.call.thread_id)
        if actor is None:
            raise Turned("the thread is closing")
        return actor.state

    @property
    def origin(self) -> Origin:
        """On behalf of the call."""
        cause = by_event(thread_stream(self.call.thread_id), self.call.version)
        return policy("agents", self.call.origin.correlation_id, cause)

    async def tree(self) -> Tree:
        """The tree of the thread."""
        return (await self.services.trees.get(self.state.session_id)).tree

    async def _found(self, agent_id: str) -> Standing:
        found = await standing(self.services.sessions, await self.tree(), agent_id)
        if found is NOT_FOUND or found is GONE:
            raise AgentNotFound(agent_id)
        return found

    async def state_of(self, thread_id: str) -> Thread | None:
        """Another thread, live or stored, if it is there."""
        sessions = self.services.sessions
        actor = sessions.live.get(thread_id)
        try:
            return actor.state if actor else (await sessions.logs.stored(thread_id)).state
        except ThreadNotFound:
            return None

    def _settings(self, asked: SpawnAgent, parent: Thread, tree: Tree) -> ThreadSettings:
        settings = parent.turn.settings if parent.turn else None
        if settings is None:
            raise Turned("the settings of this thread cannot be read: no agent can have them")
        return agent_settings(settings, asked, self.services.agents, len(tree.nodes))

    async def _said_here(self) -> Sequence[dict[str, Any]]:
        actor = self.services.sessions.live.get(self.call.thread_id)
        lines = actor.history.request().lines if actor and actor.history else []
        return await asyncio.to_thread(said_in, lines)

    def _require_room_to_work(self) -> None:
        """Refuse one more agent at work where there are enough; the log says which are."""
        agents, at_work = self.services.agents, self.services.mail.at_work
        for count, most, where in (
            (at_work.of(self.state.session_id), agents.tree_working_max, "in this session"),
            (len(at_work), agents.host_working_max, "on this host"),
        ):
            if count >= most:
                words = f"{count} agents are at work {where}, which is the most; wait for one"
                raise Turned(f"collab spawn failed: {AT_LIMIT} ({words})")


def _told(found: Mapping[str, Standing]) -> dict[str, object]:
    return {agent_id: one.for_clients for agent_id, one in found.items()}


def _done(told: Mapping[str, object], **item: object) -> ToolResult:
    return text_result(to_json(told).decode(), success=True)._replace(item=item)


def _failed(words: str, states: Mapping[str, Standing]) -> ToolResult:
    return text_result(words, success=False)._replace(item={"agentsStates": _told(states)})


Handler = Callable[[AgentWork, Any], Awaitable[ToolResult]]
HANDLERS: Mapping[type, Handler] = {
    SpawnAgent: AgentWork._spawn,  # noqa: SLF001  (of this file)
    SendInput: AgentWork._send,  # noqa: SLF001
    WaitAgent: AgentWork._wait,  # noqa: SLF001
    CloseAgent: AgentWork._close,  # noqa: SLF001
    ResumeAgent: AgentWork._resume,  # noqa: SLF001
}
