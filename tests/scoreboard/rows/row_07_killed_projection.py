"""Row 7: a process that appends and rebuilds views is killed again and again; views stay true."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from tests.scoreboard.forks import Fork, Tell
from tests.scoreboard.row import Budget, Context, Counts, Row
from tests.scoreboard.truth import FreshViews, difference, holes_of, pages, parity_fault, stored
from threadhost.events.base import Event, Meta, Recorded
from threadhost.events.failpoints import arm, disarm
from threadhost.events.ids import TimeOrderedIds, thread_stream
from threadhost.events.store.committer import Committer, StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite.tx import SqliteTx
from threadhost.events.thread import (
    ThreadConfigured,
    ThreadDeleted,
    ThreadRenamed,
    ThreadSettings,
    ThreadStarted,
)
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections import all_views, rebuild
from threadhost.projections.base import Views

KILLS_A_HOME = 20
LIFE_S_MAX = 0.06
WRITERS = 3
REBUILD_EVERY = 4
READY_S = 30.0
META = Meta("test", "test", "test", 1)
SETTINGS = ThreadSettings(cwd="/work", model="m", model_provider="p")


def run(context: Context) -> Counts:
    """Each round is one life of a writer, begun by looking at what the last one left."""
    home = Path()
    acknowledged = [0]
    totals = {"kills": 0, "in a rebuild": 0, "acknowledged": 0}
    for number in context.rounds():
        if number % KILLS_A_HOME == 0 or not home.name:
            home, acknowledged = context.new_folder(lasting=True), [0]
        random = context.random_of(number)
        with Fork(_life(home, random)) as life:
            checked = life.until("checked", READY_S)
            if checked is None:
                context.violates("V1", f"no start after a kill: {life.heard[-1:]}")
                continue
            for fault in checked["checked"]:
                context.violates("P1", fault)
            if checked["position"] < acknowledged[-1]:
                context.violates("A1", f"{acknowledged[-1]} was acknowledged, {checked} is there")
            time.sleep(random.random() * LIFE_S_MAX)
            life.kill()
            heard = list(life.rest(1))
        totals["kills"] += 1
        totals["in a rebuild"] += bool(heard) and "rebuilding" in heard[-1]
        acks = [report["ack"] for report in heard if "ack" in report]
        totals["acknowledged"] += len(acks)
        acknowledged += [max(acks, default=0)] if acks else []
        for fault in holes_of(home):
            context.violates("A3", fault)
    return dict(totals)


def _life(home: Path, random: Random) -> Callable[[Tell, int], None]:
    return lambda tell, _told: asyncio.run(_look_and_write(home, random, tell))


async def _look_and_write(home: Path, random: Random, tell: Tell) -> None:
    log = Log.open(home, all_views())
    tell(checked=await _faults(log), position=log.position)
    turns = count(1)
    writers = [_write(log, Random(random.random()), tell, turns) for _ in range(WRITERS)]
    await asyncio.gather(*writers)


async def _faults(log: Log) -> list[str]:
    """P1 and P2: the views are a fold of the log, row for row and by plain counting; so again."""
    fresh = FreshViews()
    before = stored(log)
    found = [parity_fault(log, fresh), *_miscounted(log, before)]
    await rebuild.rebuild(log, all_views())
    found.append(difference(before, stored(log)) and "a rebuild gives other views")
    fresh.close()
    return [fault for fault in found if fault]


def _miscounted(log: Log, rows: Sequence[str]) -> list[str]:
    alive: dict[str, dict[str, int]] = {}
    for page in pages(log):
        for fact in page:
            if isinstance(fact.event, ThreadDeleted):
                alive.pop(fact.stream, None)
                continue
            tables = alive.setdefault(fact.stream, {"threads": 0, "turns": 0, "items": 0})
            for type_, table in TABLES.items():
                tables[table] += isinstance(fact.event, type_)
    found = []
    for table in TABLES.values():
        wanted = sum(tables[table] for tables in alive.values())
        there = sum(row.startswith(f"{table} (") for row in rows)
        if there != wanted:
            found.append(f"P2: {table} has {there} rows for {wanted} events")
    return found


TABLES: dict[type[Event], str] = {
    ThreadStarted: "threads",
    TurnStarted: "turns",
    ItemRecorded: "items",
}


async def _write(log: Log, random: Random, tell: Tell, numbers: "count[int]") -> None:
    ids: list[str] = []
    for number in numbers:
        if number % REBUILD_EVERY == 0:
            tell(rebuilding=True)
            await rebuild.rebuild(log, all_views())
            tell(rebuilt=True)
        thread_id = random.choice(ids) if ids and random.random() < 0.7 else ""
        events = _more_of(thread_id, random) if thread_id else _thread(ids)
        if thread_id and isinstance(events[-1], ThreadDeleted):
            ids.remove(thread_id)
        stream = thread_stream(thread_id or ids[-1])
        appended = await log.append(StreamAppend(stream, events), meta=META)
        tell(ack=appended.recorded[-1].position)


def _thread(ids: list[str]) -> list[Event]:
    ids.append(TimeOrderedIds().new())
    started = ThreadStarted(thread_id=ids[-1], session_id=ids[-1], source="vscode")
    return [started, ThreadConfigured(settings=SETTINGS)]


def _more_of(thread_id: str, random: Random) -> list[Event]:
    kind = random.choice(("turn", "turn", "turn", "name", "delete"))
    if kind == "name":
        return [ThreadRenamed(name=f"name {random.random()}")]
    if kind == "delete":
        return [ThreadDeleted(thread_id=thread_id, deletion_id="d", root_id=thread_id)]
    turn_id = TimeOrderedIds().new()
    item_id = f"i-{turn_id}"
    content = [{"type": "text", "text": "x" * random.randrange(500)}]
    item = {"type": "userMessage", "id": item_id, "content": content}
    return [
        TurnStarted(turn_id=turn_id, started_at_ms=1),
        ItemRecorded(turn_id=turn_id, item_id=item_id, type="userMessage", item=item),
        TurnCompleted(turn_id=turn_id, outcome="completed", started_at_ms=1, completed_at_ms=2),
    ]


@contextmanager
def views_after_the_commit() -> Iterator[None]:
    """The events are committed first, the views in a transaction that follows."""
    apply = Views.apply
    waiting: list[tuple[Views, SqliteTx, Sequence[Recorded]]] = []
    inline = [False]

    def later(self: Views, on: SqliteTx, recorded: Sequence[Recorded]) -> Mapping[str, int]:
        if not inline[0]:
            return apply(self, on, recorded)
        waiting.append((self, on, recorded))
        return {}

    def inlined(carry_out: Callable[..., Any]) -> Callable[..., Any]:
        def carried_out(self: Committer, *given: Any) -> Any:
            inline[0] = True
            try:
                return carry_out(self, *given)
            finally:
                inline[0] = False

        return carried_out

    def committed() -> None:
        time.sleep(0.001)
        while waiting:
            views, on, recorded = waiting.pop(0)
            on.connection.execute("BEGIN IMMEDIATE")
            apply(views, on, recorded)
            on.connection.execute("COMMIT")

    with ExitStack() as stack:
        stack.enter_context(patch.object(Views, "apply", later))
        for name in ("carry_out", "carry_out_batch"):
            inline_one = inlined(getattr(Committer, name))
            stack.enter_context(patch.object(Committer, name, inline_one))
        stack.callback(disarm)
        arm("store.committed", committed)
        yield


def rebuild_in_pieces() -> AbstractContextManager[object]:
    """A rebuild empties the views and fills them in transactions of their own."""

    async def piecewise(log: Log, views: Views) -> int:
        await log.transact(views.clear)
        done = 0
        for page in pages(log):
            await log.transact(partial(views.apply, recorded=page))
            done += len(page)
        return done

    return patch.object(rebuild, "rebuild", piecewise)


ROW = Row(
    number=7,
    title="views killed at random, in appends and in rebuilds",
    invariants=("P1", "P2", "A1", "A3"),
    quick=Budget(300, seconds_max=600),
    long=Budget(20_000, seconds_max=3600),
    fast=Budget(2, seconds_max=1),
    hunt=Budget(100, seconds_max=60),
    run=run,
    mutants={
        "views applied after the commit": views_after_the_commit,
        "rebuild in several transactions": rebuild_in_pieces,
    },
)
