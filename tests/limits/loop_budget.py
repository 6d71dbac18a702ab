"""Doing everything large to one host, and measuring how long its loop is held by each."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from tests.limits.hosted import hosting
from tests.limits.loop_bombs import Caller, LoopBomb, messages, requests
from tests.limits.loop_meter import Held, held_in
from tests.limits.raw import Raw
from tests.scoreboard.row import Context, Counts
from tests.support.slowness import slowness

TRIES = 3
SETTLE_S = 0.1
PATIENT_S = 600.0
"""An answer is not late for what others do to the machine: what is judged is processor time."""
LIMITS = {"slow_reader_timeout_ms": 600_000}
STILL_MAX_MS = 150.0
"""How long threads beside the loop may keep it from coming round, by steps they cannot part."""


async def within_budget(context: Context, home: Path, *, light: bool) -> Counts:
    """Throw every bomb; how long the loop was held by the worst."""
    bombs = [*messages(), *requests()]
    addresses = (f"unix://{home}/s",)
    worst, still = Held(), Held()
    thrown, slowest = 0, 1.0
    async with (
        hosting(home, addresses, metered=True, limits=LIMITS) as hosted,
        await Raw.greeted(hosted, "unix") as raw,
    ):
        raw.answer_s = PATIENT_S
        caller = Caller(raw)
        await caller.turn(await caller.thread("small"), {"type": "text", "text": "hi"})
        for bomb in _chosen(bombs, context.seed, light=light):
            if thrown and context.is_late:
                break
            held, slow = await _least_held(home, bomb, caller)
            thrown += 1
            slowest = max(slowest, slow)
            context.note(bomb=bomb.name, slowness=slow, **held._asdict())
            named = held._replace(callback=bomb.name)
            worst = max(worst, named)
            still = max(still, named, key=lambda one: one.still_ms)
            _judge(context, bomb, held, slow)
    return {
        "bombs": thrown,
        "longest callback ms": round(worst.callback_ms, 1),
        "by": worst.callback,
        "longest standstill ms": round(still.still_ms, 1),
        "by ": still.callback,
        "bounds widened": round(slowest, 1),
    }


def _chosen(bombs: list[LoopBomb], seed: int, *, light: bool) -> Iterable[LoopBomb]:
    return bombs[seed % 7 :: 7] if light else bombs


async def _least_held(home: Path, bomb: LoopBomb, caller: Caller) -> tuple[Held, float]:
    """What was measured when the machine was in the way least, and how slow it was beside that.

    Once is enough if that is little.
    """
    found, slow = Held(callback_ms=float("inf"), still_ms=float("inf")), 1.0
    for _ in range(TRIES):
        await held_in(home)
        await bomb.act(caller)
        await asyncio.sleep(SETTLE_S)
        now = await held_in(home)
        found = Held(
            min(found.callback_ms, now.callback_ms),
            min(found.still_ms, now.still_ms),
            now.callback,
        )
        if found.callback_ms < bomb.budget_ms / 2 and found.still_ms < bomb.budget_ms:
            break
        slow = max(slow, slowness())
    return found, slow


def _judge(context: Context, bomb: LoopBomb, held: Held, slow: float) -> None:
    budget_ms = bomb.budget_ms * slow
    if held.callback_ms > budget_ms:
        took = f"{held.callback} took {held.callback_ms:.0f} ms, more than {budget_ms:.0f}"
        context.violates("V1", f"{bomb.name}: {took}")
    if held.still_ms > STILL_MAX_MS * slow:
        context.violates("V1", f"{bomb.name}: the loop stood still for {held.still_ms:.0f} ms")
