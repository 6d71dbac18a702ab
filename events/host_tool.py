"""Calls of tools that the host itself answers, from the log alone: made, answered."""

from threadhost.events.base import UNTIL_CLOSED, Event, event
from threadhost.events.host_call import HostCall
from threadhost.events.thread import OpenCall, Thread, evolve
from threadhost.events.tool import closed, opened


@event(
    "turn.host_tool_called.v1",
    since="0.1",
    stream="thread",
    cause="request",
    inherited=True,
    sealed=True,
    admitted=UNTIL_CLOSED,
)
class HostToolCalled(Event):
    """The model called a tool of the host's; `arguments` are as it wrote them."""

    turn_id: str
    call_id: str
    called_at_ms: int
    name: str
    arguments: str


@event(
    "turn.host_tool_answered.v1",
    since="0.1",
    stream="thread",
    cause="call",
    inherited=True,
    sealed=True,
    admitted=UNTIL_CLOSED,
)
class HostToolAnswered(Event):
    """What the model is told; what the call did is recorded beside it, in the same append."""

    turn_id: str
    call_id: str
    output: str


@evolve.register
def _host_tool_called(fact: HostToolCalled, thread: Thread) -> Thread:
    host, version = HostCall(fact.name, fact.arguments), thread.version + 1
    # Nobody outside takes it on: a model that calls nothing else gets nowhere.
    call = OpenCall(fact.call_id, fact.called_at_ms, version=version, reached=False, host=host)
    return opened(thread, fact.turn_id, call)


@evolve.register
def _host_tool_answered(fact: HostToolAnswered, thread: Thread) -> Thread:
    return closed(thread, fact.turn_id, fact.call_id)
