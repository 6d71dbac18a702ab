"""Row 10: whole hosts in orders that a seed draws, step by step, with a store that refuses."""

import asyncio
from collections import Counter
from hashlib import sha256
from typing import NamedTuple

from tests.scoreboard.row import Budget, Context, Counts, Row
from tests.scoreboard.rows.row_17_delete_under_fire import no_fence, root_first
from tests.scoreboard.seeded_loop import run_seeded
from tests.scoreboard.stepped import Store, World
from tests.scoreboard.truth import FreshViews, pages, parity_fault, sequence_faults, traces
from tests.scoreboard.unrest import Unrest
from tests.support.hosts import ORIGIN
from threadhost.events.base import Recorded
from threadhost.events.thread import ThreadDeleted, ThreadStarted
from threadhost.events.tree import (
    ThreadSpawned,
    TreeDeletionCompleted,
    TreeDeletionHalted,
    TreeDeletionPlanned,
)
from threadhost.events.turn import TurnCompleted, TurnStarted

CLIENTS = 4
REQUESTS = 10
CLOSED_EARLY = 3
"""Every so manieth host is drained while its clients are still at it."""
REPLAYED = 50
"""Every so manieth seed is run twice, and has to come to the same log."""
DRAINED_S = 120.0


class Found(NamedTuple):
    """What came of one schedule."""

    faults: list[str]
    counts: Counter[str]
    digest: str


def run(context: Context) -> Counts:
    """One seed a round."""
    counts: Counter[str] = Counter(schedules=0, events=0)
    fresh = FreshViews()
    for number in context.rounds():
        found = schedule(context, number, fresh)
        counts["schedules"] += 1
        counts.update(found.counts)
        for fault in found.faults:
            invariant, _, what = fault.partition(" ")
            context.violates(invariant, what)
        if number % REPLAYED == 0:
            counts["replayed to the same log"] += 1
            if schedule(context, number, fresh).digest != found.digest:
                context.violates("seed", "the same seed came to another log")
    fresh.close()
    return dict(counts)


def schedule(context: Context, number: int, fresh: FreshViews) -> Found:
    """One host, its clients, and the verdict; the same for the same seed and number."""
    random = context.random_of(number)
    store = Store(random)
    with store.in_place():
        return run_seeded(lambda: _live(context, number, store, fresh), random)


async def _live(context: Context, number: int, store: Store, fresh: FreshViews) -> Found:
    world = World(store.random)
    clients = [Unrest(world, context) for _ in range(CLIENTS)]
    for client in clients:
        client.threads = clients[0].threads
    working = [asyncio.ensure_future(client.work(REQUESTS)) for client in clients]
    if number % CLOSED_EARLY:
        await asyncio.gather(*working)
    else:
        for _ in range(store.random.randrange(800)):
            await asyncio.sleep(0)
    store.refuses = False
    async with asyncio.timeout(DRAINED_S):
        await world.host.life.drain(ORIGIN)
    await asyncio.gather(*working)
    for _ in range(50):
        await asyncio.sleep(0)
    faults = [fault for client in clients for fault in client.faults]
    left = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
    faults += [f"L1 a task is left: {task!r}"[:300] for task in left]
    faults += [f"L1 {thread_id} is live" for thread_id in world.host.live.ids()]
    log = world.logs.durable
    facts = [fact for page in pages(log) for fact in page]
    gone = {f.event.thread_id for f in facts if isinstance(f.event, ThreadDeleted)}
    faults += [f"D1 {fault}" for fault in traces(log, sorted(gone)) if not _of_a_fork(fault, facts)]
    faults += [f"A3 {fault}" for fault in sequence_faults(log)]
    faults += [f"P1 {fault}" for fault in (parity_fault(log, fresh),) if fault]
    faults += [f"D1 {fault}" for client in clients for fault in client.not_deleted(gone, facts)]
    faults += [*_trees(facts), *_turns(facts, gone)]
    await world.close()
    counts = Counter(events=len(facts), deleted=len(gone))
    counts["refused by the store"] = store.refused
    for client in clients:
        counts.update(client.outcomes)
    return Found(faults, counts, _digest(facts))


def _of_a_fork(fault: str, facts: list[Recorded]) -> bool:
    """A fork outlives its source, and says whose fork it is."""
    return any(
        isinstance(fact.event, ThreadStarted)
        and fact.event.forked_from_id is not None
        and fault.startswith(f"threads ('{fact.event.thread_id}'")
        and fault.endswith(f"is left of {fact.event.forked_from_id}")
        for fact in facts
    )


def _trees(facts: list[Recorded]) -> list[str]:
    """T1 and D1: a forest, nothing below a fence, leaf first, nothing after a tombstone."""
    faults: list[str] = []
    parents: dict[str, str] = {}
    fences: dict[str, set[str]] = {}
    ended: set[str] = set()
    for fact in facts:
        event = fact.event
        if fact.stream in ended:
            faults.append(f"D1 {fact.kind} follows the tombstone in {fact.stream}")
        if isinstance(event, ThreadSpawned):
            if event.child_id in parents:
                faults.append(f"T1 {event.child_id} has two parents")
            if event.parent_id in set().union(*fences.values()):
                faults.append(f"T1 {event.child_id} was spawned below a fence")
            parents[event.child_id] = event.parent_id
        elif isinstance(event, TreeDeletionPlanned):
            fences[event.deletion_id] = {target.thread_id for target in event.targets}
        elif isinstance(event, (TreeDeletionCompleted, TreeDeletionHalted)):
            fences.pop(event.deletion_id, None)
        elif isinstance(event, ThreadDeleted):
            ended.add(fact.stream)
            parent = parents.get(event.thread_id)
            if parent is not None and f"thread-{parent}" in ended:
                faults.append(f"D1 {event.thread_id} was deleted after its parent")
    return faults + [f"V1 deletion {deletion} is not over" for deletion in fences]


def _turns(facts: list[Recorded], gone: set[str]) -> list[str]:
    """V1: turns run one at a time, and none runs for ever."""
    faults: list[str] = []
    running: dict[str, str] = {}
    for fact in facts:
        event = fact.event
        if isinstance(event, TurnStarted):
            if fact.stream in running:
                faults.append(f"V1 {event.turn_id} began while {running[fact.stream]} ran")
            running[fact.stream] = event.turn_id
        elif isinstance(event, TurnCompleted) and running.pop(fact.stream, "") != event.turn_id:
            faults.append(f"V1 {event.turn_id} ended, but did not run")
    alive = {s: t for s, t in running.items() if s.removeprefix("thread-") not in gone}
    return faults + [f"V1 {turn} of {stream} is left running" for stream, turn in alive.items()]


def _digest(facts: list[Recorded]) -> str:
    # The host's own stream is named by an id that no seed decides.
    own = {f.stream: "host" for f in facts if f.stream.startswith("host-")}
    lines = (f"{own.get(f.stream, f.stream)} {f.version} {f.kind}\n" for f in facts)
    return sha256("".join(lines).encode()).hexdigest()


ROW = Row(
    number=10,
    title="seeded schedules: tasks stepped one at a time in any order, a store that refuses",
    invariants=("T1", "D1", "L1", "V1", "P1", "A3"),
    quick=Budget(2_000, seconds_max=600),
    long=Budget(1_000_000, seconds_max=4 * 3600),
    fast=Budget(4, seconds_max=0.7),
    hunt=Budget(60, seconds_max=60),
    run=run,
    mutants={"no fence during a deletion": no_fence, "root first": root_first},
)
