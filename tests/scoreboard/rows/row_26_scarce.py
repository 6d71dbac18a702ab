"""Row 26: descriptors, inodes, threads and memory that are gone at the N-th time of need."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.crash import shim
from tests.crash.lives import in_trouble
from tests.crash.scenarios import SCENARIOS
from tests.limits.squeeze import squeeze
from tests.scoreboard.bootstrap import in_children
from tests.scoreboard.row import Budget, Context, Counts, Row

SQUEEZED = {"descriptors": range(8), "memory": range(1, 24)}
UNREFUSED = SCENARIOS.keys() - {"delete_beside_forks"}
"""Those of which nothing is refused, but for a shortage."""
AT_THE_NTH = [
    (what, name)
    for what in ("files", "inodes", "threads")
    for name in SCENARIOS
    if name in UNREFUSED
]
ROUNDS = [*((what, "") for what in SQUEEZED), *AT_THE_NTH]
FAST, FAST_S = range(2), 10.0
ROUND_S_MAX = 300.0
_chosen: list[tuple[str, str, str]] = []
"""The round that shows a fault that is in place, and its name, if it is one of the shim's."""


def run(context: Context) -> Counts:
    """One shortage of one scenario a round, at all its points; or one host that is squeezed."""
    counts: Counter[str] = Counter()
    points: Counts = {}
    for number in context.rounds():
        what, scenario, fault = _chosen[-1] if _chosen else (*ROUNDS[number % len(ROUNDS)], "")
        if not scenario:
            _squeezed(context, what, counts)
            continue
        library = shim.build(context.new_folder())
        folder = context.new_folder()
        found = in_trouble(
            library, what, scenario, folder, 1, ROUND_S_MAX, mutant=fault, module="short"
        )
        tried = found["counts"].pop("tried", 0)
        counts.update({f"{name}, {what}": times for name, times in found["counts"].items()})
        points[f"{what} {scenario}"] = f"{tried} of {found['points']}"
        for violation in found["violations"]:
            context.violates("I5 A1 A2 V1", violation)
    return points | dict(sorted(counts.items()))


def _squeezed(context: Context, what: str, counts: Counter[str]) -> None:
    steps = FAST if context.budget.seconds_max < FAST_S else SQUEEZED[what]
    found = asyncio.run(squeeze(context, context.new_folder(), what, steps))  # type: ignore[arg-type]
    counts.update({f"{name}, squeezed {what}": times for name, times in found.items()})


def with_fault(
    what: str, scenario: str = "", fault: str = ""
) -> Callable[[], AbstractContextManager[None]]:
    """The round that shows it, with a fault of the shim's host or of a host of its own."""

    @contextmanager
    def inside() -> Iterator[None]:
        _chosen.append((what, scenario, fault if scenario else ""))
        try:
            if scenario:
                yield
            else:
                with in_children("tests.limits.faults", fault)():
                    yield
        finally:
            _chosen.pop()

    return inside


ROW = Row(
    number=26,
    title="scarce: descriptors, inodes, threads, memory gone at the N-th: refused, never stopped",
    invariants=("I5", "A1", "A2", "V1"),
    quick=Budget(len(ROUNDS), seconds_max=1500),
    long=Budget(10 * len(ROUNDS), seconds_max=7200),
    fast=Budget(1, seconds_max=9),
    hunt=Budget(1),
    run=run,
    mutants={
        "a shortage is a broken store": with_fault(
            "files", "turn", "takes_a_shortage_for_a_broken_store"
        ),
        "a deletion halts for want of a thread": with_fault(
            "threads", "delete_tree", "halts_for_want_of_a_thread"
        ),
        "a shortage is an internal error": with_fault(
            "memory", fault="takes_a_shortage_for_an_incident"
        ),
    },
)
