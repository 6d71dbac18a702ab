"""Row 13: clients that stop reading for good while the host streams to them."""

import asyncio

from tests.limits.slow_readers import stop_reading
from tests.scoreboard.bootstrap import in_children
from tests.scoreboard.row import Budget, Context, Counts, Row

READERS, DELTAS = 50, 80


def run(context: Context) -> Counts:
    counts: Counts = {}
    for _ in context.rounds():
        counts = asyncio.run(stop_reading(context, context.new_folder(), READERS, DELTAS))
    return counts


ROW = Row(
    number=13,
    title="50 readers of stdio, unix and websocket that stop for good while deltas flow",
    invariants=("S1", "N1"),
    quick=Budget(1, seconds_max=100),
    long=Budget(100, seconds_max=3600),
    run=run,
    mutants={"unbounded outbox": in_children("tests.limits.faults", "never_overflows")},
)
