"""A row of the scoreboard: what it tries to break, how much of it, and what it counted.

How to add one: a module `tests/scoreboard/rows/row_NN_name.py` with a `ROW`:

    def run(context: Context) -> Counts:
        killed = 0
        for number in context.rounds():             # until budget.n rounds or seconds_max are over
            random = context.random_of(number)      # the same for the same seed and round
            home = context.new_folder()             # kept only if this round violates something
            ...
            context.note(op="start", thread=id)     # the history, saved beside the files
            if lost:
                context.violates("A1", f"{lost} acknowledged events are gone")
            killed += 1
        return {"kills": killed, "ready p50 ms": 12.5}

    ROW = Row(
        number=7,
        title="projection killed at random",
        invariants=("P1", "P2"),
        quick=Budget(300),                          # `make scoreboard`; under 2 minutes
        long=Budget(20_000, seconds_max=3600),      # `make scoreboard-long`
        fast=Budget(5, seconds_max=3),              # a test of the fast suite; None: not there
        run=run,
        mutants={"views applied outside the transaction": views_outside},
    )

`run` is a plain function (`asyncio.run` inside where it is needed) and may raise `Violation`, or
say `context.violates(...)` and go on. Any other exception is a violation, too: of nothing named.
It prints nothing. Counts are shown as they are, zeros included: name what was done, never what
was hoped for.

A mutant is a function without arguments that returns a context manager: inside it the deliberate
fault is in place, in this process. The row must turn red under each of its mutants; it is stopped
at its first violation then. A row whose servers are processes of their own starts these with
`python -m tests.scoreboard.bootstrap`, and its mutant is `in_children("module", "function")`.

`python -m tests.scoreboard --only 7 --seed S --round N` does one round again.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

Counts = dict[str, int | float | str]
Mutant = Callable[[], AbstractContextManager[object]]


class Violation(AssertionError):
    """A promise is broken."""


class Enough(Exception):
    """The mutant was found: no need to go on."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a run does: `n` rounds of whatever the row repeats, fewer if the time is over."""

    n: int
    seconds_max: float = 110.0


@dataclass(slots=True)
class Context:
    """One run of one row: its seed, its budget, its files, its history and what it found."""

    seed: int
    budget: Budget
    stop_at_first: bool = False
    """A mutant is in place: one violation is all that is wanted."""
    only_round: int | None = None
    violations: list[str] = field(default_factory=list)
    round: int = 0
    rounds_done: int = 0
    kept: list[Path] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _folders: list[Path] = field(default_factory=list)
    _lasting: list[Path] = field(default_factory=list)
    _history: list[dict[str, object]] = field(default_factory=list)
    _evidenced: int = 0

    def rounds(self) -> Iterator[int]:
        """The rounds to do; folders and history of one without violation are dropped."""
        numbers = range(self.budget.n) if self.only_round is None else (self.only_round,)
        for number in numbers:
            if number and self.is_late:
                return
            self.round = number
            yield number
            self.rounds_done += 1
            self.drop()

    @property
    def is_late(self) -> bool:
        """Whether the time for this run is over."""
        return self.seconds > self.budget.seconds_max

    @property
    def seconds(self) -> float:
        """How long this run takes already."""
        return time.monotonic() - self._began

    def random_of(self, number: int = 0) -> Random:
        """The source of chance of a round."""
        return Random(f"{self.seed}/{number}")

    def new_folder(self, *, lasting: bool = False) -> Path:
        """A fresh folder, in memory where there is such a place; gone with its round.

        A lasting one is shared by rounds, and gone with the run or once it is released.
        """
        memory = Path("/dev/shm")
        parent = memory if memory.is_dir() else None
        folder = Path(tempfile.mkdtemp(prefix="threadhost-row-", dir=parent))
        (self._lasting if lasting else self._folders).append(folder)
        return folder

    def release(self, folder: Path) -> None:
        """A lasting folder is needed no more."""
        self._lasting.remove(folder)
        shutil.rmtree(folder, ignore_errors=True)

    def note(self, **entry: object) -> None:
        """Write down what was done or heard."""
        self._history.append({"round": self.round, **entry})

    def violates(self, invariant: str, what: str) -> None:
        """A promise is broken: keep the evidence, go on (unless a mutant is being looked for)."""
        self.violations.append(f"{invariant}: {what} (round {self.round})")
        if self.stop_at_first:
            raise Enough

    def drop(self) -> None:
        """Let go of the round's files and history; what broke a promise is kept as evidence."""
        keep = len(self.violations) > self._evidenced
        self._evidenced = len(self.violations)
        folders, self._folders = self._folders, []
        history, self._history = self._history, []
        if keep and not self.stop_at_first:
            folder = Path(tempfile.mkdtemp(prefix="threadhost-violation-"))
            lines = (json.dumps(entry, default=str) + "\n" for entry in history)
            (folder / "history.jsonl").write_text("".join(lines))
            for number, source in enumerate([*folders, *self._lasting]):
                if source.is_dir():
                    shutil.copytree(source, folder / str(number), ignore=_not_plain)
            self.kept.append(folder)
        for source in folders:
            shutil.rmtree(source, ignore_errors=True)

    def finish(self) -> None:
        """The run is over."""
        self.drop()
        for folder in tuple(self._lasting):
            self.release(folder)


def _not_plain(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_socket()]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the scoreboard."""

    number: int
    title: str
    invariants: tuple[str, ...]
    quick: Budget
    long: Budget
    run: Callable[[Context], Counts]
    mutants: Mapping[str, Mutant]
    fast: Budget | None = None
    hunt: Budget | None = None
    """How much is done under a mutant at most; `quick` if None."""


def held(faults: list[str], name: str) -> Mutant:
    """The mutant of a row whose servers read from this list which fault they are to have."""

    @contextmanager
    def inside() -> Iterator[None]:
        faults.append(name)
        try:
            yield
        finally:
            faults.pop()

    return inside
