"""The end of an agent's work, as part of the rules that end turns."""

from collections.abc import Sequence

from threadhost.events.agent import AGENT, AgentEnded, has_ended
from threadhost.events.base import Event
from threadhost.events.fold import foresee
from threadhost.events.thread import Thread


def with_end(thread: Thread, events: Sequence[Event]) -> list[Event]:
    """These events, and the end of the agent if they lead to it."""
    if not AGENT.of(thread).is_agent:
        return [*events]
    return [*events, *end_of(foresee(thread, events))]


def end_of(thread: Thread) -> list[Event]:
    """The end of an agent whose work is over, unless that end is recorded already."""
    if not has_ended(thread):
        return []
    agent = AGENT.of(thread)
    status = agent.status or "interrupted"
    return [AgentEnded(turn_id=agent.turn_id, status=status, said_version=agent.said_version)]


def end_of_given_up(thread: Thread) -> list[Event]:
    """The failed end of an agent that is given up, unless its end is recorded and nothing is due.

    It may have received a message that it never handled.
    """
    agent = AGENT.of(thread)
    is_known = agent.finished_version <= agent.ended_version and not agent.due
    if not agent.is_agent or is_known:
        return []
    return [AgentEnded(turn_id=agent.turn_id, status="errored", said_version=0)]
