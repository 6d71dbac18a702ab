"""Row 13: clients that want much, read slowly, or stop reading while the host streams to them."""

import asyncio

from tests.limits.large_reads import read_little, read_much
from tests.limits.slow_readers import stop_reading
from tests.scoreboard.bootstrap import in_children
from tests.scoreboard.row import Budget, Context, Counts, Row

READERS, DELTAS = 50, 80
ANSWERS, TURNS = 70, 30
FAST_ANSWERS, FAST_S = 12, 10.0


def run(context: Context) -> Counts:
    counts: Counts = {}
    is_fast = context.budget.seconds_max < FAST_S
    for _ in context.rounds():
        answers = FAST_ANSWERS if is_fast else ANSWERS
        counts = asyncio.run(read_much(context, context.new_folder(), answers))
        if is_fast:
            continue
        counts |= asyncio.run(read_little(context, context.new_folder(), TURNS))
        counts |= asyncio.run(stop_reading(context, context.new_folder(), READERS, DELTAS))
    return counts


ROW = Row(
    number=13,
    title="large answers, slow readers, and 50 of stdio, unix and websocket that stop for good",
    invariants=("S1", "N1", "V1"),
    quick=Budget(1, seconds_max=100),
    long=Budget(100, seconds_max=3600),
    fast=Budget(1, seconds_max=8),
    run=run,
    mutants={
        "unbounded outbox": in_children("tests.limits.faults", "never_is_full"),
        "much to read is slow reading": in_children(
            "tests.limits.faults", "takes_size_for_slowness"
        ),
        "nobody is too slow": in_children("tests.limits.faults", "waits_for_ever"),
        "what has no room is dropped": in_children("tests.limits.faults", "never_catches_up"),
        "what nobody reads is kept": in_children("tests.limits.faults", "keeps_what_nobody_reads"),
        "a message of any size": in_children("tests.limits.faults", "sends_any_size"),
    },
)
