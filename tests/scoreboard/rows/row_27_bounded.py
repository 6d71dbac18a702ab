"""Row 27: every field of every method at half a frame, many times over, and all that adds up."""

import asyncio

from tests.limits.bounded import besiege
from tests.scoreboard.bootstrap import in_children
from tests.scoreboard.row import Budget, Context, Counts, Row

FAST_S = 15.0
FAST_SHARE = 24
SWEEPS, SWEEPS_LONG = 1, 5
LONG_S = 1000.0


def run(context: Context) -> Counts:
    """One host a round."""
    counts: Counts = {}
    is_fast = context.budget.seconds_max < FAST_S
    sweeps = SWEEPS_LONG if context.budget.seconds_max > LONG_S else 1 if is_fast else SWEEPS
    for _ in context.rounds():
        share = FAST_SHARE if is_fast else 1
        counts = asyncio.run(besiege(context, context.new_folder(), sweeps=sweeps, share=share))
    return counts


ROW = Row(
    number=27,
    title="bounded: each field of each method at half a frame, N times; growth within the accounts",
    invariants=("S1", "N1", "A1", "V1"),
    quick=Budget(1, seconds_max=300),
    long=Budget(10, seconds_max=7200),
    fast=Budget(1, seconds_max=12),
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
