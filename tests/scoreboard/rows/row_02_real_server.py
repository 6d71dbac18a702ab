"""Row 2: kill -9 of the real server under client load, resume by cursor."""

import asyncio
import statistics
from collections import Counter

from tests.crash.campaign import Campaign
from tests.crash.mutants import MUTANTS
from tests.scoreboard.row import Budget, Context, Counts, Row, held

CYCLES = 10
"""Kills on one home; a round is one home."""
_fault: list[str] = []


def run(context: Context) -> Counts:
    """Campaigns on one home after the other."""
    asked: Counter[str] = Counter()
    ready_ms: list[float] = []
    cycles = events = notifications = 0
    for number in context.rounds():
        campaign = Campaign(
            seed=context.random_of(number).randrange(10**6),
            cycles=CYCLES,
            mutant=_fault[-1] if _fault else None,
            base=context.new_folder(),
        )
        asyncio.run(campaign.run())
        asked.update(campaign.history.counts())
        ready_ms += campaign.ready_ms
        cycles += CYCLES
        events += campaign.events
        notifications += len(campaign.history.notes)
    ready_ms.sort()
    return {
        "kills": cycles,
        **asked,
        "events": events,
        "notifications": notifications,
        "ready p50 ms": round(statistics.median(ready_ms)),
        "ready p95 ms": round(ready_ms[int(0.95 * (len(ready_ms) - 1))]),
    }


ROW = Row(
    number=2,
    title="kill -9 of the real server under client load, resume by cursor",
    invariants=("A1", "A2", "A3", "A4", "P1", "N1", "D1", "V1"),
    quick=Budget(4),
    long=Budget(200, seconds_max=3600),
    hunt=Budget(5),
    run=run,
    mutants={name.replace("_", " "): held(_fault, name) for name in MUTANTS},
)
