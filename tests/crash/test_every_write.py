"""Killed before every single write and sync of a session: all or nothing, each time."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.crash.mutants import MUTANTS
from tests.crash.shim import build

ROOT = Path(__file__).resolve().parent.parent.parent
SCENARIOS = ("start", "turn", "spawn", "delete_tree")
POINTS_MIN = 50
SOME = 41
"""The fast suite tries one point in so many."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("shim"))


def kill(
    library: Path, scenario: str, folder: Path, stride: int, mutant: str = ""
) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.points", "kill", scenario, str(folder), str(stride)],
        cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": str(library), "CRASH_MUTANT": mutant},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.timeout(120)
def test_killed_at_some_writes_of_a_deletion_nothing_is_half_done(
    library: Path, tmp_path: Path
) -> None:
    found = kill(library, "delete_tree", tmp_path, SOME)
    assert found["violations"] == []
    assert found["points"] > POINTS_MIN


@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_at_every_write_nothing_is_lost_or_half_done(
    library: Path, tmp_path: Path, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = kill(library, scenario, tmp_path, 1)
    with capsys.disabled():
        print(f"\nkilled at every write: {found}")  # noqa: T201
    assert found["violations"] == []
    assert found["kills"] == found["points"] > POINTS_MIN


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("mutant", "scenario"),
    [
        ("appends_each_stream_in_a_transaction_of_its_own", "spawn"),
        ("updates_views_in_a_transaction_of_their_own", "turn"),
        ("forgets_deletions_at_the_start", "delete_tree"),
    ],
)
def test_what_is_done_in_two_steps_is_seen_half_done(
    library: Path, tmp_path: Path, mutant: str, scenario: str
) -> None:
    found = kill(library, scenario, tmp_path, 1, mutant)
    symptom = MUTANTS[mutant][1]
    assert [fault for fault in found["violations"] if re.search(symptom, fault)], found
