"""How many agents work at once: no more than may, however many are started at the same time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from threadhost.actors.agent_limits import AgentPolicy
from threadhost.actors.errors import AgentsFull
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.events.agent import agent_of
from threadhost.events.fold import Thread


class Coming(NamedTuple):
    """An agent that is about to work."""

    agent_id: str
    session_id: str
    path: str = ""
    """What others know it by, if anything."""


class AgentRoom:
    """Counts the live agents that work, and those that are about to, which nobody else sees yet.

    A place is taken in the same step in which the rest are counted.
    """

    def __init__(self, live: LiveThreads, agents: AgentPolicy) -> None:
        self._live = live
        self._agents = agents
        self._coming: list[Coming] = []

    @contextmanager
    def taken(self, coming: Coming) -> Iterator[None]:
        """A place for one more agent that works, until it is seen to. Raises AgentsFull."""
        self._require(coming)
        self._coming.append(coming)
        try:
            yield
        finally:
            self._coming.remove(coming)

    def is_coming(self, session_id: str, path: str) -> bool:
        """Whether an agent of this path is about to be in the tree."""
        return any((one.session_id, one.path) == (session_id, path) for one in self._coming)

    def _require(self, coming: Coming) -> None:
        working = {state.id: state.session_id for state in self._states() if works(state)} | {
            one.agent_id: one.session_id for one in self._coming
        }
        working.pop(coming.agent_id, None)
        here = sum(session_id == coming.session_id for session_id in working.values())
        for count, most, where in self._limits(coming.session_id, here, len(working)):
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

    def _states(self) -> Iterator[Thread]:
        return (actor.state for actor in self._live.actors())


def works(state: Thread) -> bool:
    """Whether the thread is an agent with anything to do now."""
    agent = agent_of(state)
    return agent.is_agent and (state.turn is not None or bool(agent.due))
