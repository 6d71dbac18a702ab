"""Row 14: as many connections as are allowed and one more, and crowds that want nothing."""

import asyncio

from tests.limits.crowds import WAYS, crowd
from tests.limits.sieges import STARTS, among_idle, among_silent
from tests.scoreboard.bootstrap import in_children
from tests.scoreboard.row import Budget, Context, Counts, Row

QUICK, FAST, FAST_S = 500, 40, 10.0
KNOCKS, FAST_KNOCKS = 40, 3


def run(context: Context) -> Counts:
    counts: Counts = {}
    is_fast = context.budget.seconds_max < FAST_S
    count, ways = (FAST, ("unix",)) if is_fast else (QUICK, WAYS)
    for _ in context.rounds():
        counts = asyncio.run(crowd(context, context.new_folder(), count, ways))
        knocks = FAST_KNOCKS if is_fast else KNOCKS
        counts |= asyncio.run(among_silent(context, context.new_folder(), knocks))
        if not is_fast:
            counts |= asyncio.run(among_idle(context, context.new_folder(), STARTS))
    return counts


ROW = Row(
    number=14,
    title="500 connections at once, gone without a trace; crowds that say nothing, or idle",
    invariants=("S1", "L1", "V1"),
    quick=Budget(1, seconds_max=100),
    long=Budget(100, seconds_max=3600),
    fast=Budget(1, seconds_max=5),
    run=run,
    mutants={
        "no connection cap": in_children("tests.limits.faults", "admits_everyone"),
        "who says nothing may stay": in_children("tests.limits.faults", "keeps_whoever_came_first"),
        "no descriptor is kept back": in_children("tests.limits.faults", "keeps_nothing_back"),
    },
)
