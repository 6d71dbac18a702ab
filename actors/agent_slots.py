"""How many agents work at once: no more than may, however many are started at the same time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from threadhost.actors.agent_limits import AgentPolicy
from threadhost.actors.errors import AgentsFull
from threadhost.actors.runtime.agent_outbox_relay import AgentsAtWork
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.events.named_tuple import NamedTuple


class SlotReservation(NamedTuple):
    """An agent that is about to work."""

    agent_id: str
    session_id: str
    path: str = ""
    """What others know it by, if anything."""


class AgentSlots:
    """Counts the live agents that work, and those that are about to, which nobody else sees yet.

    A place is taken in the same step in which the rest are counted.
    """

    def __init__(self, live: LiveThreads, at_work: AgentsAtWork, agents: AgentPolicy) -> None:
        self._live = live
        self._at_work = at_work
        self._agents = agents
        self._coming: list[SlotReservation] = []

    def keep(self, agents: AgentPolicy) -> None:
        """Count by these limits from now on; who is at work goes on."""
        self._agents = agents

    @contextmanager
    def reserved(self, coming: SlotReservation) -> Iterator[None]:
        """A place for one more agent that works, until it is seen to. Raises AgentsFull."""
        self._require(coming)
        self._coming.append(coming)
        try:
            yield
        finally:
            self._coming.remove(coming)

    def is_reserved(self, session_id: str, path: str) -> bool:
        """Whether an agent of this path is about to be in the tree."""
        return any((one.session_id, one.path) == (session_id, path) for one in self._coming)

    def _require(self, coming: SlotReservation) -> None:
        at_work, session_id = self._at_work, coming.session_id
        if coming.agent_id in at_work:  # it is none more
            return
        others = {
            one.agent_id: one.session_id
            for one in self._coming
            if one.agent_id not in at_work and one.agent_id != coming.agent_id
        }
        here = at_work.of(session_id) + sum(s == session_id for s in others.values())
        for count, most, where in self._limits(session_id, here, len(at_work) + len(others)):
            if count >= most:
                words = f"{count} agents are at work {where}, which is the most; wait for one"
                raise AgentsFull(words)

    def _limits(self, session_id: str, here: int, all_: int) -> Sequence[tuple[int, int, str]]:
        agents, of_host = self._agents, (all_, self._agents.host_working_max, "on this host")
        if agents.family == "v1":
            return (here, agents.tree_working_max, "in this session"), of_host
        root = self._live.get(session_id)
        team = here + (root is not None and root.state.turn is not None)
        return (team, agents.team_max, "in this team, its lead among them"), of_host
