"""Calls that a client's tool, a server's tool or the user answers: asked, answered, still open."""

from typing import Any

from threadhost.events.base import UNTIL_CLOSED, Event, event, history_event
from threadhost.events.bounds import fault_in
from threadhost.events.thread import MCP_ITEM, OpenCall, Thread, evolve, heard, in_turn
from threadhost.events.words import Id

TOOL_ITEM = "dynamicToolCall"
"""The type of item that a completed call of a client's tool becomes; its id is that of the call."""
TOOL_ITEMS = frozenset((TOOL_ITEM, MCP_ITEM))
ACTIVITY_ITEM = "subAgentActivity"
"""The type of item by which clients see the activity of agents of a team."""


@history_event("turn.tool_called.v1", since="0.1", cause="request", admitted=UNTIL_CLOSED)
class ToolCalled(Event):
    """The model called a tool of a client, or of an MCP server.

    `item` is what clients see until the call is answered. The answer is the completed item, an
    `ItemRecorded` of the same id.
    """

    turn_id: str
    call_id: str
    called_at_ms: int
    item: dict[str, Any]


@history_event("turn.user_asked.v1", since="0.1", cause="request", admitted=UNTIL_CLOSED)
class UserAsked(Event):
    """The model asked the user something."""

    turn_id: str
    call_id: str
    asked_at_ms: int
    questions: list[dict[str, Any]]


@history_event("turn.user_answered.v1", since="0.1", cause="call", admitted=UNTIL_CLOSED)
class UserAnswered(Event):
    """The user's answer for the model; `abandoned` if the turn ended before an answer."""

    turn_id: str
    call_id: str
    output: str
    success: bool
    duration_ms: int
    abandoned: bool = False


@event(
    "turn.call_unreached.v1",
    since="0.1",
    stream="thread",
    cause="call",
    inherited=True,
    admitted=UNTIL_CLOSED,
)
class CallUnreached(Event):
    """No client could take the call; the answer that the model gets instead follows."""

    turn_id: Id
    call_id: Id


def with_call_closed(thread: Thread, turn_id: str, call_id: str) -> Thread:
    """Return the thread without this open call of the turn."""
    turn = thread.turn
    if turn is None or turn.id != turn_id:
        return thread
    ids = [call.call_id for call in turn.calls]
    if call_id not in ids:
        return thread
    at = ids.index(call_id)
    calls = turn.calls[:at] + turn.calls[at + 1 :]
    changed = turn._replace(calls=calls, reached=turn.reached or turn.calls[at].reached)
    return heard(thread._replace(turn=changed.counted), turn_id)


def with_call_opened(thread: Thread, turn_id: str, call: OpenCall) -> Thread:
    """Return the thread with this call of the turn waiting for its answer."""
    turn = thread.turn
    if turn is None or turn.id != turn_id:
        return thread
    return thread._replace(turn=turn._replace(calls=(*turn.calls, call)))


@evolve.register
def _tool_called(fact: ToolCalled, thread: Thread) -> Thread:
    # An earlier version accepted arguments that the answer, which repeats them, cannot hold.
    item = fact.item if fault_in(fact.item) is None else {**fact.item, "arguments": None}
    call = OpenCall(fact.call_id, fact.called_at_ms, item=item, version=thread.version + 1)
    return with_call_opened(thread, fact.turn_id, call)


@evolve.register
def _user_asked(fact: UserAsked, thread: Thread) -> Thread:
    version = thread.version + 1
    call = OpenCall(fact.call_id, fact.asked_at_ms, questions=fact.questions, version=version)
    return with_call_opened(thread, fact.turn_id, call)


@evolve.register
def _call_unreached(fact: CallUnreached, thread: Thread) -> Thread:
    def missed(call: OpenCall) -> OpenCall:
        return call._replace(reached=False) if call.call_id == fact.call_id else call

    return in_turn(
        thread, fact.turn_id, lambda turn: turn._replace(calls=tuple(map(missed, turn.calls)))
    )


@evolve.register
def _user_answered(fact: UserAnswered, thread: Thread) -> Thread:
    return with_call_closed(thread, fact.turn_id, fact.call_id)
