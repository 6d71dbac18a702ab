"""Conservation: rows by the thousand, whose workers lie, hang and are deleted, whose host dies."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.dying import ROOT
from tests.support.job_truth import faults
from tests.support.store import database_of, now
from threadhost.events.job import JobItemRequeued
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

LIFE_S = (0.5, 5.0)
SEED = 11
ENOUGH = ("assigned thread was deleted", "the host was restarted", "worker exceeded max runtime")
"""Whoever does not see these in a storm has seen none."""


@contextmanager
def host(home: Path, rows: int, seed: int) -> Iterator["subprocess.Popen[str]"]:
    """A host with the job, in a process of its own, which is dead afterwards."""
    words = (sys.executable, "-m", "tests.support.job_storm", str(home), str(rows), str(seed))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        try:
            yield process
        finally:
            process.kill()


def storm(home: Path, rows: int, lives: int, seed: int) -> int:
    """Kill so many hosts, at most, at random, and let the last one finish; how many were killed."""
    chance, kills = random.Random(seed), 0
    for life in range(lives):
        with host(home, rows, seed * 1000 + life + 1) as process:
            try:
                process.wait(chance.uniform(*LIFE_S))
                break
            except subprocess.TimeoutExpired:
                kills += 1
    with host(home, rows, 0) as process:
        assert process.wait() == 0
    return kills


def after(home: Path, rows: int) -> Counter[str]:
    """Why rows waited again; every row ended, once for each time that it was begun anew."""
    with closing(ReadOnlyLog.open(home)) as log:
        assert faults(log) == []
        names = "status, total, pending, running, completed + failed"
        [job] = database_of(log).rows(f"SELECT {names} FROM agent_jobs")
        assert tuple(job) == ("completed", rows, 0, 0, rows)
        events = [fact.event for fact in now(log.read(0, 10**7))]
    return Counter(event.error for event in events if isinstance(event, JobItemRequeued))


@pytest.mark.slices
@pytest.mark.timeout(180)
def test_every_row_of_a_job_ends_once_though_its_host_is_killed_under_fire(tmp_path: Path) -> None:
    storm(tmp_path / "home", 200, 3, SEED)
    after(tmp_path / "home", 200)


@pytest.mark.crash
@pytest.mark.timeout(3600)
def test_every_row_of_ten_thousand_ends_once_though_their_host_is_killed_at_random(
    tmp_path: Path,
) -> None:
    kills = storm(tmp_path / "home", 10_000, 100, SEED)
    again = after(tmp_path / "home", 10_000)
    print(f"{kills} kills, again: {dict(again)}")  # noqa: T201  (shown with -s)
    assert all(again[reason] for reason in ENOUGH)
