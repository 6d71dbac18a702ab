"""Row 28: how long one callback holds the loop, whatever a client sends or asks for.

Measured is the processor time that the loop's own thread spends in each callback, which other
programs on the machine do not add to; of three tries the least counts. No callback may take more
than 50 ms, or that as many times as a control beside it takes what it does usually. The longest
standstill is measured beside it, in which threads that hold the interpreter count too.
"""

import asyncio

from tests.limits.loop_budget import within_budget
from tests.scoreboard.bootstrap import in_children
from tests.scoreboard.row import Budget, Context, Counts, Row

FAST_S = 10.0


def run(context: Context) -> Counts:
    counts: Counts = {}
    light = context.budget.seconds_max < FAST_S
    for _ in context.rounds():
        counts = asyncio.run(within_budget(context, context.new_folder(), light=light))
    return counts


ROW = Row(
    number=28,
    title="loop budget: no callback holds the loop over 50 ms",
    invariants=("V1",),
    quick=Budget(1, seconds_max=240),
    long=Budget(20, seconds_max=3600),
    fast=Budget(1, seconds_max=8),
    run=run,
    mutants={
        "what is large is read on the loop": in_children(
            "tests.limits.faults", "reads_on_the_loop"
        ),
        "what is large is read in one": in_children("tests.limits.faults", "reads_in_one"),
        "what is large is written on the loop": in_children(
            "tests.limits.faults", "writes_on_the_loop"
        ),
    },
)
