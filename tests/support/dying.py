"""Hosts that die when they come to a point: the process of one, and what starts it."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from threadhost.events import failpoints

ROOT = Path(__file__).resolve().parents[2]
DIED = 9
"""The exit code of a process that died at its point."""
TIMEOUT_S = 30


def run_doomed(module: str, *words: object) -> tuple[int, str]:
    """Run a module of tests/support with these arguments; its exit code and output.

    Raises subprocess.TimeoutExpired.
    """
    done = subprocess.run(
        [sys.executable, "-m", f"tests.support.{module}", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        timeout=TIMEOUT_S,
        check=False,
        text=True,
    )
    return done.returncode, done.stdout


def died(run: tuple[int, str], point: str, times: int) -> bool:
    """Whether a process died when it had come to its point so often.

    One that did not has ended well, and came to it less often than others did.
    """
    code, output = run
    if code == DIED:
        return True
    assert code == 0
    assert json.loads(output).get(point, 0) <= times
    return False


class Doomed:
    """This process dies when it comes to `point` once more than so many times."""

    def __init__(self, points: Sequence[str], point: str, times: int) -> None:
        self.reached: Counter[str] = Counter()
        """How often it came to each point."""
        self._point, self._times = point, times
        for name in points:
            failpoints.arm(name, lambda name=name: self._reach(name))  # type: ignore[misc]

    def _reach(self, name: str) -> None:
        self.reached[name] += 1
        if name == self._point and self.reached[name] > self._times:
            os._exit(DIED)

    def survived(self) -> None:
        """Say how often each point was reached, and die of none any more."""
        failpoints.disarm()
        sys.stdout.write(json.dumps(self.reached))
        sys.stdout.flush()
