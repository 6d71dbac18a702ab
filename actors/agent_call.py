"""A call of an agent tool: what both families have in common."""

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
"""How long a sender waits for its message to arrive; a late message arrives all the same."""
AT_LIMIT = "agent thread limit reached"


class CallRejected(Exception):
    """A call cannot be carried out; `states` are the statuses of the agents in question."""

    def __init__(self, words: str, states: Mapping[str, AgentStatus] | None = None) -> None:
        super().__init__(words)
        self.states = states or {}


class AgentServices(NamedTuple):
    """The parts of the host that calls of agent tools use."""

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
        """The same services under another policy; agents that work already count against it."""
        self.room.keep(agents)
        return self._replace(agents=agents)


async def refusals_as_results(work: Awaitable[ToolResult]) -> ToolResult:
    """The result of a call; a refusal or an error becomes a result in words.

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
    """Finish this work even if the waiting caller is cancelled."""
    await asyncio.shield(begin(work))


def for_clients(standings: Mapping[str, AgentStatus]) -> dict[str, object]:
    """The statuses of agents, in the form for clients."""
    return {agent_id: status.for_clients for agent_id, status in standings.items()}


class AgentCall(NamedTuple):
    """One call, and the thread whose model made it."""

    services: AgentServices
    call: ToolCall

    async def result(self) -> ToolResult:
        """Carry out the call, and return its result."""
        return await refusals_as_results(self._carry_out())

    async def _carry_out(self) -> ToolResult:
        """Carry out the call by the rules of the tool's family."""
        raise NotImplementedError

    @property
    def state(self) -> Thread:
        """The state of the calling thread. Raises CallRejected if the thread is closing."""
        actor = self.services.sessions.live.get(self.call.thread_id)
        if actor is None:
            raise CallRejected("the thread is closing")
        return actor.state

    @property
    def settings(self) -> ThreadSettings:
        """The settings of the running turn. Raises CallRejected if they cannot be read."""
        turn = self.state.turn
        if turn is None or turn.settings is None:
            raise CallRejected(
                "the settings of this thread cannot be read, so it cannot start agents"
            )
        return turn.settings

    @property
    def limits(self) -> AgentLimits:
        """The limits of the tree's agents for this call."""
        limits = self.services.agents.limits
        return limits._replace(unapproved_max=None) if self.call.approved else limits

    @property
    def root_turn_id(self) -> str:
        """The turn of the tree's root that led to the call."""
        turn = self.state.turn
        return (turn.root_turn_id or turn.id) if turn else ""

    @property
    def origin(self) -> Origin:
        """The origin of commands that the call leads to."""
        cause = by_event(thread_stream(self.call.thread_id), self.call.version)
        return policy("agents", self.call.origin.correlation_id, cause)

    async def read_history(
        self, read: Callable[[Sequence[bytes]], list[dict[str, Any]]]
    ) -> Sequence[dict[str, Any]]:
        """The result of `read` on the model's history, or on no lines if it is not in memory."""
        actor = self.services.sessions.live.get(self.call.thread_id)
        lines = actor.history.request().lines if actor and actor.history else []
        return await asyncio.to_thread(read, lines)

    async def tree(self) -> Tree:
        """The tree of the thread."""
        return (await self.services.trees.get(self.state.session_id)).tree

    async def state_of(self, thread_id: str) -> Thread | None:
        """The state of another thread, live or stored; None if there is no such thread."""
        try:
            return await self.services.sessions.state(thread_id)
        except ThreadNotFound:
            return None

    async def start(self, start: StartAgent) -> None:
        """Start an agent if there is room for one. Raises CallRejected, Refusal or StoreError.

        The slot stays reserved until the agent works, even if the call is cancelled.
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
        """Send a message that sets an agent to work, if a slot is free for it.

        Raises AgentsFull, and all that `deliver` raises.
        """
        slot = SlotReservation(message.receiver_id, self.state.session_id)

        async def deliver_in_slot() -> None:
            with self.services.room.reserved(slot):
                await self.deliver(message)

        await run_shielded(deliver_in_slot())

    async def deliver(self, message: SendMessage) -> None:
        """Send a message to another agent, and return when it has arrived.

        Raises AgentNotFound if it can never arrive, and CallRejected if it has not arrived in time.
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
