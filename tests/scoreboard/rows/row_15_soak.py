"""Row 15: a thousand live threads at mixed work for a minute, and nothing that grows."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from tests.scoreboard.figures import slope
from tests.scoreboard.forks import Fork, Report
from tests.scoreboard.row import Budget, Context, Counts, Row
from tests.scoreboard.soak import Soak
from threadhost.actors.runtime.model_run import ModelRun
from threadhost.actors.runtime.tree_actor import TreeActor
from threadhost.adapters.jsonrpc.client_profile import ClientProfile
from threadhost.adapters.jsonrpc.models.initialize import InitializeParams

THREADS_A_SECOND_OF_TEST = 20
THREADS_MAX = 1000
RSS_BYTES_A_TURN_MAX = 600
RSS_NOISE_BYTES = 24 * 2**20
"""Page caches of SQLite fill up, 16 MiB a connection; objects are counted more sharply."""
OBJECTS_NOISE = 500
OBJECTS_A_TURN_MAX = 0.75
"""Of one type; half an entry a turn is that of a bounded cache that is not full yet."""
TIMERS_MAX = 64
LAG_MS_MAX = 5_000


def run(context: Context) -> Counts:
    """One process works for as many seconds as the budget says; its samples are looked at here."""
    seconds = context.budget.n
    threads = min(THREADS_MAX, seconds * THREADS_A_SECOND_OF_TEST)
    home = context.new_folder() / "home"
    with Fork(
        lambda tell, _told: asyncio.run(Soak(context.seed, threads, seconds, tell).run(home))
    ) as process:
        heard = list(process.rest(seconds * 4 + 120))
    samples = [report for report in heard if "sample" in report]
    for report in samples:
        context.note(**report)
    context.rounds_done = seconds
    if not heard or "ended" not in heard[-1]:
        context.violates("L1", f"the host did not come to its end: {heard[-1:]}")
        return {}
    return _judged(context, threads, samples, heard[-1])


def _judged(context: Context, threads: int, samples: Sequence[Report], end: Report) -> Counts:
    warm, full, empty = (s for s in samples if s["quiet"])
    busy = [s for s in samples if not s["quiet"] and s["sample"] > warm["sample"]]
    for what in ("descriptors", "os_threads"):
        if max(s[what] for s in busy[1:]) > busy[0][what] + 2:
            context.violates("L1", f"{what} grow: {[s[what] for s in busy]}")
    if full["timers"] > TIMERS_MAX:
        context.violates("L1", f"{full['timers']} timers are left when all is quiet")
    if full["tasks"] > warm["tasks"] or empty["live"]:
        context.violates("L1", f"tasks or threads are left when all is quiet: {full} {empty}")
    if full["live"] < threads * 0.9:
        context.violates("V1", f"only {full['live']} threads are live")
    rate = slope([(s["sample"], s["rss"]) for s in busy])
    grown = rate * (busy[-1]["sample"] - busy[0]["sample"])
    turns = busy[-1]["turns"] - busy[0]["turns"]
    if grown > RSS_NOISE_BYTES + RSS_BYTES_A_TURN_MAX * turns:
        context.violates("L1", f"memory grows by {grown / 2**20:.1f} MiB in {turns} turns")
    done = full["turns"] - warm["turns"]
    for type_, count in full["objects"].items():
        more = count - warm["objects"].get(type_, 0)
        if more > OBJECTS_A_TURN_MAX * done + OBJECTS_NOISE:
            context.violates("L1", f"{more} more objects of type {type_} after {done} turns")
    if end["lag p95 ms"] > LAG_MS_MAX:
        context.violates("V1", f"the loop lags: {end}")
    return {
        "live threads": full["live"],
        "requests": end["requests"],
        "turns": end["turns"],
        "forks in memory": end["forks in memory"],
        "visits": end["visits"],
        "RSS MiB": round(busy[-1]["rss"] / 2**20, 1),
        "RSS KiB/s": round(rate / 1024, 1),
        "bytes a turn": round(grown / max(1, turns)),
        "descriptors": f"{busy[0]['descriptors']}..{busy[-1]['descriptors']}",
        "OS threads": f"{busy[0]['os_threads']}..{busy[-1]['os_threads']}",
        "tasks when quiet": full["tasks"],
        "timers when quiet": full["timers"],
        **{name: end[name] for name in ("lag p50 ms", "lag p95 ms", "lag max ms")},
    }


def timer_a_turn() -> AbstractContextManager[object]:
    """Each call of the model leaves a timer behind."""
    start = ModelRun.start

    def leaking(self: ModelRun, *given: Any) -> None:
        asyncio.get_running_loop().call_later(3600, bool, self.outputs)
        start(self, *given)

    return patch.object(ModelRun, "start", leaking)


def entry_a_turn() -> AbstractContextManager[object]:
    """Each call of the model stays in a list, with all that it was asked."""
    start = ModelRun.start
    kept: list[Any] = []

    def leaking(self: ModelRun, *given: Any) -> None:
        kept.append((self, given, bytearray(2048)))
        start(self, *given)

    return patch.object(ModelRun, "start", leaking)


def forks_outlive_their_source() -> AbstractContextManager[object]:
    """A deletion sees no forks in memory."""
    return patch.object(TreeActor, "_forks_in_memory", lambda *_: ())


def hello_is_kept() -> AbstractContextManager[object]:
    """All that a client says of itself is kept for good."""
    of, kept = ClientProfile.of.__func__, []  # type: ignore[attr-defined]

    def keeping(cls: type[ClientProfile], params: InitializeParams) -> ClientProfile:
        kept.append(params)
        return of(cls, params)  # type: ignore[no-any-return]

    return patch.object(ClientProfile, "of", classmethod(keeping))


ROW = Row(
    number=15,
    title="1,000 live threads, forks and visitors: memory, descriptors, threads, timers, lag",
    invariants=("L1", "V1"),
    quick=Budget(60, seconds_max=200),
    long=Budget(8 * 3600, seconds_max=9 * 3600),
    fast=Budget(1, seconds_max=3),
    hunt=Budget(15, seconds_max=60),
    run=run,
    mutants={
        "a timer a turn is leaked": timer_a_turn,
        "a list entry a turn": entry_a_turn,
        "forks in memory outlive their source": forks_outlive_their_source,
        "what a client says of itself is kept": hello_is_kept,
    },
)
