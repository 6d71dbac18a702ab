"""Copying a long thread for a fork, in slices, so that other appends get their turns in between."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from threadhost.actors.errors import ThreadBeingDeleted
from threadhost.actors.fork import CopyPlan, ForkThread
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.tasks import begin
from threadhost.actors.thread import decide
from threadhost.events.base import KINDS, Damaged, Event, Recorded
from threadhost.events.causes import by_event
from threadhost.events.copy_fold import READ, CopyFold
from threadhost.events.failpoints import reach
from threadhost.events.fold import Thread, fold_thread
from threadhost.events.fork import ForkSelector, taken_back
from threadhost.events.ids import thread_stream
from threadhost.events.quiet_turns import COMPLETED, QuietTurns
from threadhost.events.revert import ThreadReverted
from threadhost.events.store.codec import decode, encode, unpacked
from threadhost.events.store.committer import AppendRequest, StreamAppend
from threadhost.events.store.copies import Lifted, Place
from threadhost.events.store.errors import CorruptEvent
from threadhost.events.turn import TurnStarted, UsageRecorded

SLICE_BYTES = 2**20
SLICE_EVENTS = 1_500
"""The limits of a slice: no other append waits longer than the writing of so much takes."""
BESIDE_EVENTS_MIN = 250
"""The first size of a slice; slices grow only while nobody else appends between them."""

T = TypeVar("T")


class Copying:
    """The copy of a thread into a fork that nobody sees until it is complete.

    `require` is called before each slice; an error of it stops the copy.
    """

    def __init__(
        self,
        logs: Logs,
        clock: Clock,
        command: ForkThread,
        plan: CopyPlan,
        origin: Origin,
        require: Callable[[], None],
    ) -> None:
        self._require = require
        self._logs = logs
        self._clock = clock
        self._command = command
        self._plan = plan
        self._origin = origin
        self._source = logs.of(command.source_id)
        self._target = logs.ephemeral if command.ephemeral else logs.durable
        self._source_stream = thread_stream(command.source_id)
        self._cause = by_event(self._source_stream, 0).removesuffix("0")
        self._selector = ForkSelector(plan.last_turn_id, plan.before_turn_id)
        self._quiet_turns = QuietTurns(_counts)
        self._reverted: Sequence[range] = ()
        self._after = 0
        self._slice_events = self._fitting_events = BESIDE_EVENTS_MIN
        self._is_alone = True
        self._newest_position = 0
        self.has_begun = False
        """Whether this copy wrote to the stream; else it may be that of another thread."""

    async def run(self) -> Thread:
        """Copy all of it; returns the state of the fork. Raises Refusal or StoreError.

        If it fails after `has_begun`, the caller removes the partial copy.
        """
        await self._require_source()
        begun = await self._begin()
        self._reverted = await self._apart(self._reverted_ranges)
        self._fold = CopyFold(begun, self._target.shown_kinds)
        head = await self._target.stream_head(self._target_stream)
        self._place = Place(self._target_stream, begun.version, head.key_id if head else None)
        await self._copy()
        return self._fold.state(self._place.version, _read)

    @property
    def _target_stream(self) -> str:
        return thread_stream(self._command.thread_id)

    async def _begin(self) -> Thread:
        events = decide(self._command, Thread())
        begun = StreamAppend(self._target_stream, events, 0)
        meta = self._origin.at(self._clock.now_ms())
        appended = await self._target.append(begun, meta=meta, asker=self._origin.asker)
        self.has_begun = True
        self._newest_position = appended.recorded[-1].position
        reach("fork.begun")
        return fold_thread(appended.recorded)

    async def _reverted_ranges(self) -> Sequence[range]:
        """The versions of the source that were taken back; reads the whole stream for them."""
        if not await self._source.read_stream(self._source_stream, types=(ThreadReverted,)):
            return ()
        facts = await self._source.read_stream(
            self._source_stream, types=(TurnStarted, ThreadReverted)
        )
        return taken_back(fact for fact in facts if fact.version <= self._plan.until)

    async def _copy(self) -> None:
        """Copy slice by slice; while one slice is written, the next is read and sealed."""
        sealed: AppendRequest | None = None
        while not self._is_over:
            writing = begin(self._append(sealed))
            if not self._is_alone:  # others' appends need the interpreter: do one at a time
                await writing
            try:
                sealed = await self._apart(self._next)
            finally:
                await asyncio.gather(writing, return_exceptions=True)
            writing.result()
        await self._append(sealed)

    async def _append(self, request: AppendRequest | None) -> None:
        if request is None:
            return
        self._pace((await self._target.append_copies(request)).recorded[-1])
        reach("fork.slice_copied")

    def _pace(self, newest: Recorded) -> None:
        """Halve the next slices if somebody else appended since the last one; else double them."""
        self._is_alone = newest.decision == self._newest_position + 1
        size = 2 * self._slice_events if self._is_alone else self._slice_events // 2
        self._slice_events = max(BESIDE_EVENTS_MIN, min(size, SLICE_EVENTS))
        self._newest_position = newest.position

    async def _require_source(self) -> None:
        """Raise ThreadBeingDeleted or ThreadNotFound if the source takes no more events.

        A deletion fences the source and then waits for this copy, which waits for nothing else.
        """
        source_id = self._command.source_id
        await self._logs.require_open(source_id)
        if self._logs.are_fenced_in_memory(source_id):
            raise ThreadBeingDeleted(source_id)

    async def _apart(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if self._source.is_durable:
            return await self._source.reads.apart(work)
        await asyncio.sleep(0)
        return await work()

    @property
    def _is_over(self) -> bool:
        return self._after >= self._plan.until or self._selector.is_over

    async def _next(self) -> AppendRequest | None:
        """Read the next slice; the append of what the fork takes over, None if that is nothing."""
        self._require()
        await self._require_source()
        events_max, until = min(self._slice_events, 2 * self._fitting_events), self._plan.until
        rows = await self._source.bodies_of_stream(
            self._source_stream, self._after, until, events_max
        )
        lifted = self._source.lift(rows, self._fold.readers, SLICE_BYTES)
        self._fitting_events = len(lifted)
        lifted = lifted[: _end_of_turn(lifted)]
        self._after = lifted[-1].version if lifted else until
        chosen = self._quiet_turns.copies_to_keep(self._chosen(lifted))
        if not chosen:
            return None
        place = self._place
        for version, copy in enumerate(chosen, place.version + 1):
            self._fold.take(version, copy)
        self._place = place._replace(version=place.version + len(chosen))
        return self._target.copies(
            place, chosen, self._cause, self._origin.at(self._clock.now_ms())
        )

    def _chosen(self, lifted: Sequence[Lifted | Recorded]) -> list[Lifted]:
        """The copies that the fork takes over of these; unreadable events are noted as damages."""
        chosen: list[Lifted] = []
        for copy in lifted:
            if self._reverted and any(copy.version in versions for versions in self._reverted):
                continue
            if isinstance(copy, Recorded):
                self._plan.damages.note(copy)
            elif copy.kind in READ and isinstance(copy.event, Event):
                events = self._selector.of(copy.event)
                chosen += (copy if e is copy.event else _written(e, copy.version) for e in events)
                if self._selector.is_over:
                    break
            elif KINDS[copy.kind].inherited:
                chosen.append(copy)
        return chosen


def _end_of_turn(lifted: Sequence[Lifted | Recorded]) -> int:
    """The end of the last complete turn among these, so that slices split no turn; else all."""
    ends = (at for at in range(len(lifted), 0, -1) if lifted[at - 1].kind == COMPLETED)
    return next(ends, len(lifted))


def _written(event: Event, version: int) -> Lifted:
    return Lifted(version, event.kind, encode([event])[0], event)


def _counts(copy: Lifted) -> bool:
    usage = _read(copy)
    return isinstance(usage, UsageRecorded) and usage.last.total > 0


def _read(copy: Lifted) -> Event | Damaged:
    try:
        return decode(0, copy.kind, unpacked(0, copy.body))
    except CorruptEvent as damage:
        return Damaged(copy.kind, damage.reason)
