"""Row 9: random lives of a host, compared with a model after every step."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.scoreboard.machine import HostMachine
from tests.scoreboard.row import Budget, Context, Counts, Enough, Row
from threadhost.events import thread, tree
from threadhost.events.thread import ThreadRenamed
from threadhost.events.tree import ThreadSpawned
from threadhost.projections import threads

STEPS = 50


def run(context: Context) -> Counts:
    """As many runs as the budget says, of at most 50 steps each; found faults are made small."""
    counts = {"runs": 0, "steps": 0, "restarts": 0}
    machine = type("SeededMachine", (HostMachine,), {"context": context, "counts": counts})
    phases = [Phase.generate] if context.stop_at_first else [Phase.generate, Phase.shrink]
    limits = settings(
        max_examples=context.budget.n,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    try:
        run_state_machine_as_test(seed(context.seed)(machine), settings=limits)
    except AssertionError:
        if context.stop_at_first:
            context.violations.append("noticed")
            raise Enough from None
        raise
    finally:
        context.rounds_done = counts["runs"]
    return dict(counts)


def evolving(function: Any, fact: type, forget: Callable[[Any, Any, Any], Any]) -> Any:
    """A mutant of one rule of evolution: `forget(fact, before, after)` gives the wrong state."""

    @contextmanager
    def wrong() -> Iterator[None]:
        honest = function.registry[fact]
        function.register(fact, lambda what, state: forget(what, state, honest(what, state)))
        try:
            yield
        finally:
            function.register(fact, honest)

    return wrong


def _flat(fact: ThreadSpawned, before: tree.Tree, after: tree.Tree) -> tree.Tree:
    del before
    after.nodes[fact.child_id] = replace(after.nodes[fact.child_id], depth=1)
    return after


def _nameless(fact: ThreadRenamed, before: thread.Thread, after: thread.Thread) -> thread.Thread:
    del fact
    return replace(after, name=before.name)


def view_without_names() -> AbstractContextManager[object]:
    """The view of threads takes no notice of a new name."""
    return patch.dict(threads.projection.handlers, {ThreadRenamed: lambda _event, _fact: ()})


ROW = Row(
    number=9,
    title="state machine against a model: threads, trees, turns, deletes, restarts at any step",
    invariants=("A2", "A3", "A4", "P1", "T1", "D1", "L1"),
    quick=Budget(300, seconds_max=110),
    long=Budget(100_000, seconds_max=12 * 3600),
    fast=Budget(8, seconds_max=3),
    hunt=Budget(60, seconds_max=60),
    run=run,
    mutants={
        "evolve ignores the depth of a spawned thread": evolving(tree.evolve, ThreadSpawned, _flat),
        "evolve ignores a new name": evolving(thread.evolve, ThreadRenamed, _nameless),
        "the view ignores a new name": view_without_names,
    },
)
