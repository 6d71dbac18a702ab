"""Elicitations: the user is asked to approve a call, or to answer a question of its server."""

from collections.abc import Callable
from typing import Any, Literal

from threadhost.events.base import UNTIL_CLOSED, Event, event
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.part import Part, follows
from threadhost.events.thread import OpenCall, Thread, ThreadActivated, evolve, in_turn

About = Literal["approval", "server"]
"""Whether the host asks for approval of the call, or the call's server has a question."""
Outcome = Literal["accept", "decline", "cancel", "timedOut", "unreached", "policy", "abandoned"]
"""The outcome: one of the user's three answers; nobody answered in time; no client was there to be
asked; the thread's policy forbids to ask; the turn ended first."""


@event(
    "turn.elicitation_asked.v1",
    since="0.1",
    stream="thread",
    cause="call",
    sealed=True,
    admitted=UNTIL_CLOSED,
)
class ElicitationAsked(Event):
    """The user is asked on behalf of a call; `request` is the request to clients."""

    turn_id: str
    call_id: str
    elicitation_id: str
    about: About
    asked_at_ms: int
    request: dict[str, Any]


@event(
    "turn.elicitation_answered.v1",
    since="0.1",
    stream="thread",
    cause="call",
    sealed=True,
    admitted=UNTIL_CLOSED,
)
class ElicitationAnswered(Event):
    """The outcome of an elicitation, and the values that the user gave.

    `allows` is the tool that needs no approval any more until the thread is unloaded; `request` is
    the question that the policy kept from being asked.
    """

    turn_id: str
    call_id: str
    elicitation_id: str
    answered_at_ms: int
    outcome: Outcome
    content: dict[str, Any] | None = None
    allows: str | None = None
    request: dict[str, Any] | None = None


class Approvals(NamedTuple):
    """The tools that the user allowed until the thread is unloaded, by `tool_key`."""

    tools: tuple[str, ...] = ()


APPROVALS = Part("approvals", Approvals())


def tool_key(server: str, tool: str) -> str:
    """The name of a server's tool among all tools; server names contain no slash."""
    return f"{server}/{tool}"


@evolve.register
def _elicitation_asked(fact: ElicitationAsked, thread: Thread) -> Thread:
    return _in_call(thread, fact, lambda asks: (*asks, fact.elicitation_id))


@evolve.register
def _elicitation_answered(fact: ElicitationAnswered, thread: Thread) -> Thread:
    if fact.allows is not None and fact.allows not in APPROVALS.of(thread).tools:
        allowed = Approvals((*APPROVALS.of(thread).tools, fact.allows))
        thread = APPROVALS.put(thread, allowed)
    return _in_call(
        thread, fact, lambda asks: tuple(ask for ask in asks if ask != fact.elicitation_id)
    )


@follows(ThreadActivated)
def _unloaded(fact: ThreadActivated, before: Thread, after: Thread) -> Thread:
    return APPROVALS.put(after, Approvals())


def _in_call(
    thread: Thread,
    fact: ElicitationAsked | ElicitationAnswered,
    change: Callable[[tuple[str, ...]], tuple[str, ...]],
) -> Thread:
    def changed(call: OpenCall) -> OpenCall:
        is_this = call.call_id == fact.call_id
        return call._replace(asks=change(call.asks)) if is_this else call

    return in_turn(
        thread, fact.turn_id, lambda turn: turn._replace(calls=tuple(map(changed, turn.calls)))
    )
