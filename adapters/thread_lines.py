"""The lines of a thread's program log: what its own events say of it, and what was noted beside."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from heapq import merge
from typing import Any

from threadhost.adapters.program_log import ERROR, INFO, WARN, Form, fields, line_of
from threadhost.events.base import Event, Recorded
from threadhost.events.elicitation import ElicitationAnswered, ElicitationAsked
from threadhost.events.host_tool import HostToolAnswered, HostToolCalled
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.retry import RetryScheduled
from threadhost.events.store.log_reader import LogReader
from threadhost.events.thread import ThreadFailed, ThreadShutdownTimedOut, ThreadStopped
from threadhost.events.tool import CallUnreached, ToolCalled, UserAnswered, UserAsked
from threadhost.events.turn import (
    DeadlinePassed,
    ErrorRecorded,
    InterruptRequested,
    ModelResponded,
    TurnCompleted,
    TurnStarted,
)
from threadhost.events.warning import TurnWarned
from threadhost.projections.program_log import (
    BEGIN,
    KeptLine,
    Line,
    LinePlace,
    last_lines,
    log_page,
)

EVENTS_AT_A_TIME = 250
"""Read in one step of the loop; of a long fork, whose past is not its own, there are many."""


def _ended(event: Any) -> Mapping[str, object]:  # noqa: ANN401  (the one event of its form)
    took_ms = max(0, event.completed_at_ms - event.started_at_ms)
    return {"outcome": event.outcome, "durationMs": took_ms, "reason": event.reason}


FORMS: Mapping[type[Event], Form] = {
    TurnStarted: (INFO, "turnStarted", fields("purpose")),
    TurnCompleted: (INFO, "turnEnded", _ended),
    ModelResponded: (
        INFO,
        "modelResponded",
        fields("request", "attempts", "first_output_ms", "duration_ms"),
    ),
    RetryScheduled: (WARN, "modelRetried", fields("attempt", "wait_ms", "code", "http_status")),
    ErrorRecorded: (ERROR, "turnFailed", fields("code", "http_status")),
    TurnWarned: (WARN, "warned", fields("code")),
    ToolCalled: (INFO, "toolCalled", fields()),
    HostToolCalled: (INFO, "hostToolCalled", fields("family", "name")),
    HostToolAnswered: (INFO, "hostToolAnswered", fields()),
    ElicitationAsked: (INFO, "elicitationAsked", fields("about")),
    ElicitationAnswered: (INFO, "elicitationAnswered", fields("outcome")),
    CallUnreached: (WARN, "callUnreached", fields()),
    UserAsked: (INFO, "userAsked", fields()),
    UserAnswered: (INFO, "userAnswered", fields("success", "duration_ms", "abandoned")),
    InterruptRequested: (INFO, "interruptRequested", fields()),
    DeadlinePassed: (WARN, "deadlinePassed", fields("limit_ms")),
    ThreadStopped: (INFO, "threadStopped", fields("reason")),
    ThreadShutdownTimedOut: (WARN, "shutdownTimedOut", fields("reason", "deadline_ms")),
    ThreadFailed: (ERROR, "threadFailed", fields("error", "attempt", "gave_up")),
}
"""What is read from events of a thread's stream: how grave, as what, and with what."""


class _Read(NamedTuple):
    """A line, and where it stands among those that were noted beside events; None of an event."""

    line: Line
    beside: LinePlace | None = None


async def page(
    log: LogReader, thread_id: str, after: LinePlace, limit: int, now_ms: int
) -> tuple[Sequence[Line], LinePlace | None]:
    """Lines that follow a place, the oldest first, and the place of the last; None at the end.

    A place that the thread's stream has not come to is another log's: that is read from its start.
    """
    if after.version > await _length(log, thread_id):
        after = BEGIN
    events = await _of_events(log, thread_id, after.version, limit + 1)
    noted = await log_page(log.reads, thread_id, after, limit + 1, now_ms)
    lines = _in_time(thread_id, events, noted)
    if len(lines) <= limit:
        return [read.line for read in lines], None
    last = after
    for line, beside in lines[:limit]:
        of_event = last._replace(version=line.version)
        last = of_event if beside is None else beside._replace(version=last.version)
    return [read.line for read in lines[:limit]], last


async def newest(log: LogReader, thread_id: str, limit: int, now_ms: int) -> Sequence[Line]:
    """The newest lines of a thread, the oldest of them first."""
    length = await _length(log, thread_id)
    looked_back, events = 0, list[_Read]()
    while len(events) < limit and looked_back < length:
        looked_back = 4 * looked_back or EVENTS_AT_A_TIME
        events = await _of_events(log, thread_id, max(0, length - looked_back))
    noted = await last_lines(log.reads, thread_id, limit, now_ms)
    return [read.line for read in _in_time(thread_id, events, noted)[-limit:]]


async def _length(log: LogReader, thread_id: str) -> int:
    stream = thread_stream(thread_id)
    heads = await log.reads.heads([stream])
    return heads[stream].version if stream in heads else 0


async def _of_events(
    log: LogReader, thread_id: str, after: int, limit: int | None = None
) -> list[_Read]:
    read, stream = list[_Read](), thread_stream(thread_id)
    while limit is None or len(read) < limit:
        facts = await log.read_stream(stream, after, EVENTS_AT_A_TIME, tuple(FORMS))
        read += [_Read(line) for fact in facts if (line := _line(fact)) is not None]
        if len(facts) < EVENTS_AT_A_TIME:
            break
        after = facts[-1].version
        await asyncio.sleep(0)
    return read[:limit]


def _line(fact: Recorded) -> Line | None:
    form = FORMS.get(type(fact.event)) if isinstance(fact.event, Event) else None
    return line_of(fact, form) if form is not None else None


def _in_time(thread_id: str, events: list[_Read], noted: Sequence[KeptLine]) -> list[_Read]:
    kept = [_kept(thread_id, line) for line in noted]
    return list(merge(events, kept, key=lambda read: (read.line.at_ms, read.line.version)))


def _kept(thread_id: str, kept: KeptLine) -> _Read:
    line = Line(thread_id, *kept[1:-1], json.loads(kept.details))
    return _Read(line, LinePlace(seq=kept.seq, at_ms=kept.at_ms))
