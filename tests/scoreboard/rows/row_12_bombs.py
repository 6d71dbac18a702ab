"""Row 12: everything a client can do with bytes that is not how it should be done."""

import asyncio

from tests.limits.bombing import bomb
from tests.scoreboard.bootstrap import in_children
from tests.scoreboard.row import Budget, Context, Counts, Row

FAST_S = 10.0
FAST_SHARE = 40


def run(context: Context) -> Counts:
    counts: Counts = {}
    share = FAST_SHARE if context.budget.seconds_max < FAST_S else 1
    for _ in context.rounds():
        counts = asyncio.run(bomb(context, context.new_folder(), share=share))
    return counts


ROW = Row(
    number=12,
    title="bombs and limits: depth, digits, sizes, ids, frames, handshakes, strangers, pipelining",
    invariants=("S1", "V1"),
    quick=Budget(1, seconds_max=115),
    long=Budget(50, seconds_max=3600),
    fast=Budget(1, seconds_max=4),
    run=run,
    mutants={
        "limit checked after reading": in_children(
            "tests.limits.faults", "checks_limits_after_reading"
        ),
        "the id of what cannot be read is forgotten": in_children(
            "tests.limits.faults", "forgets_ids_of_what_it_cannot_read"
        ),
        "what clients say is kept": in_children("tests.limits.faults", "keeps_what_clients_say"),
        "strangers are told nothing": in_children("tests.limits.faults", "hangs_up_on_strangers"),
    },
)
