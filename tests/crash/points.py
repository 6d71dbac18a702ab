"""Dying before the N-th write or sync, for every N: `python -m tests.crash.points`, under the shim.

points kill SCENARIO FOLDER STRIDE    every STRIDE-th point; prints counts as one JSON line
points record SCENARIO FOLDER         one life, its writes in FOLDER/trace
"""

import asyncio
import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.crash import shim, verifier
from tests.crash.mutants import MUTANTS, OF_A_SESSION, SYNCING
from tests.crash.reader import Home
from tests.crash.scenarios import SCENARIOS, play, reopen, seed
from tests.scoreboard.forks import Fork, Tell

LIFE_S = 30.0
VIOLATIONS_MAX = 5
Json = dict[str, Any]


def live(work: Callable[[Tell], None]) -> tuple[list[Json], bool]:
    """What a child told before it ended or died, and whether it came to its end."""

    def child(tell: Tell, _told: int) -> None:
        work(tell)
        tell(end=True)

    with Fork(child) as fork:
        while fork.next(LIFE_S) is not None:
            pass
    return fork.heard, any("end" in report for report in fork.heard)


def operations(reports: list[Json]) -> list[Json]:
    """Requests with what is known of each: a later report adds to an earlier one."""
    found: dict[int, Json] = {}
    for report in reports:
        if "n" in report:
            found.setdefault(report["n"], {}).update(report)
    return list(found.values())


def prepared(name: str, folder: Path) -> tuple[list[str], list[Json]]:
    """A home to begin with in FOLDER/base: the threads in it, and how they came to be."""
    base = folder / "base"
    base.mkdir()
    if not SCENARIOS[name][0]:
        base.rmdir()
        return [], []
    reports, _ = live(lambda tell: asyncio.run(seed(base, tell)))
    threads = next(report["threads"] for report in reports if "threads" in report)
    return threads, reports


def copied(folder: Path, number: int) -> Path:
    """The home to begin with, once more."""
    home = folder / f"home-{number}"
    if (folder / "base").exists():
        shutil.copytree(folder / "base", home)
    else:
        home.mkdir()
    return home


def kill(name: str, folder: Path, stride: int) -> Json:
    """Die at every point, look at what is left, start again, look again."""
    threads, before = prepared(name, folder)
    violations: list[str] = []
    points = kills = acknowledged = 0
    for point in itertools.count(1, stride):
        home = copied(folder, point)

        def life(tell: Tell, home: Path = home, point: int = point) -> None:
            shim.arm(home, point)
            asyncio.run(play(name, home, threads, len(operations(before)), tell))
            tell(points=shim.count())

        reports, survived = live(life)
        found = faults(home, operations([*before, *reports]))
        violations += [f"{name}, killed before write {point}: {fault}" for fault in found]
        acknowledged += sum(report.get("outcome") == "ok" for report in reports)
        if survived:
            points = next(report["points"] for report in reports if "points" in report)
        if survived or len(violations) > VIOLATIONS_MAX:
            break
        kills += 1
        shutil.rmtree(home)
    return {
        "scenario": name,
        "points": points,
        "kills": kills,
        "acknowledged": acknowledged,
        "violations": violations,
    }


def faults(home: Path, asked: list[Json]) -> list[str]:
    """What is wrong right after a death, and after the next start."""
    history = home.with_suffix(".jsonl")
    history.write_text("".join(json.dumps(o) + "\n" for o in asked))
    found = []
    if any(o["outcome"] == "ok" for o in asked):  # before that, files may be half made
        found = verifier.check(home, history, at_rest=False)
    _, started = live(lambda _tell: asyncio.run(reopen(home)))
    if not started:
        return [*found, "the host does not start again"]
    left = [*verifier.check(home, history), *kept(home)]
    return found + [f"after a start: {fault}" for fault in left]


def kept(home_path: Path) -> list[str]:
    """What a host still has of deleted threads that has given back all it can."""
    home = Home(home_path)
    try:
        gone = {f"thread-{thread}" for thread in home.closed}
        rows = [row for row in home.rows if row[2] in gone and row[9] is not None and not row[11]]
        return [f"{row[0]}: is deleted, its payload is not" for row in rows if row[10] is not None]
    finally:
        home.close()


def record(name: str, folder: Path) -> Json:
    """One life with every write, sync and answer in FOLDER/trace."""
    threads, before = prepared(name, folder)
    home = copied(folder, 0)
    shutil.copytree(home, folder / "first")
    trace = os.open(folder / "trace", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def life(tell: Tell) -> None:
        def told(**report: Any) -> None:
            shim.mark(json.dumps(report))
            tell(**report)

        shim.arm(home, 0, trace)
        asyncio.run(play(name, home, threads, len(operations(before)), told))

    _, survived = live(life)
    os.close(trace)
    (folder / "before.json").write_text(json.dumps(before))
    return {"scenario": name, "survived": survived}


def main() -> None:
    """Do what the command line says, with the fault that the environment names."""
    if mutant := os.environ.get("CRASH_MUTANT"):
        (MUTANTS | SYNCING | OF_A_SESSION)[mutant][0]()
    what, name, folder, *rest = sys.argv[1:]
    stride = int(rest[0]) if rest else 1
    modes: dict[str, Callable[[str, Path], Json]] = {
        "kill": partial(kill, stride=stride),
        "record": record,
    }
    result = modes[what](name, Path(folder))
    print(json.dumps(result))  # noqa: T201  (the answer to whoever started this)


if __name__ == "__main__":
    main()
