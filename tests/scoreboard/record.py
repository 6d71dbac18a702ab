"""Results: one JSON line each, the newest of every row and kind kept, and the document of them."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from tests.scoreboard.invariants import INVARIANTS
from tests.scoreboard.row import Context, Counts, Row

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("results.jsonl")
DOCUMENT = ROOT / "docs" / "scoreboard.md"
VIOLATIONS_SHOWN = 5
VIOLATIONS_KEPT = 20
VIOLATION_CHARS_MAX = 300
TRACED = re.compile(r'Traceback|\s*File "')
FOLDERS = re.compile(r"(?<![\w.])/(?:[\w.@+-]+/)+")
OPENING = """\
# Scoreboard of reliability

Each row of the scoreboard tries to break invariants of the host: it kills processes, damages files,
fills disks or sends hostile input, and counts the violations of the [invariants](#invariants).
Made by `make scoreboard`, `make scoreboard-long` and `make scoreboard-mutants`; do not edit.

Each line is the newest run of its kind. To repeat a run, or one round of it:
`python -m tests.scoreboard --only ROW --seed SEED --round N`. A `+` after the commit says that
files had changed since. `load` is the load of the machine, which did other work, too.
"""
CLOSING = """
Machines: {machines}.

Not covered: drives that lie about a flush, flipped bits in memory, a hostile root, other file
systems, macOS.
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What one run of a row came to."""

    row: int
    what: str
    invariants: str
    kind: str
    """`fast`, `quick`, `long` or `mutant`."""
    mutant: str
    rounds: str
    counts: Counts
    violations: Sequence[str]
    kept: Sequence[str]
    seconds: float
    seed: int
    commit: str
    machine: str
    date: str
    load: float = 0.0
    """Of the machine, averaged over a minute: what else it did."""

    @classmethod
    def of(
        cls, row: Row, kind: str, context: Context, counts: Counts, mutant: str = ""
    ) -> "Result":
        """The result of a run that is over."""
        return cls(
            row=row.number,
            what=row.title,
            invariants=" ".join(row.invariants),
            kind=kind,
            mutant=mutant,
            rounds=f"{context.rounds_done}/{context.budget.n}",
            counts=counts,
            violations=context.violations,
            kept=[str(folder) for folder in context.kept],
            seconds=round(context.seconds, 1),
            seed=context.seed,
            commit=commit(),
            machine=machine(),
            date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
            load=round(os.getloadavg()[0], 1),
        )

    @property
    def key(self) -> tuple[int, str, str]:
        """What a newer result takes the place of."""
        return self.row, self.kind, self.mutant

    @property
    def is_bad(self) -> bool:
        """Whether a promise was broken, or a mutant went unnoticed."""
        return bool(self.violations) != (self.kind == "mutant")

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if self.kind == "mutant":
            return "red, as it has to be" if self.violations else "STAYS GREEN"
        return f"{len(self.violations)} VIOLATIONS" if self.violations else "0 violations"

    @property
    def noticed(self) -> str:
        """What gave a mutant away."""
        return " ".join(self.violations[0].split())[:160] if self.violations else "nothing"

    @property
    def again(self) -> str:
        """The command that does the same once more."""
        form = {"long": " --long", "fast": " --fast", "mutant": " --mutants"}.get(self.kind, "")
        return f"python -m tests.scoreboard{form} --only {self.row} --seed {self.seed}"

    def line(self) -> str:
        """For the terminal; with the evidence, if there is any."""
        what = f"mutant: {self.mutant}: {self.noticed}" if self.mutant else shown(self.counts)
        text = f"{self.row:>3}  {self.what}: {self.verdict}; rounds {self.rounds}; {what}"
        text += f"; {self.seconds} s at load {self.load}, seed {self.seed}"
        text += f", {self.commit}, {self.machine}"
        if self.is_bad:
            text += "".join(f"\n     {some}" for some in self.violations[:VIOLATIONS_SHOWN])
            text += "".join(f"\n     kept: {folder}" for folder in self.kept[:VIOLATIONS_SHOWN])
            text += f"\n     again: {self.again}"
        return text


def shown(counts: Mapping[str, int | float | str]) -> str:
    """Counts in a line."""
    return ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}"
        for name, value in counts.items()
    )


def load() -> list[Result]:
    """The results that were kept."""
    if not RESULTS.exists():
        return []
    return [Result(**json.loads(line)) for line in RESULTS.read_text().splitlines()]


def save(results: Iterable[Result]) -> None:
    """Keep the newest of each row and kind, one JSON line each."""
    newest = {result.key: result for result in results}
    lines = (json.dumps(_without_machine(newest[key])) + "\n" for key in sorted(newest))
    RESULTS.write_text("".join(lines))


def _without_machine(result: Result) -> dict[str, object]:
    """What others can read, too: no folders of this machine, of a traceback its last line."""
    told = []
    for violation in result.violations[:VIOLATIONS_KEPT]:
        lines = violation.strip().splitlines()
        text = lines[-1] if any(TRACED.match(line) for line in lines) else violation
        told.append(" ".join(FOLDERS.sub("", text).split())[:VIOLATION_CHARS_MAX])
    return {**asdict(result), "kept": [], "violations": told}


def write_document(results: Sequence[Result]) -> None:
    """Generate the document of the scoreboard."""
    runs = [r for r in results if r.kind in ("quick", "long")]
    mutants = [r for r in results if r.kind == "mutant"]
    machines = "; ".join(sorted({result.machine for result in results}))
    parts = [
        OPENING,
        "## Results\n",
        (
            "| row | test | invariants | run | rounds | counts | violations | s | load | seed |"
            " commit | on |"
        ),
        "| --: | --- | --- | --- | --: | --- | --: | --: | --: | --: | --- | --- |",
        *(_run_line(result) for result in runs),
        "\n## Mutants: deliberate faults, each of which its row must detect\n",
        "| row | mutant | detected violation | s | seed | commit | on |",
        "| --: | --- | --- | --: | --: | --- | --- |",
        *(_mutant_line(result) for result in mutants),
        "\n## Invariants\n",
        "| name | invariant |",
        "| --- | --- |",
        *(f"| {name} | {text} |" for name, text in INVARIANTS.items()),
        CLOSING.format(machines=machines),
    ]
    DOCUMENT.write_text("\n".join(parts))


def _run_line(r: Result) -> str:
    cells = (
        *(r.row, r.what, r.invariants, r.kind, r.rounds, shown(r.counts), len(r.violations)),
        *(r.seconds, r.load, r.seed, r.commit, r.date),
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def _mutant_line(r: Result) -> str:
    noticed = r.noticed.replace("|", " ") if r.violations else "**no**"
    cells = r.row, r.mutant, noticed, r.seconds, r.seed, r.commit, r.date
    return "| " + " | ".join(map(str, cells)) + " |"


@cache
def commit() -> str:
    """The commit; with a `+` if the working tree differs from it."""
    head = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "*.py")
    return head + ("+" if changed else "")


@cache
def machine() -> str:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} x {platform.machine()}, {memory:.0f} GiB, {platform.system()},"
        f" Python {platform.python_version()}"
    )


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()
