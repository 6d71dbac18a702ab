"""Agents to notifications; imported with the first."""

from threadhost.adapters.jsonrpc.event_handlers import Addressed, handles
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.events.agent import AgentStarted
from threadhost.events.base import Recorded


@handles(AgentStarted)
def _started(notifier: Notifier, thread_id: str, fact: Recorded) -> Addressed:
    """An agent is no news by itself: whoever follows its parent hears what it does."""
    notifier.unannounced.add(thread_id)
    return ()
