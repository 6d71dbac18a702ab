"""Row 36: hosts are killed at random while goals go on and trees work for one: the sums agree."""

import asyncio
import io
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from unittest.mock import patch

from tests.scoreboard.forks import Fork, Tell
from tests.scoreboard.row import Budget, Context, Counts, Row
from tests.support import goal_crash, goal_truth, tree_goal_crash, tree_goal_truth
from threadhost.actors.goal_tree import ChargeTree, Spending
from threadhost.actors.runtime import tree_charges
from threadhost.actors.runtime.tree_budgets import TreeBudgets

KILLS = 5
"""In one home, so that forty rounds are two hundred."""
OFTEN = 14
"""How often a run comes to a point of the store at least."""
LIFE_S = 30
MOMENT_MAX_S = 0.5


class Worker(NamedTuple):
    """A host that works on a home, or dies there, and how to see what it did."""

    work: Callable[[Path, str, int], Coroutine[Any, Any, None]]
    points: Sequence[str]
    faults: Callable[[Path], list[str]]


WORKERS = (
    Worker(tree_goal_crash.work, tree_goal_crash.POINTS, tree_goal_truth.faults_of),
    Worker(goal_crash.work, goal_crash.POINTS, goal_truth.faults),
)


class Death(NamedTuple):
    """At a point that was reached so often before, or after so long at the latest."""

    point: str = "none"
    times: int = 0
    seconds: float = LIFE_S


def run(context: Context) -> Counts:
    """A home each round, its host killed so often; then one that may finish, and the sums."""
    counts: Counter[str] = Counter()
    for number in context.rounds():
        home, chance = context.new_folder() / "home", context.random_of(number)
        home.mkdir(mode=0o700)
        worker, killed = WORKERS[number % len(WORKERS)], 0
        while killed < KILLS:
            killed += _life(context, worker, home, _death(worker, chance)) != 0
        if _life(context, worker, home, Death()) != 0:
            context.violates("V1", "the last host did not come to its end")
        for fault in worker.faults(home):
            context.violates("G1", fault)
        counts["kills"] += killed
        counts["tokens spent below roots"] += tree_goal_truth.spent(home)
    return dict(counts)


def _death(worker: Worker, chance: Random) -> Death:
    if chance.random() < 1 / 3:
        return Death(seconds=chance.random() * MOMENT_MAX_S)
    point = chance.choice(worker.points)
    return Death(point, chance.randrange(OFTEN if point.startswith("store") else 1))


def _life(context: Context, worker: Worker, home: Path, death: Death) -> int:
    """The exit code of a host that works on a home until then; 0 if it finished before."""
    context.note(op="life", **death._asdict())

    def work(tell: Tell, told: int) -> None:
        sys.stdout = io.StringIO()
        asyncio.run(worker.work(home, death.point, death.times))

    with Fork(work) as life:
        if (failed := life.next(death.seconds)) is not None:
            context.violates("V1", f"{death}: {failed['failed'][-400:]}")
        os.kill(life.pid, signal.SIGKILL)  # of one that is over its end stands already
        return life.wait()


def charged_twice() -> AbstractContextManager[object]:
    """A root takes over twice what was spent below it."""

    def charge(goal_id: str, spendings: Sequence[Spending], at_ms: int) -> ChargeTree:
        twice = [one._replace(tokens=2 * one.tokens) for one in spendings]
        return ChargeTree(goal_id, twice, at_ms)

    return patch.object(tree_charges, "ChargeTree", charge)


def charged_by_nobody() -> AbstractContextManager[object]:
    """Nothing is taken to the root."""
    return patch.object(TreeBudgets, "post", lambda *_: None)


ROW = Row(
    number=36,
    title="conservation: random kills while goals go on; the sums of charges are what is shown",
    invariants=("G1", "V1"),
    quick=Budget(40, seconds_max=600),
    long=Budget(2_000, seconds_max=4 * 3600),
    fast=Budget(2, seconds_max=5),
    hunt=Budget(10, seconds_max=60),
    run=run,
    mutants={
        "a root takes over twice what was spent": charged_twice,
        "what was spent is charged by nobody": charged_by_nobody,
    },
)
