"""Calls of tools that the host itself answers: made, answered."""

from typing import Any

from threadhost.events.base import UNTIL_CLOSED, Event, history_event
from threadhost.events.host_call import GOALS, HostCall
from threadhost.events.thread import OpenCall, Thread, evolve
from threadhost.events.tool import with_call_closed, with_call_opened


@history_event("turn.host_tool_called.v1", since="0.1", cause="request", admitted=UNTIL_CLOSED)
class HostToolCalled(Event):
    """The model called a tool of the host; `arguments` are as the model wrote them.

    `family` names the tools that it belongs to; `item` is what clients see meanwhile, if anything.
    """

    turn_id: str
    call_id: str
    called_at_ms: int
    name: str
    arguments: str
    namespace: str | None = None
    family: str = GOALS
    item: dict[str, Any] | None = None


@history_event("turn.host_tool_answered.v1", since="0.1", cause="call", admitted=UNTIL_CLOSED)
class HostToolAnswered(Event):
    """The answer for the model; the effects of the call are in the same append."""

    turn_id: str
    call_id: str
    output: str


@evolve.register
def _host_tool_called(fact: HostToolCalled, thread: Thread) -> Thread:
    host = HostCall(fact.name, fact.arguments, fact.namespace, fact.family)
    version = thread.version + 1
    # A goal's tools do not count as reached: a model that calls only them makes no progress.
    reached = fact.family != GOALS
    call = OpenCall(fact.call_id, fact.called_at_ms, fact.item, None, version, reached, host)
    return with_call_opened(thread, fact.turn_id, call)


@evolve.register
def _host_tool_answered(fact: HostToolAnswered, thread: Thread) -> Thread:
    return with_call_closed(thread, fact.turn_id, fact.call_id)
