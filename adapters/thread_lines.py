"""The lines of a thread's program log: from its own events, and those noted beside them."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from heapq import merge
from typing import Any

from pydantic_core import from_json

from threadhost.adapters.program_log import ERROR, INFO, WARN, Form, fields, line_of
from threadhost.events.base import Damaged, Event, Recorded
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
    WORD_CHARS_MAX,
    KeptLine,
    Line,
    LinePlace,
    last_lines,
    log_page,
)

NUMBER_MAX = 2**63 - 1
LOOKED_BACK = 250
"""How many events the search for the newest lines reads first; each step reads four times more."""


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
"""The line for each type of event in a thread's stream: its level, its name and its fields."""


class Page(NamedTuple):
    """Lines, the oldest first; how many are missing or unreadable; the place of the last line.

    The place is None at the end of the log.
    """

    lines: Sequence[Line]
    missing: int
    last: LinePlace | None = None


class _Entry(NamedTuple):
    """A line with its time, and its place among noted lines; the place is None for an event.

    A line of None cannot be read.
    """

    line: Line | None
    at_ms: int
    version: int
    place: LinePlace | None = None


async def page(log: LogReader, thread_id: str, after: LinePlace, limit: int, now_ms: int) -> Page:
    """The lines after a place.

    A place beyond the end of the thread's stream is from another log: the page then begins at the
    start.
    """
    stream = thread_stream(thread_id)
    length = await _length(log, stream, max(0, after.version - 1))
    if not length:
        after, length = BEGIN, await _length(log, stream)
    events = await _event_entries(log, stream, after.version, length, limit + 1)
    noted = await log_page(log.reads, thread_id, after, limit + 1, now_ms)
    entries = _merged(thread_id, events, noted)
    last = after
    for entry in entries[:limit]:
        if entry.place is None:
            last = last._replace(version=entry.version)
        else:
            last = entry.place._replace(version=last.version)
    is_whole = len(entries) <= limit
    missing = await _missing(log, stream, after.version, length if is_whole else last.version)
    return _paged(entries[:limit], missing, None if is_whole else last)


async def newest(log: LogReader, thread_id: str, limit: int, now_ms: int) -> Page:
    """The newest lines of a thread; lines missing further back are not counted."""
    stream = thread_stream(thread_id)
    length = await _length(log, stream)
    looked_back, events = 0, list[_Entry]()
    while len(events) < limit and looked_back < length:
        looked_back = 4 * looked_back or LOOKED_BACK
        events = await _event_entries(log, stream, max(0, length - looked_back), length)
    noted = await last_lines(log.reads, thread_id, limit, now_ms)
    missing = await _missing(log, stream, max(0, length - looked_back), length)
    return _paged(_merged(thread_id, events, noted)[-limit:], missing)


def _paged(entries: Sequence[_Entry], missing: int, last: LinePlace | None = None) -> Page:
    """A page; its count includes unreadable lines and gaps between the numbers of noted lines."""
    lines = [entry.line for entry in entries if entry.line is not None]
    numbers = [entry.place.seq for entry in entries if entry.place is not None]
    between = numbers[-1] - numbers[0] + 1 - len(numbers) if numbers else 0
    return Page(lines, missing + between + len(entries) - len(lines), last)


async def _length(log: LogReader, stream: str, after: int = 0) -> int:
    """The number of events appended to a stream: from its head, or from its last event.

    0 if it has none after this version.
    """
    head = await log.stream_head(stream)
    stands_at = head.version if head is not None and type(head.version) is int else 0
    count, last = await log.reads.extent(stream, after, NUMBER_MAX)
    return max(stands_at, last) if count or not after else 0


async def _missing(log: LogReader, stream: str, after: int, stop: int) -> int:
    """How many events are missing between two versions of a stream."""
    count, _ = await log.reads.extent(stream, after, stop)
    return max(0, stop - after - count)


async def _event_entries(
    log: LogReader, stream: str, after: int, stop: int, limit: int | None = None
) -> list[_Entry]:
    entries = list[_Entry]()
    async for facts in log.walk_stream(stream, after, stop, tuple(FORMS)):
        entries += [entry for fact in facts if (entry := _entry_of_event(fact)) is not None]
        if limit is not None and len(entries) >= limit:
            break
        await asyncio.sleep(0)
    return entries[:limit]


def _entry_of_event(fact: Recorded) -> _Entry | None:
    """The line of an event; None if it has none, or if it is a gap without a version."""
    event, at_ms = fact.event, fact.meta.recorded_at_ms
    if isinstance(event, Damaged):
        return _Entry(None, at_ms, fact.version) if fact.version else None
    form = FORMS.get(type(event)) if isinstance(event, Event) else None
    line = line_of(fact, form) if form is not None else None
    return _Entry(line, at_ms, fact.version) if line is not None else None


def _merged(thread_id: str, events: list[_Entry], noted: Sequence[KeptLine]) -> list[_Entry]:
    noted_entries = [_entry_of_row(thread_id, row) for row in noted]
    return list(merge(events, noted_entries, key=lambda entry: (entry.at_ms, entry.version)))


def _entry_of_row(thread_id: str, row: KeptLine) -> _Entry:
    line = _line(thread_id, row)
    version = 0 if line is None else line.version
    return _Entry(line, row.at_ms, version, LinePlace(seq=row.seq, at_ms=row.at_ms))


def _line(thread_id: str, row: KeptLine) -> Line | None:
    """A noted line; None if it holds a value that the host never writes."""
    words = (row.event, row.turn_id or "")
    is_valid = (
        row.level in (INFO, WARN, ERROR)
        and all(type(word) is str and len(word) <= WORD_CHARS_MAX for word in words)
        and type(row.version) is int
        and row.version >= 0
        and type(row.details) is str
    )
    with suppress(ValueError):
        details = from_json(row.details, allow_inf_nan=False) if is_valid else None
        if isinstance(details, dict) and all(map(_is_plain, details.values())):
            return Line(thread_id, *row[1:-1], details)
    return None


def _is_plain(value: object) -> bool:
    """Whether it is a number that every reader can represent, a string, or None."""
    if isinstance(value, int):
        return abs(value) <= NUMBER_MAX
    return value is None or isinstance(value, str | float)
