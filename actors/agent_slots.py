"""Limits the agents that work at once, even if many start at the same time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from threadhost.actors.agent_limits import AgentPolicy
from threadhost.actors.errors import AgentsFull
from threadhost.actors.runtime.agent_outbox_relay import AgentsAtWork
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.events.named_tuple import NamedTuple


class SlotReservation(NamedTuple):
    """A slot for an agent that is about to work."""

    agent_id: str
    session_id: str
    path: str = ""
    """The path of the agent, if it has one."""


class AgentSlots:
    """Counts the live agents that work, and the reserved slots of agents that are about to.

    `reserved` counts and takes a slot in one step of the loop, so no limit is exceeded.
    """

    def __init__(self, live: LiveThreads, at_work: AgentsAtWork, agents: AgentPolicy) -> None:
        self._live = live
        self._at_work = at_work
        self._agents = agents
        self._reserved: list[SlotReservation] = []

    def keep(self, agents: AgentPolicy) -> None:
        """Apply these limits from now on; agents at work continue."""
        self._agents = agents

    @contextmanager
    def reserved(self, slot: SlotReservation) -> Iterator[None]:
        """Hold a slot for one more agent, while the caller sets it to work. Raises AgentsFull."""
        self._require(slot)
        self._reserved.append(slot)
        try:
            yield
        finally:
            self._reserved.remove(slot)

    def is_reserved(self, session_id: str, path: str) -> bool:
        """Whether an agent of this path is about to join the tree."""
        return any((slot.session_id, slot.path) == (session_id, path) for slot in self._reserved)

    def _require(self, slot: SlotReservation) -> None:
        at_work, session_id = self._at_work, slot.session_id
        if slot.agent_id in at_work:  # it is counted already
            return
        other_sessions = {
            other.agent_id: other.session_id
            for other in self._reserved
            if other.agent_id not in at_work and other.agent_id != slot.agent_id
        }
        in_session = at_work.of(session_id) + sum(s == session_id for s in other_sessions.values())
        for count, limit, place in self._limits(
            session_id, in_session, len(at_work) + len(other_sessions)
        ):
            if count >= limit:
                agents = "agent is" if count == 1 else "agents are"
                words = f"{count} {agents} at work {place}, which is the limit; wait for one"
                raise AgentsFull(words)

    def _limits(
        self, session_id: str, in_session: int, on_host: int
    ) -> Sequence[tuple[int, int, str]]:
        agents, of_host = self._agents, (on_host, self._agents.host_working_max, "on this host")
        if agents.family == "v1":
            return (in_session, agents.tree_working_max, "in this session"), of_host
        root = self._live.get(session_id)
        team = in_session + (root is not None and root.state.turn is not None)
        return (team, agents.team_max, "in this team, its lead among them"), of_host
