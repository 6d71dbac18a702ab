"""Row 3: a kill before every write and sync of a session."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.crash import mutants, shim
from tests.crash.lives import kill
from tests.crash.scenarios import SCENARIOS
from tests.scoreboard.row import Budget, Context, Counts, Row

_hunted: list[tuple[str, str]] = []
"""The fault that is in place, and the scenario that shows it."""


def run(context: Context) -> Counts:
    """One scenario a round, all its points."""
    counts: dict[str, int | float | str] = {"kills": 0, "acknowledged": 0}
    library = shim.build(context.new_folder(lasting=True))
    for number in context.rounds():
        # Where the time ends before the last one, another is the last with the next seed.
        turn = (context.seed + number) % len(SCENARIOS)
        fault, scenario = _hunted[-1] if _hunted else ("", list(SCENARIOS)[turn])
        found = kill(library, scenario, context.new_folder(), 1, fault)
        for what in ("kills", "acknowledged"):
            counts[what] = int(counts[what]) + found[what]
        counts[f"points of {scenario}"] = found["points"]
        for violation in found["violations"]:
            context.violates("A1 A2 P2 D1", violation)
    return counts


def with_fault(name: str, scenario: str) -> Callable[[], AbstractContextManager[None]]:
    """The host that is killed has this fault."""

    @contextmanager
    def inside() -> Iterator[None]:
        _hunted.append((name, scenario))
        try:
            yield
        finally:
            _hunted.pop()

    return inside


ROW = Row(
    number=3,
    title="a kill before every write and sync of start, turn, queue, spawn, fork, archive, delete",
    invariants=("A1", "A2", "A3", "P2", "D1"),
    quick=Budget(len(SCENARIOS), seconds_max=600),
    long=Budget(10 * len(SCENARIOS), seconds_max=3600),
    hunt=Budget(1),
    run=run,
    mutants={
        name.replace("_", " "): with_fault(name, scenario)
        for name, scenario in mutants.SEEN_AT_A_WRITE.items()
    },
)
