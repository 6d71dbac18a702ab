"""Row 14: as many connections at once as are allowed, and one more."""

import asyncio

from tests.limits.crowds import WAYS, crowd
from tests.scoreboard.bootstrap import in_children
from tests.scoreboard.row import Budget, Context, Counts, Row

QUICK, FAST, FAST_S = 500, 40, 10.0


def run(context: Context) -> Counts:
    counts: Counts = {}
    is_fast = context.budget.seconds_max < FAST_S
    count, ways = (FAST, ("unix",)) if is_fast else (QUICK, WAYS)
    for _ in context.rounds():
        counts = asyncio.run(crowd(context, context.new_folder(), count, ways))
    return counts


ROW = Row(
    number=14,
    title="500 connections at once on websocket and unix, served and gone without a trace",
    invariants=("S1", "L1"),
    quick=Budget(1, seconds_max=100),
    long=Budget(100, seconds_max=3600),
    fast=Budget(1, seconds_max=5),
    run=run,
    mutants={"no connection cap": in_children("tests.limits.faults", "admits_everyone")},
)
