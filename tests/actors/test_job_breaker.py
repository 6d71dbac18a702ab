"""Jobs of several threads against random acts of clients, while their host is killed at random."""

import os
import random
import subprocess
import sys
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.dying import ROOT
from tests.support.job_breaker import ROWS
from tests.support.job_truth import faults
from tests.support.shares import shared_out
from tests.support.store import database_of, now
from threadhost.events.ids import job_of
from threadhost.events.job import JobDeletionBegun
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

LIFE_S = (1.5, 5.0)
CALM_S = 120
SEEDS = shared_out(8, of_slices=1)
OVER = ("completed", "cancelled")
"""How a job may end: no input is damaged here, and no job has a deadline."""


def life(home: Path, seed: int, seconds: float) -> list[list[str]]:
    """What a host said until it was killed; one that nobody breaks has to end well by then."""
    words = (sys.executable, "-m", "tests.support.job_breaker", str(home), str(seed))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        try:
            assert process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            assert seed, "jobs come to no end"
        finally:
            process.kill()
        return [line.split() for line in process.stdout]


def lives(home: Path, seed: int, count: int) -> dict[str, set[tuple[str, ...]]]:
    """What so many hosts said that were killed, and one that let everything come to its end."""
    chance, said = random.Random(seed), defaultdict[str, set[tuple[str, ...]]](set)
    for number in range(count):
        for word, *more in life(home, 100 * seed + number + 1, chance.uniform(*LIFE_S)):
            said[word].add(tuple(more))
    life(home, 0, CALM_S)
    return said


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
def test_no_job_and_no_row_is_lost_whatever_clients_and_crashes_do(
    tmp_path: Path, seed: int
) -> None:
    home = tmp_path / "home"
    said = lives(home, seed + 1, 3)
    assert not said["odd"]
    with closing(ReadOnlyLog.open(home)) as log:
        assert faults(log) == []
        names = "job_id, runner_id, status, total, completed"
        jobs = {row[0]: row for row in database_of(log).rows(f"SELECT {names} FROM agent_jobs")}
        facts = now(log.read(0, 10**7))
    gone = {job_of(fact.stream) for fact in facts if fact.kind == JobDeletionBegun.kind}
    created = {job_id for job_id, _ in said["created"]}
    assert created - jobs.keys() <= gone
    assert jobs.keys().isdisjoint(job_id for (job_id,) in said["deleted"])
    for row in jobs.values():
        assert row[2] in OVER, row
        assert row[2] == "cancelled" or (row[3], row[4]) == (ROWS, ROWS), row
