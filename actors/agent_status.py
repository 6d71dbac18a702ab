"""The statuses of agents, read from their logs, live or stored."""

from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.runtime.outbox_drain import words_of
from threadhost.actors.runtime.sessions import Sessions
from threadhost.events.agent import AGENT
from threadhost.events.agent_words import WITH_TEXT, status_payload
from threadhost.events.fold import Thread, Tree
from threadhost.events.goal import is_goal_turn_next
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple

WIRE = {"pending_init": "pendingInit", "not_found": "notFound"}
"""Status words for clients, where they differ from those for models."""
AT_WORK = frozenset({"pending_init", "running"})


class AgentStatus(NamedTuple):
    """The status of an agent, in the word that models know, and its last message or error."""

    status: str
    text: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the agent does nothing more by itself."""
        return self.status not in AT_WORK

    @property
    def for_model(self) -> object:
        """The form for models."""
        return status_payload(self.status, self.text)

    @property
    def for_clients(self) -> dict[str, object]:
        """The form for clients."""
        return {"status": WIRE.get(self.status, self.status), "message": self.text}


NOT_FOUND = AgentStatus("not_found")
GONE = AgentStatus("shutdown")
GIVEN_UP = AgentStatus("errored", "the agent failed repeatedly and was given up")


async def agent_status(sessions: Sessions, tree: Tree, agent_id: str) -> AgentStatus:
    """The status of an agent of the tree; a closed agent is not found."""
    node = tree.nodes.get(agent_id)
    if node is None or not node.is_agent or not node.is_open:
        return NOT_FOUND
    if agent_id in tree.fenced:
        return GONE
    try:
        state = await sessions.state(agent_id)
    except ThreadNotFound:
        return GONE
    status = await status_of(sessions, state)
    # The stream of an imported agent does not say that it is an agent: its turns give no status.
    has_none = status.status == "pending_init" and not AGENT.of(state).is_agent
    return AgentStatus("completed") if has_none and not is_at_work(state) else status


def is_at_work(state: Thread) -> bool:
    """Whether the thread has a turn, or one is due; nothing is due on an archived thread."""
    begins = bool(AGENT.of(state).due) or state.takes_next or is_goal_turn_next(state)
    return state.turn is not None or (begins and not state.archived)


async def status_of(sessions: Sessions, state: Thread) -> AgentStatus:
    """The status of the agent that this thread is."""
    agent = AGENT.of(state)
    if state.id in sessions.live.supervisor.given_up:
        return GIVEN_UP
    if is_at_work(state):
        is_new = state.turn is None and agent.status is None
        return AgentStatus("pending_init" if is_new else "running")
    status = agent.status or ("shutdown" if state.archived else "pending_init")
    if status not in WITH_TEXT or not agent.said_version:
        return AgentStatus(status)
    log, stream = sessions.logs.of(state.id), thread_stream(state.id)
    fact = await log.fact_at(stream, agent.said_version)
    return AgentStatus(status, words_of(fact) if fact else None)
