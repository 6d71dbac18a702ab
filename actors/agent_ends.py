"""The end of an agent's work, as part of the rules that end turns."""

from collections.abc import Sequence

from threadhost.events.agent import AgentEnded, agent_of, has_ended
from threadhost.events.base import Event
from threadhost.events.fold import foresee
from threadhost.events.thread import Thread


def with_end(thread: Thread, events: Sequence[Event]) -> list[Event]:
    """These events, and the end of the agent where they brought it."""
    if not agent_of(thread).is_agent:
        return [*events]
    return [*events, *end_of(foresee(thread, events))]


def end_of(thread: Thread) -> list[Event]:
    """That an agent whose work is over has come to its end, unless that is recorded."""
    if not has_ended(thread):
        return []
    agent = agent_of(thread)
    status = agent.status or "interrupted"
    return [AgentEnded(turn_id=agent.turn_id, status=status, said_version=agent.said_version)]
