"""Row 35: trees of agents are deleted while their models start, tell, await and call."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from unittest.mock import patch

import psutil

from tests.scoreboard.agent_fire import AgentRace
from tests.scoreboard.host import hosting, talk
from tests.scoreboard.row import Budget, Context, Counts, Row
from tests.scoreboard.rows.row_17_delete_under_fire import no_fence, receipt_faults
from tests.scoreboard.truth import FreshViews, kept, parity_fault, sequence_faults
from tests.support.agent_truth import faults as faults_of_agents
from tests.support.mcp import table
from threadhost.actors.runtime.agent_outbox_relay import AgentOutboxRelay
from threadhost.adapters.app import App
from threadhost.adapters.mcp.stdio import Child
from threadhost.projections import goal

RACES_A_HOST = 25
OPEN_MAX = 50
CONFIG = f"""
[agents]
max_depth = 3
max_concurrent_threads_per_session = {OPEN_MAX}

{table()}"""
ENDS_WITHIN_S = 5


def run(context: Context) -> Counts:
    """Races in hosts that see some of them each."""
    counts: Counter[str] = Counter()
    numbers = context.rounds()
    while (first := next(numbers, None)) is not None:
        asyncio.run(_races(context, first, numbers, counts))
    return dict(counts)


async def _races(
    context: Context, first: int, numbers: Iterator[int], counts: Counter[str]
) -> None:
    home = context.new_folder(lasting=True) / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(CONFIG)
    processes = set(psutil.Process().children(recursive=True))
    async with hosting(home, goal_wait_ms=1, goal_wait_max_ms=4) as app:
        number: int | None = first
        while number is not None:
            await _race(context, app, number, counts)
            last = number % RACES_A_HOST == RACES_A_HOST - 1
            number = None if last else next(numbers, None)
        await app.program_log.flush()
        _judge_host(context, app)
        started = set(psutil.Process().children(recursive=True)) - processes
    counts["processes of servers"] += len(started)
    _, alive = await asyncio.to_thread(psutil.wait_procs, started, timeout=ENDS_WITHIN_S)
    for process in alive:
        process.kill()
    if alive:
        context.violates("L1", f"processes outlive their host: {alive}")
    context.release(home.parent)


async def _race(context: Context, app: App, number: int, counts: Counter[str]) -> None:
    watcher, client = await talk(app, "watcher"), await talk(app, "client", deaf=True)
    await watcher.follow_all()
    race = AgentRace(context, context.random_of(number), client, watcher)
    await race.run()
    await race.judge()
    counts["races"] += 1
    counts["agents"] += len(race.parents) - 1
    for outcome, times in race.outcomes.items():
        counts[outcome] += times
    for kind in race.tried:
        counts[f"steps: {kind}"] += 1
    for talker in (watcher, client):
        await talker.close()


def _judge_host(context: Context, app: App) -> None:
    log, fresh = app.logs.durable, FreshViews()
    if fault := parity_fault(log, fresh):
        context.violates("P1", fault)
    fresh.close()
    for fault in sequence_faults(log):
        context.violates("A3", fault)
    for fault in (*faults_of_agents(log, OPEN_MAX), *receipt_faults(log), *kept(log)):
        context.violates("D1", fault)
    if live := app.host.live.ids():
        context.violates("L1", f"threads outlive their trees: {live}")


def losses_untold() -> AbstractContextManager[object]:
    """Nobody tells of agents that were deleted."""
    return patch.object(AgentOutboxRelay, "post_losses", lambda *_: None)


def servers_stay() -> AbstractContextManager[object]:
    """A server of tools is let go of, and not ended."""

    async def leave(child: Child) -> None:
        del child

    return patch.object(Child, "close", leave)


def rows_stay() -> AbstractContextManager[object]:
    """The view of goals does not say that its rows go with threads."""
    tables = tuple(one._replace(goes_with=()) for one in goal.projection.tables)
    return patch.object(goal.projection, "tables", tables)


ROW = Row(
    number=35,
    title="agents under fire: spawn, message, tool, goal, MCP call, resume against a delete",
    invariants=("D1", "L1", "N1", "V1", "P1", "A3"),
    quick=Budget(500, seconds_max=600),
    long=Budget(20_000, seconds_max=4 * 3600),
    fast=Budget(5, seconds_max=5),
    hunt=Budget(25, seconds_max=90),
    run=run,
    mutants={
        "no fence during a deletion": no_fence,
        "losses are told to nobody": losses_untold,
        "servers of tools are not ended": servers_stay,
        "a view of goals that forgets its rows": rows_stay,
    },
)
