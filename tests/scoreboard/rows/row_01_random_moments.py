"""Row 1: writers that share commits are killed at random moments; what they told is there."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from tests.crash.reader import Event as Row_
from tests.crash.reader import Home
from tests.crash.verifier import chain_faults, version_faults
from tests.scoreboard.forks import Fork, Report, Tell
from tests.scoreboard.row import Budget, Context, Counts, Row
from tests.scoreboard.truth import FreshViews, parity_fault
from threadhost.events.base import Event, Meta
from threadhost.events.failpoints import arm, disarm
from threadhost.events.ids import TimeOrderedIds, thread_stream
from threadhost.events.store import writer
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.store.port import Tx
from threadhost.events.store.writer import Writer
from threadhost.events.thread import (
    ThreadConfigured,
    ThreadRenamed,
    ThreadSettings,
    ThreadStarted,
)
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections import all_views

KILLS_A_HOME = 5
WRITERS = 6
READY_S = 30.0
ACKNOWLEDGED_MAX = 34
"""Appends that a life is allowed, so that a slow machine tries as much as a fast one."""
MOMENT_S_MAX = 0.004
STARTS_KILLED = 0.15
"""The share of lives that are ended in the middle of the start."""
START_S_MAX = 0.02
SIZES = (0, 20, 200, 2_000, 2_000, 70_000)
"""Characters of texts; the longest goes into a file of its own."""
COMMIT_DELAY_S = 0.003
META = Meta("test", "0/0", "test", 1)
COUNTED = ("kills", "acknowledged events", "unknown", "lost", "half")
Told = dict[int, Report]


def run(context: Context) -> Counts:
    """Each round is one home, and a number of lives and deaths on it."""
    asyncio.run(_warm_up())
    totals: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
    for number in context.rounds():
        home, random = context.new_folder(), context.random_of(number)
        numbers, told = count(), Counter[str]()
        acknowledged: Told = {}
        for _ in range(KILLS_A_HOME):
            reports = _life(context, home, next(numbers), random)
            acknowledged |= {r["ack"]: r for r in reports if "ack" in r}
            totals["kills"] += 1
            told = _judge(context, home, acknowledged)
        _life(context, home, next(numbers), random, writes=False)
        told = _judge(context, home, acknowledged) or told
        totals["acknowledged events"] += sum(len(report["at"]) for report in acknowledged.values())
        totals.update(told)
    return dict(totals)


# -- a life --


def _life(
    context: Context, home: Path, life: int, random: Random, *, writes: bool = True
) -> list[Report]:
    """What a process told before it was killed."""
    seed, in_start = random.random(), writes and random.random() < STARTS_KILLED
    moment = random.random()

    def work(tell: Tell, _told: int) -> None:
        asyncio.run(_look_and_write(home, life, Random(seed), tell, writes=writes))

    with Fork(work) as fork:
        if in_start:
            time.sleep(moment * START_S_MAX)
        else:
            checked = fork.until("checked", READY_S)
            if checked is None:
                context.violates("V1", f"no start after a kill: {fork.heard[-1:]}")
            elif checked["checked"]:
                context.violates("P1", checked["checked"])
            for _ in range(int(moment * ACKNOWLEDGED_MAX) if writes else 0):
                fork.until("ack", READY_S)
            time.sleep(seed * MOMENT_S_MAX)
        fork.kill()
        list(fork.rest(1))
        context.note(op="life", reports=fork.heard)
        failed = [report["failed"] for report in fork.heard if "failed" in report]
        for what in failed:
            context.violates("V1", f"a writer failed: {what}")
        return fork.heard


async def _warm_up() -> None:
    """Once in this process what each of its children would have to do first."""
    log, random, threads = Log.in_memory(all_views()), Random(1), list[str]()
    for _ in range(20):
        await log.append(_some_events(0, threads, random), meta=META)
    await log.close()


async def _look_and_write(
    home: Path, life: int, random: Random, tell: Tell, *, writes: bool
) -> None:
    log = Log.open(home, all_views())
    fresh = FreshViews()
    tell(checked=parity_fault(log, fresh))
    fresh.close()
    if writes:
        numbers = count(life * 1_000_000)
        each = [_write(log, Random(random.random()), tell, numbers) for _ in range(WRITERS)]
        await asyncio.gather(*each)
    await log.close()


async def _write(log: Log, random: Random, tell: Tell, numbers: Iterator[int]) -> None:
    threads: list[str] = []
    for number in numbers:
        appends = [_some_events(number, threads, random)]
        if random.random() < 0.3:
            other: list[str] = []
            appends.append(_some_events(number, other, random))
            threads += other
        total = sum(len(append.events) for append in appends)
        meta = META._replace(correlation_id=f"{number}/{total}")
        appended = await log.append(*appends, meta=meta)
        tell(ack=number, at=[[r.position, r.stream, r.version] for r in appended.recorded])


def _some_events(number: int, threads: list[str], random: Random) -> StreamAppend:
    """A new thread, a new name or a turn."""
    if not threads or random.random() < 0.1:
        threads.append(TimeOrderedIds().new())
        started = ThreadStarted(thread_id=threads[-1], session_id=threads[-1], source="cli")
        settings = ThreadSettings(cwd=_text(number, random), model="m", model_provider="p")
        configured = ThreadConfigured(settings=settings)
        return StreamAppend(thread_stream(threads[-1]), [started, configured])
    events: list[Event] = [ThreadRenamed(name=_text(number, random))]
    if random.random() < 0.7:
        turn_id = TimeOrderedIds().new()
        items = [_item(number, turn_id, n, random) for n in range(random.randrange(1, 6))]
        began = TurnStarted(turn_id=turn_id, started_at_ms=1)
        events = [began, *items, _end_of(turn_id)]
    return StreamAppend(thread_stream(random.choice(threads)), events)


def _item(number: int, turn_id: str, nth: int, random: Random) -> ItemRecorded:
    content = [{"type": "text", "text": _text(number, random)}]
    item_id = f"{turn_id}-{nth}"
    item = {"type": "userMessage", "id": item_id, "content": content}
    return ItemRecorded(turn_id=turn_id, item_id=item_id, type="userMessage", item=item)


def _end_of(turn_id: str) -> TurnCompleted:
    return TurnCompleted(turn_id=turn_id, outcome="completed", started_at_ms=1, completed_at_ms=2)


def _text(number: int, random: Random) -> str:
    """A text that says which append it is of and how long it is."""
    size = random.choice(SIZES)
    return f"{number} {size} " + "x" * size


# -- the verdict, by a second reader --


def _judge(context: Context, path: Path, acknowledged: Told) -> Counter[str]:
    """Compare the files with what was acknowledged; how much was not, and is there or lost."""
    if not acknowledged:  # before that, files may be half made
        return Counter()
    home = Home(path)
    try:
        for fault in (*chain_faults(home), *version_faults(home)):
            context.violates("A3", fault)
        lost = list(_lost(home, acknowledged))
        half, unknown = _half(home, acknowledged)
    finally:
        home.close()
    for invariant, faults in (("A1", lost), ("A2", half)):
        for fault in faults:
            context.violates(invariant, fault)
    return Counter(lost=len(lost), half=len(half), unknown=unknown)


def _lost(home: Home, acknowledged: Told) -> Iterator[str]:
    for number, report in acknowledged.items():
        for position, stream, version in report["at"]:
            found = home.events[position - 1] if position <= len(home.events) else None
            if found is None or (found.position, found.stream, found.version) != (
                *(position, stream, version),
            ):
                yield f"append {number}: event {position} was acknowledged and is lost"
            elif not _is_whole(found, number):
                yield f"append {number}: event {position} is not as it was written"


def _is_whole(event: Row_, number: int) -> bool:
    if int(event.correlation.partition("/")[0]) != number or event.body is None:
        return False
    text = _text_in(event.body)
    if text is None:
        return True
    said, size, rest = text.split(" ", 2)
    return int(said) == number and rest == "x" * int(size)


def _text_in(body: dict[str, Any]) -> str | None:
    for found in (
        body.get("name"),
        body.get("settings", {}).get("cwd"),
        *(part["text"] for part in body.get("item", {}).get("content", ())),
    ):
        if found is not None:
            return str(found)
    return None


def _half(home: Home, acknowledged: Told) -> tuple[Sequence[str], int]:
    """Appends that are there in part, and how many events nobody was told of."""
    there = Counter(event.correlation for event in home.events)
    half = [
        f"append {name}: {times} of its events are there"
        for name, times in there.items()
        if times != int(name.partition("/")[2])
    ]
    of_known = sum(len(report["at"]) for report in acknowledged.values())
    return half, max(0, len(home.events) - of_known)


# -- deliberate faults --


@contextmanager
def reply_before_append() -> Iterator[None]:
    """Whoever appends goes on once the rows are made, a moment before they are committed."""
    carried_out = Writer._carried_out

    def early(self: Writer, on: Tx, entries: Sequence[Any]) -> Any:
        outcomes = carried_out(self, on, entries)
        with suppress(RuntimeError):
            for entry, outcome in zip(entries, outcomes, strict=True):
                self._loop.call_soon_threadsafe(writer._settle, entry.future, outcome)
        return outcomes

    arm("store.before_commit", lambda: time.sleep(COMMIT_DELAY_S))
    try:
        with patch.object(Writer, "_carried_out", early):
            yield
    finally:
        disarm()


def streams_in_transactions_of_their_own() -> AbstractContextManager[object]:
    """An append to two streams is two appends."""
    append: Callable[..., Any] = Log.append

    async def one_by_one(self: Log, *appends: StreamAppend, meta: Meta) -> Any:
        answers = [await append(self, some, meta=meta) for some in appends]
        return answers[-1]

    return patch.object(Log, "append", one_by_one)


ROW = Row(
    number=1,
    title="writers that share commits, killed at random moments",
    invariants=("A1", "A2", "A3", "P1", "X1"),
    quick=Budget(160, seconds_max=900),
    long=Budget(14_000, seconds_max=3600),
    fast=Budget(1, seconds_max=1),
    hunt=Budget(20, seconds_max=60),
    run=run,
    mutants={
        "reply before append": reply_before_append,
        "an append to two streams in two transactions": streams_in_transactions_of_their_own,
    },
)
