"""Lives of a host under the shim, in a process that nothing else runs in."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def kill(library: Path, scenario: str, folder: Path, stride: int, mutant: str = "") -> Any:
    """Kill a host before every `stride`-th write; counts and violations."""
    return _points(library, mutant, "kill", scenario, str(folder), str(stride))


def record(library: Path, scenario: str, folder: Path, mutant: str = "") -> None:
    """One life of a host, with its writes, syncs and answers in a file."""
    found = _points(library, mutant, "record", scenario, str(folder))
    if not found["survived"]:
        raise AssertionError(f"the scenario {scenario} did not come to its end")


def in_trouble(
    library: Path,
    what: str,
    scenario: str,
    folder: Path,
    stride: int,
    seconds_max: float,
    **more: str,
) -> Any:
    """Lives on a disk that is `full` or whose `sync` fails, at every write or sync in turn.

    Likewise, with `module="short"`, of a host that is short of `files`, `inodes` or `threads`.
    """
    words = what, scenario, str(folder), str(stride), str(seconds_max)
    return _answer(more.get("module", "scarce"), library, more.get("mutant", ""), *words)


def _points(library: Path, mutant: str, *words: str) -> Any:
    return _answer("points", library, mutant, *words)


def _answer(module: str, library: Path, mutant: str, *words: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.crash.{module}", *words],
        cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": str(library), "CRASH_MUTANT": mutant},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)
