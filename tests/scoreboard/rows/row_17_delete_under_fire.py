"""Row 17: trees are deleted while clients work on them, and while the host is killed."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast
from unittest.mock import patch

from tests.scoreboard.fire import Race
from tests.scoreboard.host import hosting, talk
from tests.scoreboard.killed import kill_at_every_step
from tests.scoreboard.row import Budget, Context, Counts, Row
from tests.scoreboard.truth import FreshViews, kept, pages, parity_fault, sequence_faults
from threadhost.actors.runtime.participants import Keys, ProgramLines
from threadhost.adapters import program_log
from threadhost.adapters.app import App
from threadhost.events import tree
from threadhost.events.store.log import Log
from threadhost.events.store.port import Tx
from threadhost.events.store.rows import StreamHead
from threadhost.events.thread import ThreadDeleted
from threadhost.events.tree import (
    DeletionReceipt,
    Tree,
    TreeDeletionCompleted,
    TreeDeletionPlanned,
)
from threadhost.projections import queue
from threadhost.projections.program_log import Line, keep

RACES_A_HOST = 25
CLIENTS = 2


def run(context: Context) -> Counts:
    """Races first, in hosts that see some of them each; then a kill at every step."""
    counts: Counter[str] = Counter()
    numbers = context.rounds()
    while (first := next(numbers, None)) is not None:
        asyncio.run(_races(context, first, numbers, counts))
    if context.only_round is not None:
        return dict(counts)
    return dict(counts) | kill_at_every_step(context, store_too=context.budget.n > RACES_A_HOST)


async def _races(
    context: Context, first: int, numbers: Iterator[int], counts: Counter[str]
) -> None:
    home = context.new_folder(lasting=True)
    tasks = asyncio.all_tasks()
    async with hosting(home / "home", drain_timeout_ms=2_000, goal_wait_ms=1) as app:
        number: int | None = first
        while number is not None:
            await _race(context, app, number, counts)
            last = number % RACES_A_HOST == RACES_A_HOST - 1
            number = None if last else next(numbers, None)
        await app.program_log.flush()
        _judge_host(context, app)
    if left := asyncio.all_tasks() - tasks:
        context.violates("L1", f"tasks are left: {left}")
    context.release(home)


async def _race(context: Context, app: App, number: int, counts: Counter[str]) -> None:
    watcher = await talk(app, "watcher")
    clients = [await talk(app, f"client-{n}", deaf=True) for n in range(CLIENTS)]
    await watcher.follow_all()
    race = Race(context, context.random_of(number), clients)
    root = await race.plant()
    await race.run(root)
    await race.judge(watcher)
    counts["races"] += 1
    counts["threads"] += len(race.parents)
    counts["deleted"] += len(race.gone)
    counts["forks"] += len(race.forks)
    for outcome, times in race.outcomes.items():
        counts[outcome] += times
    if root not in race.gone:
        await clients[0].ask("thread/delete", threadId=root)
    for client in (watcher, *clients):
        await client.close()


def _judge_host(context: Context, app: App) -> None:
    fresh = FreshViews()
    for log in (app.logs.durable, app.logs.ephemeral):
        if fault := parity_fault(log, fresh):
            context.violates("P1", fault)
    for fault in sequence_faults(app.logs.durable):
        context.violates("A3", fault)
    if live := app.host.live.ids():
        context.violates("L1", f"threads outlive their trees: {live}")
    fresh.close()
    if lines := kept(app.logs.durable):
        context.violates("D1", f"{len(lines)} lines are left of threads that are gone: {lines[0]}")
    for fault in receipt_faults(app.logs.durable):
        context.violates("D1", fault)


def receipt_faults(log: Log) -> Iterator[str]:
    """What is wrong about how deletions ended: each with one receipt, for what really went."""
    ends: dict[str, list[DeletionReceipt]] = {}
    buried: Counter[str] = Counter()
    for page in pages(log):
        for event in (fact.event for fact in page):
            if isinstance(event, TreeDeletionPlanned):
                ends[event.deletion_id] = []
            elif isinstance(event, TreeDeletionCompleted):
                ends[event.deletion_id].append(event.receipt)
            elif isinstance(event, ThreadDeleted):
                buried[event.deletion_id] += 1
    for deletion_id, receipts in ends.items():
        said = [receipt.threads for receipt in receipts]
        if said != [buried[deletion_id]]:
            yield f"{buried[deletion_id]} threads went in {deletion_id}, receipts say {said}"


@contextmanager
def no_fence() -> Iterator[None]:
    """A deletion is planned, but its threads are not fenced."""

    def planned(fact: TreeDeletionPlanned, state: Tree) -> Tree:
        return state._replace(deletions=state.deletions.insert(fact.deletion_id, fact))

    honest = tree.evolve.registry[TreeDeletionPlanned]
    tree.evolve.register(TreeDeletionPlanned, planned)
    try:
        with patch.object(TreeDeletionPlanned, "moves_fences", new=False):
            yield
    finally:
        tree.evolve.register(TreeDeletionPlanned, honest)


def root_first() -> AbstractContextManager[object]:
    """Threads are removed breadth first."""
    return patch("threadhost.actors.runtime.deletion.leaf_first", new=list)


class Careless:
    """A transaction in which every stream is open."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def heads(self, streams: Sequence[str]) -> Mapping[str, StreamHead]:
        """All of them, whatever became of them."""
        return {stream: StreamHead(1) for stream in streams}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


@contextmanager
def late_lines() -> Iterator[None]:
    """The program log is not flushed by deletions, nor looks whether a thread is deleted."""

    def careless(tx: Tx, lines: Iterable[Line]) -> int:
        return keep(cast("Tx", Careless(tx)), lines)

    unflushed = patch.object(ProgramLines, "before", Keys.before)
    with patch.object(program_log, "keep", careless), unflushed:
        yield


def rows_stay() -> AbstractContextManager[object]:
    """A view does not say that its rows go with threads."""
    forgetful = (queue.QUEUE._replace(goes_with=()),)
    return patch.object(queue.projection, "tables", forgetful)


ROW = Row(
    number=17,
    title="delete under fire: 30 requests against a tree of 50; then a kill at each step",
    invariants=("D1", "T1", "N1", "L1"),
    quick=Budget(500, seconds_max=600),
    long=Budget(100_000, seconds_max=4 * 3600),
    fast=Budget(1, seconds_max=2),
    hunt=Budget(12, seconds_max=60),
    run=run,
    mutants={
        "no fence during a deletion": no_fence,
        "root first": root_first,
        "lines of a program log after the tombstone": late_lines,
        "a view that forgets its rows": rows_stay,
    },
)
