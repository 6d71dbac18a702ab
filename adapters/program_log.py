"""The program log of threads: lines that their events do not hold, in a queue that never blocks."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from threadhost.actors.ports import Clock
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.tasks import set_within
from threadhost.events.base import Event, Recorded
from threadhost.events.ids import thread_of
from threadhost.events.imported import is_past
from threadhost.events.operator_log import GOES_WITHOUT
from threadhost.events.store.log import Log
from threadhost.events.tool import TOOL_ITEMS
from threadhost.projections.program_log import Line, expire, keep

WAITING_MAX = 512
BATCH_MAX = 128
FLUSH_S = 2.0
EXPIRE_S = 3600.0
DROPPED = "linesDropped"
INFO, WARN, ERROR = "info", "warn", "error"


def fields(*names: str) -> Callable[[Any], Mapping[str, object]]:
    """Fields of an event by their names on the wire; each is a number, an id or a word of ours."""
    pairs = [(_camel(name), name) for name in names]
    return lambda event: {wired: getattr(event, name) for wired, name in pairs}


def _camel(name: str) -> str:
    first, *words = name.split("_")
    return first + "".join(word.title() for word in words)


def _answered(event: Any) -> Mapping[str, object] | None:  # noqa: ANN401  (an event by its type's name)
    if event.type not in TOOL_ITEMS:
        return None
    success = event.item.get("status") == "completed"
    return {"success": success, "durationMs": event.item.get("durationMs")}


Form = tuple[str, str, Callable[[Any], Mapping[str, object] | None]]
NOTED: Mapping[str, Form] = {
    "turn.item_recorded.v2": (INFO, "toolAnswered", _answered),
    "memory.job_claimed.v1": (INFO, "memoryBegun", fields("attempt")),
    "memory.job_failed.v1": (WARN, "memoryFailed", fields("reason", "retry_at_ms", "gave_up")),
    "memory.job_skipped.v1": (INFO, "memorySkipped", fields("reason", "tokens")),
    "memory.note_taken.v1": (INFO, "memoryNoted", fields("text_id", "tokens")),
}
"""The log line for each type of event, by the type's name: its level, its name and its fields.

All other lines are read from the thread's own stream (`thread_lines`). These events are in another
stream, or are too large to be read for a line.
"""


class ProgramLog:
    """Lines wait here until they are written together, or are dropped and counted.

    A caller never waits. Lines are written in the order in which they were noted; a thread whose
    tombstone is in the log takes no more lines.
    """

    def __init__(self, logs: Logs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock
        self._waiting: deque[Line] = deque()
        self._dropped: Counter[str] = Counter()
        """Lines dropped since the last write, by thread."""
        self.dropped = 0
        """All dropped lines since the start."""
        self._has_lines, self._has_batch = asyncio.Event(), asyncio.Event()
        self._writing = asyncio.Lock()
        self._closed = False

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Note the lines of some events; most commits have none."""
        for fact in recorded:
            form = NOTED.get(fact.event.kind)
            if form is not None and (line := line_of(fact, form)) is not None:
                self._take(line)

    def refused(self, thread_id: str, method: str, code: int) -> None:
        """A request about a live thread was refused."""
        details = {"method": method, "code": code}
        self._take(Line(thread_id, self._clock.now_ms(), WARN, "refused", None, 0, details))

    def _take(self, line: Line) -> None:
        waiting = len(self._waiting)
        if waiting >= WAITING_MAX:
            self.dropped += 1
            self._dropped[line.thread_id] += 1
            return
        self._waiting.append(line)
        if not waiting:
            self._has_lines.set()
        elif waiting == BATCH_MAX:
            self._has_batch.set()

    async def run(self) -> None:
        """Write waiting lines every two seconds, or as soon as there are many, until closed."""
        expired_at = float("-inf")
        while not self._closed:
            await self._has_lines.wait()
            await set_within(self._has_batch, FLUSH_S)
            await self.flush()
            if self._clock.monotonic() - expired_at >= EXPIRE_S:
                expired_at = self._clock.monotonic()
                await self._write(self._logs.durable, partial(expire, now_ms=self._clock.now_ms()))

    async def flush(self, thread_ids: Collection[str] = ()) -> None:
        """Write all lines noted so far, in batches; those that cannot be written are dropped.

        With threads, do so only if a line of one of them waits or is being written.
        """
        waits = any(line.thread_id in thread_ids for line in self._waiting)
        if thread_ids and not waits and not self._writing.locked():
            return
        async with self._writing:
            count = len(self._waiting)
            self._has_lines.clear()
            self._has_batch.clear()
            for size in (*[BATCH_MAX] * (count // BATCH_MAX), count % BATCH_MAX):
                await self._keep([self._waiting.popleft() for _ in range(size)])
            await self._keep(self._lines_of_dropped())
        if self._waiting:  # lines came meanwhile
            self._has_lines.set()
        if len(self._waiting) > BATCH_MAX:
            self._has_batch.set()

    async def _keep(self, lines: Sequence[Line]) -> None:
        for log in (self._logs.durable, self._logs.ephemeral):
            log_lines = [line for line in lines if self._logs.of(line.thread_id) is log]
            if log_lines and not await self._write(log, partial(keep, lines=log_lines)):
                self._count_lost(log_lines)

    def _count_lost(self, lines: Sequence[Line]) -> None:
        """Count lines that could not be written; the count is stored with a later write."""
        for line in lines:
            if line.event == DROPPED:
                self._dropped[line.thread_id] += int(str(line.details["count"]))
            else:
                self._dropped[line.thread_id] += 1
                self.dropped += 1

    def close(self) -> None:
        """Stop the periodic writing."""
        self._closed = True
        self._has_lines.set()
        self._has_batch.set()

    def _lines_of_dropped(self) -> list[Line]:
        dropped, self._dropped = self._dropped, Counter()
        at_ms = self._clock.now_ms()
        return [
            Line(thread_id, at_ms, WARN, DROPPED, None, 0, {"count": count})
            for thread_id, count in dropped.items()
        ]

    async def _write(self, log: Log, work: Callable[..., object]) -> bool:
        try:
            await log.transact(work)
        except Exception as error:  # noqa: BLE001  (a log: no other work depends on it)
            GOES_WITHOUT.emit(what="lines of the program log were dropped", fault=error)
            return False
        return True


def line_of(fact: Recorded, form: Form) -> Line | None:
    """The line of an event; None if it has none, such as an event that a fork inherited."""
    event = fact.event
    if not isinstance(event, Event) or is_past(fact):
        return None
    level, name, details_of = form
    values = details_of(event)
    if values is None:
        return None
    details = {key: value for key, value in values.items() if value is not None}
    turn_id, at_ms = getattr(event, "turn_id", None), fact.meta.recorded_at_ms
    thread_id, version = thread_of(fact.stream), fact.version
    if thread_id is None:  # the stream of a memory job is no thread's
        thread_id, version = str(getattr(event, "thread_id", "")), 0
    return Line(thread_id, at_ms, level, name, turn_id, version, details) if thread_id else None
