"""Row 5: a full disk at every write of a session, and a failed sync at every sync of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.crash import shim
from tests.crash.lives import in_trouble
from tests.scoreboard.row import Budget, Context, Counts, Row

SCENARIOS = "start", "turn", "delete_tree", "give_back"
ROUNDS = [(what, scenario) for what in ("sync", "full") for scenario in SCENARIOS]
STRIDE = 16
ROUND_S_MAX = 420.0
_faulty: list[tuple[str, str, str]] = []
"""The fault that is in place; the trouble and the scenario that show it."""


def run(context: Context) -> Counts:
    """One trouble of one scenario a round, at all its points."""
    counts: Counter[str] = Counter()
    points: Counts = {}
    library = shim.build(context.new_folder(lasting=True))
    for number in context.rounds():
        fault, what, scenario = _faulty[-1] if _faulty else ("", *ROUNDS[number % len(ROUNDS)])
        found = in_trouble(
            library, what, scenario, context.new_folder(), STRIDE, ROUND_S_MAX, mutant=fault
        )
        tried = found["counts"].pop("tried", 0)
        counts.update({f"{name}, {what}": times for name, times in found["counts"].items()})
        points[f"{what} {scenario}"] = f"{tried} of {found['points']}"
        for violation in found["violations"]:
            context.violates("A1 A2 V1 S1", violation)
    return points | dict(sorted(counts.items()))


def with_fault(name: str, what: str, scenario: str) -> Callable[[], AbstractContextManager[None]]:
    """The host in trouble has this fault."""

    @contextmanager
    def inside() -> Iterator[None]:
        _faulty.append((name, what, scenario))
        try:
            yield
        finally:
            _faulty.pop()

    return inside


ROW = Row(
    number=5,
    title="a full disk at every write, a failed sync at every sync: start, turn, tree delete",
    invariants=("A1", "A2", "V1", "S1"),
    quick=Budget(len(ROUNDS), seconds_max=1500),
    long=Budget(10 * len(ROUNDS), seconds_max=3600),
    hunt=Budget(1),
    run=run,
    mutants={
        "OperationalError is swallowed": with_fault(
            "swallows_what_the_driver_says", "full", "turn"
        ),
        "a failed sync is tried again": with_fault("goes_on_after_a_failed_sync", "sync", "turn"),
    },
)
