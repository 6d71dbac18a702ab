"""Row 9: random lives of a host, compared with a model after every step.

What is found is made small only with `--round 0`, which may take minutes.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.scoreboard.machine import STEPS, HostMachine
from tests.scoreboard.row import Budget, Context, Counts, Enough, Row
from threadhost.events import thread, tree
from threadhost.events.thread import ThreadRenamed
from threadhost.events.tree import ThreadSpawned
from threadhost.projections import threads

RUNS_AT_ONCE = 50


def run(context: Context) -> Counts:
    """At least as many runs as the budget says, and fifty times as many steps."""
    counts = {"runs": 0, "steps": 0, "restarts": 0, "reverts": 0}
    machine = type("SeededMachine", (HostMachine,), {"context": context, "counts": counts})
    try:
        while not context.is_late and counts["steps"] < context.budget.n * STEPS:
            wanted = context.seed * 1000 + context.rounds_done
            run_state_machine_as_test(seed(wanted)(machine), settings=_settings(context))
            context.rounds_done = counts["runs"]
    except AssertionError as violation:
        if context.stop_at_first:
            context.violations.append(str(violation))
            raise Enough from None
        raise
    return dict(counts)


def _settings(context: Context) -> settings:
    return settings(
        max_examples=min(RUNS_AT_ONCE, context.budget.n),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate] if context.only_round is None else [Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )


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
    flat = after.nodes[fact.child_id]._replace(depth=1)
    return after._replace(nodes=after.nodes.insert(fact.child_id, flat))


def _nameless(fact: ThreadRenamed, before: thread.Thread, after: thread.Thread) -> thread.Thread:
    return after._replace(name=before.name)


def view_without_names() -> AbstractContextManager[object]:
    """The view of threads takes no notice of a new name."""
    return patch.dict(threads.projection.handlers, {ThreadRenamed: lambda _event, _fact: ()})


ROW = Row(
    number=9,
    title="state machine against a model: threads, trees, turns, deletes, restarts at any step",
    invariants=("A2", "A3", "A4", "P1", "T1", "D1", "L1"),
    quick=Budget(300, seconds_max=600),
    long=Budget(100_000, seconds_max=12 * 3600),
    fast=Budget(1, seconds_max=3),
    hunt=Budget(20, seconds_max=60),
    run=run,
    mutants={
        "evolve ignores the depth of a spawned thread": evolving(tree.evolve, ThreadSpawned, _flat),
        "evolve ignores a new name": evolving(thread.evolve, ThreadRenamed, _nameless),
        "the view ignores a new name": view_without_names,
    },
)
