"""Events of agents to notifications; imported for the first such event."""

from threadhost.adapters.jsonrpc.event_handlers import Addressed, handles
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.events.agent import AgentStarted
from threadhost.events.base import Recorded


@handles(AgentStarted)
def _started(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    """The start of an agent is not notified: the followers of its parent hear what it does."""
    notifier.unannounced.add(thread_id)
    return ()
