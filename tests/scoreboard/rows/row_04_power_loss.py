"""Row 4: disks as a power cut could have left them."""

from collections import Counter

from tests.crash import shim
from tests.crash.images import faults_of_images
from tests.crash.lives import record
from tests.crash.mutants import SYNCING
from tests.crash.scenarios import SCENARIOS
from tests.scoreboard.row import Budget, Context, Counts, Row, held

IMAGES = 250
_fault: list[str] = []


def run(context: Context) -> Counts:
    """A recorded life a round, and so many images of it."""
    images: Counter[str] = Counter()
    library = shim.build(context.new_folder(lasting=True))
    for number in context.rounds():
        scenario = list(SCENARIOS)[(number + 1) % len(SCENARIOS)]
        folder = context.new_folder()
        record(library, scenario, folder, _fault[-1] if _fault else "")
        seed = context.random_of(number).randrange(10**6)
        looked_at, found = faults_of_images(folder, IMAGES, seed)
        images[scenario] += looked_at
        for fault in found:
            context.violates("A1 A2", f"{scenario}: {fault}")
    return {"images": images.total(), **{f"of {name}": n for name, n in images.items()}}


ROW = Row(
    number=4,
    title="power-loss images",
    invariants=("A1", "A2"),
    quick=Budget(20),
    long=Budget(4_000, seconds_max=3600),
    hunt=Budget(4),
    run=run,
    mutants={name.replace("_", " "): held(_fault, name) for name in SYNCING},
)
