"""The host's record of itself: events that must be durable, and rate-limited notes."""

import asyncio
from collections import Counter

from threadhost.actors.origin import Origin, policy
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.tasks import begin_beside
from threadhost.events.base import Event
from threadhost.events.causes import by_start, by_timer
from threadhost.events.host import HostStarted, KeysRotated, NotesLeftOut
from threadhost.events.ids import TimeOrderedIds, host_stream
from threadhost.events.operator_log import NOT_RECORDED
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import StoreError
from threadhost.events.store.log import Log

BURST_MAX = 100
"""How many notes of one type are recorded at once."""
A_MINUTE = 60
"""How many more notes of one type are recorded a minute, a third of a kilobyte each."""
GATHERED_S = 0.05
"""How long notes wait for others, so that they share a commit and delay no first request."""
TOLD_AFTER_S = 60
"""How long after the first omitted note the log records how many were omitted."""
By = Origin | str
"""The origin of a request; or, for work of the host itself, its cause."""


class TokenBucket:
    """A rate limit: a burst, and then a number a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left = float(BURST_MAX)
        self._at_s = clock.monotonic()

    def take(self) -> bool:
        """Take one, if one is available; returns whether it was."""
        now_s = self._clock.monotonic()
        earned = (now_s - self._at_s) * A_MINUTE / 60
        self._left = min(float(BURST_MAX), self._left + earned)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class HostRecord:
    """Appends to the host's own stream."""

    def __init__(self, log: Log, clock: Clock, ids: TimeOrderedIds) -> None:
        self._log = log
        self._clock = clock
        self._ids = ids
        self._buckets: dict[str, TokenBucket] = {}
        self._left_out: Counter[str] = Counter()
        self._telling: asyncio.TimerHandle | None = None
        self._telling_due_ms = 0
        self._gathered: list[tuple[Event, By]] = []
        self._gathering: asyncio.TimerHandle | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self.start = ""
        """The causation of the work that this start leads to, once the start is recorded."""
        self.epoch = 0
        """The number of this start, greater than that of every earlier one.

        It is the start's version in the stream, plus the log's epoch.
        """

    async def record_start(self, event: HostStarted) -> str:
        """Record this process's start; returns the cause of its work. Raises as `record` does."""
        stream = host_stream(self._log.log_id)
        head = await self._log.stream_head(stream)
        before = head.version if head else 0
        self.epoch, self.start = self._log.epoch + before + 1, by_start(stream, before + 1)
        append = StreamAppend(stream, [event.model_copy(update={"epoch": self.epoch})], before)
        origin = policy("host", self._ids.new(), self.start)
        await self._log.append(append, meta=origin.at(self._clock.now_ms()))
        return self.start

    async def record_rotation(self) -> None:
        """Record a rotation of the host key since the last start. Raises as `record` does."""
        rotated = self._log.unrecorded_rotation
        if rotated is not None:
            await self.record(KeysRotated(**rotated._asdict()), self.start)
            await self._log.note_rotation_recorded()

    async def record(self, event: Event, by: By) -> None:
        """Record an event of the host itself; durable on return. Raises StoreError."""
        origin = policy("host", self._ids.new(), by) if isinstance(by, str) else by
        append = StreamAppend(host_stream(self._log.log_id), [event])
        await self._log.append(append, meta=origin.at(self._clock.now_ms()))

    def note(self, event: Event, by: By, *, is_due: bool = False) -> bool:
        """Record an event without waiting for it, unless there were too many of its type.

        The number of omitted events is recorded in their place. An event that `is_due` is never
        omitted. Returns whether the event will be recorded.
        """
        if self._is_closed:
            return False
        if is_due:
            self._gather(event, by)
            return True
        bucket = self._buckets.get(event.kind)
        if bucket is None:
            bucket = self._buckets[event.kind] = TokenBucket(self._clock)
        if not bucket.take():
            self._leave_out(event.kind)
            return False
        self._gather(event, by)
        return True

    async def close(self) -> None:
        """Record the waiting notes and the number of omitted ones; later notes are refused."""
        self._is_closed = True
        for timer in (self._telling, self._gathering):
            if timer is not None:
                timer.cancel()
        self._tell()
        self._record_gathered()
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def _gather(self, event: Event, by: By) -> None:
        self._gathered.append((event, by))
        if self._gathering is None:
            loop = asyncio.get_running_loop()
            self._gathering = loop.call_later(GATHERED_S, self._record_gathered)

    def _record_gathered(self) -> None:
        self._gathering = None
        gathered, self._gathered = self._gathered, []
        for event, by in gathered:
            begin_beside(self._record_anyway(event, by), self._under_way)

    async def _record_anyway(self, event: Event, by: By) -> None:
        try:
            await self.record(event, by)
        except StoreError as error:
            NOT_RECORDED.emit(what=event.kind, fault=error)

    def _leave_out(self, kind: str) -> None:
        self._left_out[kind] += 1
        if self._telling is None:
            loop = asyncio.get_running_loop()
            self._telling = loop.call_later(TOLD_AFTER_S, self._tell)
            self._telling_due_ms = self._clock.now_ms() + TOLD_AFTER_S * 1000

    def _tell(self) -> None:
        self._telling = None
        if self._left_out:
            left_out, self._left_out = dict(self._left_out), Counter()
            self._gather(NotesLeftOut(counts=left_out), by_timer("notes", self._telling_due_ms))
