"""The display of a running job: a bar on a terminal, else plain lines; failures as they come."""

from time import monotonic
from typing import Any, Self

from threadhost.adapters.cli.output import WHILE_READ, console, shown
from threadhost.adapters.cli.progress_bar import ProgressBar
from threadhost.events.words import pluralize

REASON_CHARS = 200
PARTS_SHOWN = 10
"""How many progress lines a job prints where there is no terminal."""


class JobBoard:
    """Shows one job, from the notifications that its client gets."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = console()
        self._quiet = quiet
        self._bar = ProgressBar(self._console, quiet=quiet)
        self._began: tuple[float, int] | None = None
        self._part_shown = -1

    def update(self, job: dict[str, Any], eta_s: int | None = None) -> None:
        """Show the present state of the job."""
        done = job["completedItems"] + job["failedItems"]
        now_s = monotonic()
        self._began = self._began or (now_s, done)
        since_s, before = self._began
        rate = (done - before) / (now_s - since_s) if now_s > since_s else 0.0
        words = self._words(job, rate, eta_s)
        if self._bar.is_shown:
            self._bar.update(done, job["totalItems"], words)
        elif not self._quiet:
            part = PARTS_SHOWN * done // max(1, job["totalItems"])
            if part > self._part_shown:
                self._part_shown = part
                self._print(f"{done} of {job['totalItems']}: {words}")

    def failed(self, row_index: int, error: str) -> None:
        """Show that a row failed for good."""
        if not self._quiet:
            self._print(f"row {row_index + 1} failed: {shown(error, REASON_CHARS)}")

    def _print(self, line: str) -> None:
        with WHILE_READ:
            self._console.print(line)

    def __enter__(self) -> Self:
        self._bar.show()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.end()

    def _words(self, job: dict[str, Any], rate: float, eta_s: int | None) -> str:
        words = [f"{job['runningItems']} running", f"{job['failedItems']} failed"]
        if rate:
            words.append(f"{rate:.1f} a second")
        if eta_s is not None and job["pendingItems"] + job["runningItems"]:
            words.append(f"{duration(eta_s)} left")
        return ", ".join(words)


def duration(seconds: int) -> str:
    """A time in its largest units, precise enough for display."""
    for unit_s, unit, smaller in ((86_400, "d", "h"), (3_600, "h", "min"), (60, "min", "s")):
        if seconds >= unit_s:
            remainder = seconds % unit_s // {"h": 3_600, "min": 60, "s": 1}[smaller]
            return f"{seconds // unit_s} {unit} {remainder} {smaller}"
    return f"{seconds} s"


def outcome(job: dict[str, Any]) -> str:
    """The result of a job, as text."""
    rows = pluralize(job["completedItems"], "row")
    words = f"{job['status']}: {rows} completed, {job['failedItems']} failed"
    return f"{words}; {shown(job['error'], REASON_CHARS)}" if job["error"] else words
