"""Agents: threads that the model of another thread started, their messages, and how they ended.

A message is one event in the sender's stream and one in the receiver's. Messages that may not have
been delivered yet are read from the sender's stream; no other queue holds them. The end of an agent
is delivered to its parent in the same way. What a message says is sealed; its sender, receiver,
time and outcome are structural.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from threadhost.events.base import UNTIL_CLOSED, Damaged, Event, StreamState, event, history_event
from threadhost.events.goal import is_goal_turn_next
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.part import Part, follows
from threadhost.events.thread import COMPACTION, Thread, evolve, in_turn
from threadhost.events.turn import ErrorRecorded, ItemRecorded, TurnCompleted, TurnStarted
from threadhost.events.words import AGENT_CLOSED, Id

Kind = Literal["input", "task", "note", "followup"]
"""The kind of a message: plain user input, a new task, a note, or a further task."""
End = Literal["completed", "errored", "interrupted", "shutdown"]
"""How the work of an agent ended; `shutdown` also if the agent was deleted."""
Outcome = Literal["delivered", "undeliverable"]
MESSAGE_ITEM = "agentMessage"


@event("agent.started.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class AgentStarted(Event):
    """The thread is an agent of its parent, known to other agents by `path`, if it has one."""

    path: str = ""


class Message(Event):
    """A message from one thread to another.

    A turn that the message begins gets `turn_id`, and belongs to the turn `root_turn_id` of the
    tree's root. `author` and `recipient` are paths, for agents that have one.
    """

    message: Kind
    content: list[dict[str, Any]]
    turn_id: str
    root_turn_id: str
    author: str = ""
    recipient: str = ""


@event("agent.message_sent.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class AgentMessageSent(Message):
    """The model sent a message to another thread; `interrupts` ends that thread's turn first."""

    receiver_id: str
    interrupts: bool = False


@event(
    "agent.message_settled.v1", since="0.1", stream="thread", cause="asked", admitted=UNTIL_CLOSED
)
class AgentMessageSettled(Event):
    """The message at `sent_version` is in its receiver's stream, or cannot be delivered."""

    sent_version: int
    outcome: Outcome


@event("agent.message_received.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class AgentMessageReceived(Message):
    """The message at `sender_version` of the sender's stream arrived, once; it waits for a turn."""

    sender_id: str
    sender_version: int
    interrupts: bool = False


@event("agent.message_taken.v1", since="0.1", stream="thread", cause="asked")
class AgentMessageTaken(Event):
    """A turn took the message that arrived at `received_version`.

    The sender's id and version are here, too, so that a turn takes the message once even if the
    record of its arrival is lost; None and 0 if they are not known.
    """

    received_version: int
    sender_id: Id | None = None
    sender_version: int = 0


@event("agent.ended.v1", since="0.1", stream="thread", cause="end", admitted=UNTIL_CLOSED)
class AgentEnded(Event):
    """The agent is done: its parent will get a message with the status and its last words.

    `said_version` is the version of those words or of the error in the stream; 0 if there are none.
    """

    turn_id: Id
    status: End
    said_version: int


@event("agent.end_told.v1", since="0.1", stream="thread", cause="asked", admitted=UNTIL_CLOSED)
class AgentEndTold(Event):
    """The end at `ended_version` is in the parent's stream, or the parent was deleted."""

    ended_version: int


@event("agent.end_heard.v1", since="0.1", stream="thread", cause="asked", admitted=UNTIL_CLOSED)
class AgentEndHeard(Event):
    """The parent got the message that a child ended, once.

    `child_version` is the version of the child's end in the child's stream.
    """

    child_id: Id
    child_version: int
    status: End


@history_event("agent.context_given.v1", since="0.1", cause="asked", admitted=UNTIL_CLOSED)
class AgentContextGiven(Event):
    """An input item about or from another agent, which the model gets with its next request."""

    item: dict[str, Any]


NO_VERSIONS: Mapping[str, int] = {}


class Agent(NamedTuple):
    """The state of a thread as an agent, and of its messages with other threads."""

    is_agent: bool = False
    path: str = ""
    status: End | None = None
    """How its newest turn ended; None while none has."""
    turn_id: str = ""
    said_version: int = 0
    """The version of the last message, or error, of its newest turn."""
    finished_version: int = 0
    """The version at which its newest turn ended."""
    ended_version: int = 0
    """The version of its newest recorded end."""
    untold: tuple[int, ...] = ()
    """Versions of ends that its parent has not received yet."""
    outbox: tuple[int, ...] = ()
    """Versions of sent messages that are not delivered yet."""
    due: tuple[int, ...] = ()
    """Versions of received messages that no turn has taken yet."""
    received: Mapping[str, int] = NO_VERSIONS
    """By sender: the version, in the sender's stream, of the newest message that arrived."""
    heard: Mapping[str, int] = NO_VERSIONS
    """By child: the version, in the child's stream, of the newest end that arrived."""


AGENT = Part("agent", Agent())


def has_work(thread: Thread) -> bool:
    """Whether the thread is an agent that runs a turn or has a message to take."""
    agent = AGENT.of(thread)
    return agent.is_agent and (thread.turn is not None or bool(agent.due))


def has_mail(thread: Thread) -> bool:
    """Whether the thread has a message or an end to deliver to another thread."""
    agent = AGENT.of(thread)
    return bool(agent.outbox or agent.untold)


def takes_message(thread: Thread) -> bool:
    """Whether a turn, new or running, should take a message now."""
    is_open = thread.state is StreamState.OPEN and not thread.archived
    sums_up = thread.turn is not None and thread.turn.kind == COMPACTION
    return is_open and not sums_up and bool(AGENT.of(thread).due)


def has_ended(thread: Thread) -> bool:
    """Whether the thread is an agent whose work ended and whose end is not recorded yet.

    Work has not ended while something can still begin a turn: a message, a queued turn, a goal.
    """
    agent = AGENT.of(thread)
    if not agent.is_agent or agent.finished_version <= agent.ended_version:
        return False
    return not (thread.turn or agent.due or thread.takes_next or is_goal_turn_next(thread))


def _change(thread: Thread, **fields: Any) -> Thread:  # noqa: ANN401
    return AGENT.put(thread, AGENT.of(thread)._replace(**fields))


@evolve.register
def _agent_started(fact: AgentStarted, thread: Thread) -> Thread:
    return _change(thread, is_agent=True, path=fact.path)


@evolve.register
def _message_sent(fact: AgentMessageSent, thread: Thread) -> Thread:
    return _change(thread, outbox=(*AGENT.of(thread).outbox, thread.version + 1))


@evolve.register
def _message_settled(fact: AgentMessageSettled, thread: Thread) -> Thread:
    outbox = tuple(v for v in AGENT.of(thread).outbox if v != fact.sent_version)
    return _change(thread, outbox=outbox)


@evolve.register
def _message_received(fact: AgentMessageReceived, thread: Thread) -> Thread:
    agent, version = AGENT.of(thread), thread.version + 1
    received = _with_newest(agent, fact.sender_id, fact.sender_version)
    # A message before the first activation marks an agent, even if `agent.started` is lost.
    is_agent = agent.is_agent or not thread.incarnation
    return _change(thread, is_agent=is_agent, received=received, due=(*agent.due, version))


@evolve.register
def _message_taken(fact: AgentMessageTaken, thread: Thread) -> Thread:
    agent = AGENT.of(thread)
    due = tuple(v for v in agent.due if v != fact.received_version)
    received = _with_newest(agent, fact.sender_id, fact.sender_version)
    return _change(thread, due=due, received=received)


def _with_newest(agent: Agent, sender_id: str | None, version: int) -> Mapping[str, int]:
    """The newest version that arrived, by sender, with this message included."""
    if sender_id is None or version <= agent.received.get(sender_id, 0):
        return agent.received
    return {**agent.received, sender_id: version}


@evolve.register
def _agent_ended(fact: AgentEnded, thread: Thread) -> Thread:
    agent, version = AGENT.of(thread), thread.version + 1
    return _change(thread, ended_version=version, untold=(*agent.untold, version))


@evolve.register
def _end_told(fact: AgentEndTold, thread: Thread) -> Thread:
    untold = tuple(v for v in AGENT.of(thread).untold if v != fact.ended_version)
    return _change(thread, untold=untold)


@evolve.register
def _end_heard(fact: AgentEndHeard, thread: Thread) -> Thread:
    return _change(thread, heard={**AGENT.of(thread).heard, fact.child_id: fact.child_version})


@evolve.register
def _context_given(fact: AgentContextGiven, thread: Thread) -> Thread:
    """A running turn goes on until its model has seen the context."""
    if thread.turn is None:
        return thread
    version = thread.version + 1
    return in_turn(
        thread,
        thread.turn.id,
        lambda turn: turn._replace(heard_at_version=version, steered=turn.steered or turn.asking),
    )


# -- what other events of the thread do to its agent state --


def _follow(fact: Any, before: Thread, after: Thread) -> Thread:  # noqa: ANN401
    agent = AGENT.of(after)
    if not agent.is_agent:
        return after
    return AGENT.put(after, _FOLLOWS[type(fact)](fact, before, agent))


def _turn_started(fact: Any, before: Thread, agent: Agent) -> Agent:  # noqa: ANN401
    if fact.purpose == COMPACTION:
        return agent
    return agent._replace(turn_id=fact.turn_id, said_version=0)


def _item_or_error_recorded(fact: Any, before: Thread, agent: Agent) -> Agent:  # noqa: ANN401
    if fact.turn_id != agent.turn_id or getattr(fact, "type", MESSAGE_ITEM) != MESSAGE_ITEM:
        return agent
    return agent._replace(said_version=before.version + 1)


def _turn_completed(fact: Any, before: Thread, agent: Agent) -> Agent:  # noqa: ANN401
    if fact.turn_id != agent.turn_id:
        return agent
    status: End = "shutdown" if fact.reason == AGENT_CLOSED else _STATUSES[fact.outcome]
    return agent._replace(status=status, finished_version=before.version + 1)


_STATUSES: Mapping[str, End] = {
    "completed": "completed",
    "failed": "errored",
    "interrupted": "interrupted",
}
_FOLLOWS: Mapping[type, Callable[[Any, Thread, Agent], Agent]] = {
    TurnStarted: _turn_started,
    ItemRecorded: _item_or_error_recorded,
    ErrorRecorded: _item_or_error_recorded,
    TurnCompleted: _turn_completed,
}
follows(*_FOLLOWS)(_follow)


# -- gaps: only their type and version count --


def _follow_gap(fact: Any, before: Thread, after: Thread) -> Thread:  # noqa: ANN401
    rule, agent = _GAPS.get(fact.kind), AGENT.of(after)
    open_versions = (*agent.outbox, *agent.due, *agent.untold)
    if rule is None or before.version + 1 in open_versions:
        return after
    changed = rule(agent, before)
    return after if changed == agent else AGENT.put(after, changed)


def _gap_of_message_sent(agent: Agent, before: Thread) -> Agent:
    return agent._replace(outbox=(*agent.outbox, before.version + 1))


def _gap_of_message_received(agent: Agent, before: Thread) -> Agent:
    return agent._replace(due=(*agent.due, before.version + 1))


def _gap_of_message_taken(agent: Agent, before: Thread) -> Agent:
    return agent._replace(due=agent.due[1:])


def _gap_of_agent_end(agent: Agent, before: Thread) -> Agent:
    version = before.version + 1
    return agent._replace(ended_version=version, untold=(*agent.untold, version))


def _gap_of_turn_end(agent: Agent, before: Thread) -> Agent:
    if before.turn is None or not agent.is_agent:
        return agent
    return agent._replace(status="interrupted", finished_version=before.version + 1)


_GAPS: Mapping[str, Callable[[Agent, Thread], Agent]] = {
    AgentMessageSent.kind: _gap_of_message_sent,
    AgentMessageReceived.kind: _gap_of_message_received,
    AgentMessageTaken.kind: _gap_of_message_taken,
    AgentEnded.kind: _gap_of_agent_end,
    TurnCompleted.kind: _gap_of_turn_end,
}
follows(Damaged)(_follow_gap)
