"""A call of one of the tools by which a model leads agents: what all of them have in common."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from threadhost.actors.agent import SendMessage, StartAgent
from threadhost.actors.agent_limits import AgentLimits, AgentPolicy
from threadhost.actors.agent_slots import AgentSlots, SlotReservation
from threadhost.actors.agent_status import NOT_FOUND, AgentStatus
from threadhost.actors.answers import text_result
from threadhost.actors.errors import (
    AgentNotFound,
    AgentsFull,
    ApprovalNeeded,
    Refusal,
    SpawnRefused,
    ThreadNotFound,
)
from threadhost.actors.lifecycle import LifeCycle
from threadhost.actors.origin import Origin, policy
from threadhost.actors.ports import Clock, Ids, ToolCall, ToolResult
from threadhost.actors.runtime.agent_outbox_relay import AgentOutboxRelay
from threadhost.actors.runtime.sessions import Sessions
from threadhost.actors.runtime.tasks import begin
from threadhost.actors.runtime.tree_actors import TreeActors
from threadhost.actors.team_paths import TeamPaths
from threadhost.actors.threads import Threads
from threadhost.events.agent import AGENT
from threadhost.events.causes import by_event
from threadhost.events.fold import Thread, Tree
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import StoreError
from threadhost.events.thread import ThreadSettings

MILLISECONDS = 1000
SAY_TIMEOUT_S = 60
"""For a message to arrive while its sender waits; it arrives all the same."""
AT_LIMIT = "agent thread limit reached"


class CallRejected(Exception):
    """What was asked cannot be; `states` are how the agents in question stand."""

    def __init__(self, words: str, states: Mapping[str, AgentStatus] | None = None) -> None:
        super().__init__(words)
        self.states = states or {}


class AgentServices(NamedTuple):
    """What calls of agents work on."""

    threads: Threads
    trees: TreeActors
    life: LifeCycle
    sessions: Sessions
    mail: AgentOutboxRelay
    clock: Clock
    ids: Ids
    agents: AgentPolicy
    room: AgentSlots
    team_paths: TeamPaths

    def under(self, agents: AgentPolicy) -> "AgentServices":
        """The same under another policy, which counts who is at work already."""
        self.room.keep(agents)
        return self._replace(agents=agents)


async def in_words(work: Awaitable[ToolResult]) -> ToolResult:
    """What comes of a call; whatever keeps it from being done is said in words.

    Raises ApprovalNeeded.
    """
    try:
        return await work
    except ApprovalNeeded:
        raise
    except CallRejected as rejected:
        words, states = str(rejected), rejected.states
    except AgentNotFound as not_found:
        words, states = str(not_found), {not_found.agent_id: NOT_FOUND}
    except AgentsFull as full:
        words, states = f"{AT_LIMIT} ({full})", {}
    except (ValueError, Refusal, StoreError) as refused:
        words, states = str(refused), {}
    return text_result(words, success=False)._replace(item={"agentsStates": for_clients(states)})


async def run_shielded(work: Coroutine[Any, Any, None]) -> None:
    """Do all of this, also where whoever waits for it is told to stop."""
    await asyncio.shield(begin(work))


def for_clients(standings: Mapping[str, AgentStatus]) -> dict[str, object]:
    """How agents stand, as clients are told."""
    return {agent_id: status.for_clients for agent_id, status in standings.items()}


class AgentCall(NamedTuple):
    """One call, and the thread whose model made it."""

    services: AgentServices
    call: ToolCall

    async def result(self) -> ToolResult:
        """What comes of the call."""
        return await in_words(self._carried_out())

    async def _carried_out(self) -> ToolResult:
        """The same, unless it is refused; each family has tools of its own."""
        raise NotImplementedError

    @property
    def state(self) -> Thread:
        """The thread. Raises CallRejected if it is closing."""
        actor = self.services.sessions.live.get(self.call.thread_id)
        if actor is None:
            raise CallRejected("the thread is closing")
        return actor.state

    @property
    def settings(self) -> ThreadSettings:
        """What the turn of the thread works with. Raises CallRejected."""
        turn = self.state.turn
        if turn is None or turn.settings is None:
            raise CallRejected("the settings of this thread cannot be read: no agent can have them")
        return turn.settings

    @property
    def limits(self) -> AgentLimits:
        """How far the agents of the tree may go with this call."""
        limits = self.services.agents.limits
        return limits._replace(unapproved_max=None) if self.call.approved else limits

    @property
    def root_turn_id(self) -> str:
        """The turn of the tree's root that led to the call."""
        turn = self.state.turn
        return (turn.root_turn_id or turn.id) if turn else ""

    @property
    def origin(self) -> Origin:
        """On behalf of the call."""
        cause = by_event(thread_stream(self.call.thread_id), self.call.version)
        return policy("agents", self.call.origin.correlation_id, cause)

    async def said(
        self, read: Callable[[Sequence[bytes]], list[dict[str, Any]]]
    ) -> Sequence[dict[str, Any]]:
        """What `read` makes of the history that the model sees, if that is in memory."""
        actor = self.services.sessions.live.get(self.call.thread_id)
        lines = actor.history.request().lines if actor and actor.history else []
        return await asyncio.to_thread(read, lines)

    async def tree(self) -> Tree:
        """The tree of the thread."""
        return (await self.services.trees.get(self.state.session_id)).tree

    async def state_of(self, thread_id: str) -> Thread | None:
        """Another thread, live or stored, if it is there."""
        try:
            return await self.services.sessions.state(thread_id)
        except ThreadNotFound:
            return None

    async def start(self, start: StartAgent) -> None:
        """Start an agent where there is room for one. Raises CallRejected, Refusal or StoreError.

        It keeps its place until it works, whoever takes the call back.
        """
        slot = SlotReservation(start.thread_id, self.state.session_id, start.path)
        origin = self.origin

        async def started() -> None:
            with self.services.room.reserved(slot):
                await self.services.threads.start(start, origin)

        try:
            await run_shielded(started())
        except AgentsFull as full:
            raise CallRejected(f"collab spawn failed: {AT_LIMIT} ({full})") from None
        except SpawnRefused as refused:
            raise CallRejected(f"collab spawn failed: {refused}") from None

    async def set_to_work(self, message: SendMessage) -> None:
        """Tell an agent, where there is room for one more that works if it does nothing.

        Raises AgentsFull, and what `say` does.
        """
        slot = SlotReservation(message.receiver_id, self.state.session_id)

        async def told() -> None:
            with self.services.room.reserved(slot):
                await self.say(message)

        await run_shielded(told())

    async def say(self, message: SendMessage) -> None:
        """Tell another agent; it has it on return.

        Raises AgentNotFound where it never will, and CallRejected where it has not by now.
        """
        sender_id, mail = self.call.thread_id, self.services.mail
        with mail.news.watching(sender_id) as moved:
            appended = await self.services.threads.ask(sender_id, message, self.origin)
            if not appended.recorded:
                raise CallRejected("the turn is over")
            version = appended.recorded[-1].version
            try:
                async with asyncio.timeout(SAY_TIMEOUT_S):
                    while version in AGENT.of(self.state).outbox:
                        await moved.wait()
                        moved.clear()
            except TimeoutError:
                raise CallRejected("the message is on its way, and has not arrived yet") from None
        receiver = await self.state_of(message.receiver_id)
        if receiver is None or AGENT.of(receiver).received.get(sender_id, 0) < version:
            raise AgentNotFound(message.receiver_id)
