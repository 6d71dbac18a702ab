"""Row 27: every field of every method at half a frame, many times over, and all that adds up."""

import asyncio

from tests.limits.bounded import besiege
from tests.scoreboard.bootstrap import in_children
from tests.scoreboard.row import Budget, Context, Counts, Row

FAST_S, HUNT_S, LONG_S = 15.0, 200.0, 1000.0
FEW = 24
SWEEPS_LONG = 5


def run(context: Context) -> Counts:
    """One host a round; the less time there is, the fewer of its fields, and no more than these."""
    counts: Counts = {}
    within_s = context.budget.seconds_max
    share = FEW if within_s < HUNT_S else 1
    sweeps = SWEEPS_LONG if within_s > LONG_S else 1
    for _ in context.rounds():
        siege = besiege(
            context, context.new_folder(), sweeps=sweeps, share=share, storms=within_s > FAST_S
        )
        counts = asyncio.run(siege)
    return counts


ROW = Row(
    number=27,
    title="bounded: each field of each method at half a frame, N times; growth within the accounts",
    invariants=("S1", "N1", "A1", "V1"),
    quick=Budget(1, seconds_max=300),
    long=Budget(10, seconds_max=7200),
    fast=Budget(1, seconds_max=12),
    hunt=Budget(1, seconds_max=180),
    run=run,
    mutants={
        "fields of any size are taken": in_children("tests.limits.faults", "takes_any_field"),
        "the log in memory has no account": in_children(
            "tests.limits.faults", "forks_without_account"
        ),
        "idle threads make no room": in_children("tests.limits.faults", "keeps_idle_threads"),
        "readers have no common account": in_children(
            "tests.limits.faults", "counts_each_reader_alone"
        ),
        "what never ends is kept": in_children("tests.limits.faults", "keeps_what_never_ends"),
    },
)
