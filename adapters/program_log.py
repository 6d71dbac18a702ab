"""The program log of threads: what the host did for each, in a queue that never stops anybody."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from threadhost.actors.ports import Clock
from threadhost.actors.runtime.logs import Logs
from threadhost.events.base import Event, Recorded
from threadhost.events.ids import thread_of
from threadhost.events.imported import is_past
from threadhost.events.store.log import Log
from threadhost.events.tool import TOOL_ITEMS
from threadhost.projections.program_log import Line, expire, keep

WAITING_MAX = 512
BATCH_MAX = 128
FLUSH_S = 2.0
EXPIRE_S = 3600.0
DELETED = "delete"
DROPPED = "linesDropped"
INFO, WARN, ERROR = "info", "warn", "error"


def _fields(*names: str) -> Callable[[Any], Mapping[str, object]]:
    """Fields of an event by their names on the wire; each is a number, an id or a word of ours."""
    pairs = [(_wired(name), name) for name in names]
    return lambda event: {wired: getattr(event, name) for wired, name in pairs}


def _wired(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _ended(event: Any) -> Mapping[str, object]:  # noqa: ANN401  (an event by its type's name)
    took_ms = max(0, event.completed_at_ms - event.started_at_ms)
    return {"outcome": event.outcome, "durationMs": took_ms, "reason": event.reason}


def _answered(event: Any) -> Mapping[str, object] | None:  # noqa: ANN401  (as above)
    if event.type not in TOOL_ITEMS:
        return None
    success = event.item.get("status") == "completed"
    return {"success": success, "durationMs": event.item.get("durationMs")}


def _stopped(event: Any) -> Mapping[str, object] | None:  # noqa: ANN401  (as above)
    """What would be deleted at once is not noted: it would cost a deletion a commit more."""
    return {"reason": event.reason} if event.reason != DELETED else None


Form = tuple[str, str, Callable[[Any], Mapping[str, object] | None]]
FORMS: Mapping[str, Form] = {
    "turn.started.v1": (INFO, "turnStarted", _fields("purpose")),
    "turn.completed.v1": (INFO, "turnEnded", _ended),
    "turn.model_responded.v1": (
        INFO,
        "modelResponded",
        _fields("request", "attempts", "first_output_ms", "duration_ms"),
    ),
    "turn.retry_scheduled.v1": (
        WARN,
        "modelRetried",
        _fields("attempt", "wait_ms", "code", "http_status"),
    ),
    "turn.error_recorded.v1": (ERROR, "turnFailed", _fields("code", "http_status")),
    "turn.warned.v1": (WARN, "warned", _fields("code")),
    "turn.tool_called.v1": (INFO, "toolCalled", _fields()),
    "turn.item_recorded.v2": (INFO, "toolAnswered", _answered),
    "turn.host_tool_called.v1": (INFO, "hostToolCalled", _fields("family", "name")),
    "turn.host_tool_answered.v1": (INFO, "hostToolAnswered", _fields()),
    "turn.elicitation_asked.v1": (INFO, "elicitationAsked", _fields("about")),
    "turn.elicitation_answered.v1": (INFO, "elicitationAnswered", _fields("outcome")),
    "turn.call_unreached.v1": (WARN, "callUnreached", _fields()),
    "turn.user_asked.v1": (INFO, "userAsked", _fields()),
    "turn.user_answered.v1": (
        INFO,
        "userAnswered",
        _fields("success", "duration_ms", "abandoned"),
    ),
    "turn.interrupt_requested.v1": (INFO, "interruptRequested", _fields()),
    "turn.deadline_passed.v1": (WARN, "deadlinePassed", _fields("limit_ms")),
    "thread.stopped.v1": (INFO, "threadStopped", _stopped),
    "thread.shutdown_timed_out.v1": (WARN, "shutdownTimedOut", _fields("reason", "deadline_ms")),
    "memory.job_claimed.v1": (INFO, "memoryBegun", _fields("attempt")),
    "memory.job_failed.v1": (WARN, "memoryFailed", _fields("reason", "retry_at_ms", "gave_up")),
    "memory.job_skipped.v1": (INFO, "memorySkipped", _fields("reason", "tokens")),
    "memory.note_taken.v1": (INFO, "memoryNoted", _fields("text_id", "tokens")),
    "thread.failed.v1": (ERROR, "threadFailed", _fields("error", "attempt", "gave_up")),
}
"""What is noted of events, by the names of their types: how grave, as what, and with what."""


SMALL = frozenset(("turn.started.v1", "turn.model_responded.v1", "turn.completed.v1"))
"""What every turn has, and may wait as it is: of all else only the line is kept at once."""


class ProgramLog:
    """Lines wait here until they are written together, or are dropped and counted.

    Whoever notes something waits for nothing. What is written comes in the order in which it was
    noted; a thread whose tombstone is in the log takes nothing more.
    """

    def __init__(self, logs: Logs, clock: Clock) -> None:
        self._logs = logs
        self._clock = clock
        self._waiting: deque[Recorded | Line] = deque()
        self._dropped: Counter[str] = Counter()
        """Lines that found no room since the last ones were written, by thread."""
        self.dropped = 0
        """All of them since the start."""
        self._some, self._many = asyncio.Event(), asyncio.Event()
        self._writing = asyncio.Lock()
        self._closed = False

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Note what there is to note of some events; most commits have nothing of that kind."""
        for fact in recorded:
            kind = fact.event.kind
            if kind in FORMS:
                self._take(fact if kind in SMALL else _line(fact))

    def refused(self, thread_id: str, method: str, code: int) -> None:
        """A request about a live thread was refused."""
        details = {"method": method, "code": code}
        self._take(Line(thread_id, self._clock.now_ms(), WARN, "refused", None, 0, details))

    def _take(self, noted: Recorded | Line | None) -> None:
        waiting = len(self._waiting)
        if noted is None:
            return
        if waiting >= WAITING_MAX:
            self._drop(noted)
            return
        self._waiting.append(noted)
        if not waiting:
            self._some.set()
        elif waiting == BATCH_MAX:
            self._many.set()

    def _drop(self, noted: Recorded | Line) -> None:
        self.dropped += 1
        self._dropped[_thread_of(noted)] += 1

    async def run(self) -> None:
        """Write what waits, every two seconds or as soon as it is much, until this is closed."""
        expired_at = float("-inf")
        while not self._closed:
            await self._some.wait()
            await _first_of(self._many.wait(), FLUSH_S)
            await self.flush()
            if self._clock.monotonic() - expired_at >= EXPIRE_S:
                expired_at = self._clock.monotonic()
                await self._write(self._logs.durable, partial(expire, now_ms=self._clock.now_ms()))

    async def flush(self, thread_ids: Collection[str] = ()) -> None:
        """Write all that was noted so far, a batch at a time; what cannot be is dropped.

        With threads, only if something of them waits, or is being written.
        """
        waits = any(_thread_of(noted) in thread_ids for noted in self._waiting)
        if thread_ids and not waits and not self._writing.locked():
            return
        async with self._writing:
            left = len(self._waiting)
            self._some.clear()
            self._many.clear()
            for size in (*[BATCH_MAX] * (left // BATCH_MAX), left % BATCH_MAX):
                noted = [self._waiting.popleft() for _ in range(size)]
                await self._keep([line for one in noted if (line := _line(one))])
            await self._keep(self._lines_of_dropped())
        if self._waiting:  # it came meanwhile
            self._some.set()
        if len(self._waiting) > BATCH_MAX:
            self._many.set()

    async def _keep(self, lines: Sequence[Line]) -> None:
        for log in (self._logs.durable, self._logs.ephemeral):
            own = [line for line in lines if self._logs.of(line.thread_id) is log]
            if own and not await self._write(log, partial(keep, lines=own)):
                self._lost(own)

    def _lost(self, lines: Sequence[Line]) -> None:
        """What could not be written is counted, to be said once something can."""
        for line in lines:
            if line.event == DROPPED:
                self._dropped[line.thread_id] += int(str(line.details["count"]))
            else:
                self._dropped[line.thread_id] += 1
                self.dropped += 1

    def close(self) -> None:
        """Write nothing more by itself."""
        self._closed = True
        self._some.set()
        self._many.set()

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
        except Exception as error:  # noqa: BLE001  (it is a log: nobody's work hangs on it)
            from threadhost.events.operator_log import GOES_WITHOUT

            GOES_WITHOUT.tell(what="lines of the program log were dropped", fault=error)
            return False
        return True


def _thread_of(noted: Recorded | Line) -> str:
    """Whom it is about; of a job of memory, the stream is no thread's."""
    if isinstance(noted, Line):
        return noted.thread_id
    return thread_of(noted.stream) or str(getattr(noted.event, "thread_id", ""))


def _line(noted: Recorded | Line) -> Line | None:
    """The line about an event; None where there is none, as for what a fork inherited."""
    if isinstance(noted, Line):
        return noted
    event = noted.event
    if not isinstance(event, Event) or is_past(noted):
        return None
    level, name, fields = FORMS[event.kind]
    details = fields(event)
    if details is None:
        return None
    turn_id, at_ms = getattr(event, "turn_id", None), noted.meta.recorded_at_ms
    thread_id, version = thread_of(noted.stream), noted.version
    if thread_id is None:
        thread_id, version = _thread_of(noted), 0
    return Line(thread_id, at_ms, level, name, turn_id, version, details) if thread_id else None


async def _first_of(many: Any, timeout_s: float) -> None:  # noqa: ANN401  (a coroutine)
    try:
        async with asyncio.timeout(timeout_s):
            await many
    except TimeoutError:
        pass
