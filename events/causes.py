"""Causations: the names of what led to an event, for readers who follow causes through a log.

A causation is `event:<stream>@<version>`, `request:<connection>:<id>:<method>` of a client,
`start:<stream>@<version>` of a process, or `timer:<name>@<milliseconds>` of the host itself, with
the time at which the timer was due. It names no position: streams can be copied and moved.
"""

from collections.abc import Callable, Sequence

from threadhost.events.base import Cause, Event
from threadhost.events.compaction import CompactionFailed, HistoryCompacted
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.thread import Thread
from threadhost.events.tool import ACTIVITY_ITEM, TOOL_ITEMS
from threadhost.events.turn import (
    USER_ITEM,
    DeadlinePassed,
    ErrorRecorded,
    InterruptRequested,
    ModelResponded,
)

EVENT = "event:"
REQUEST = "request:"
ASKED = frozenset((USER_ITEM, *TOOL_ITEMS))
"""Items that follow from no answer of a model: what a user says, and what a tool does."""
ENDS = frozenset(
    (ModelResponded, ErrorRecorded, HistoryCompacted, CompactionFailed, InterruptRequested)
)
"""Events that end a turn if they precede the turn's end in the same append."""


def by_event(stream: str, version: int) -> str:
    """The causation of events that this event led to."""
    return f"{EVENT}{stream}@{version}"


def by_request(connection_id: str, request_id: str | int, method: str) -> str:
    """The causation of events that a client's request led to."""
    return f"{REQUEST}{connection_id}:{request_id}:{method}"


def by_start(stream: str, version: int) -> str:
    """The causation of events that the start of a process led to."""
    return f"start:{stream}@{version}"


def by_timer(name: str, due_ms: int) -> str:
    """The causation of events that a timer of the host led to; `due_ms` is Unix time."""
    return f"timer:{name}@{due_ms}"


class Ahead(NamedTuple):
    """What precedes an event in its append."""

    before: Event | None = None
    """The event right before it."""
    end_version: int = 0
    """The version of the newest event that ends a turn; its open calls may be closed after it."""


def causes_of(events: Sequence[Event], steps: Sequence[Thread]) -> list[str]:
    """Return the causation of each of these next events of a thread, given the states between them.

    "" means: the cause of the whole append.
    """
    prefix = f"{EVENT}{thread_stream(steps[0].id)}@"
    causes: list[str] = []
    before, end_version = None, 0
    for event, thread in zip(events, steps, strict=False):
        rule = _RULES.get(event.cause)
        version = rule(event, thread, Ahead(before, end_version)) if rule is not None else 0
        causes.append(f"{prefix}{version}" if version else "")
        if type(event) in ENDS:
            end_version = thread.version + 1
        before = event
    return causes


def _request(event: Event, thread: Thread, ahead: Ahead) -> int:
    """For a response: its request. A summary comes after the end of its own request."""
    if isinstance(ahead.before, DeadlinePassed):
        return thread.version
    turn = thread.turn
    if turn is None:
        return 0
    answers = (
        turn.asking
        or isinstance(ahead.before, ModelResponded)
        or isinstance(event, HistoryCompacted)
    )
    return turn.asked_at_version if answers else 0


def _item(event: Event, thread: Thread, ahead: Ahead) -> int:
    turn = thread.turn
    if turn is not None and turn.calls and (version := _call(event, thread, ahead)):
        return version
    kind = getattr(event, "type", "")
    if kind == ACTIVITY_ITEM:
        return thread.version  # the agent's message or end precedes it
    return 0 if kind in ASKED else _request(event, thread, ahead)


def _call(event: Event, thread: Thread, ahead: Ahead) -> int:
    """For an answer: its call."""
    call_id = getattr(event, "call_id", None) or getattr(event, "item_id", None)
    calls = thread.turn.calls if thread.turn is not None else ()
    return next((call.version for call in calls if call.call_id == call_id), 0)


def _newest_heard(event: Event, thread: Thread, ahead: Ahead) -> int:
    """For a request: the newest event that it answers."""
    return thread.turn.heard_at_version if thread.turn is not None else 0


def _end(event: Event, thread: Thread, ahead: Ahead) -> int:
    """For a turn's end: the model's last message, or what else ended the turn."""
    return ahead.end_version


def _named(event: Event, thread: Thread, ahead: Ahead) -> int:
    """For events that name a request: that request."""
    return getattr(event, "request_version", 0)


Rule = Callable[[Event, Thread, Ahead], int]
_RULES: dict[Cause, Rule] = {
    "request": _request,
    "item": _item,
    "call": _call,
    "heard": _newest_heard,
    "end": _end,
    "named": _named,
}
"""Causes that follow from the state; for all other types it is the cause of the whole append."""
