"""A reply means on disk: whatever a power cut leaves of what was not synced."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import SystemRandom

import pytest

from tests.crash.images import faults_of_images
from tests.crash.shim import build

ROOT = Path(__file__).resolve().parent.parent.parent
SCENARIOS = ("start", "turn", "spawn", "delete_tree")
SOME, MANY = 60, 1_300


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("shim"))


def record(library: Path, scenario: str, folder: Path, mutant: str = "") -> None:
    """One life of a host, with its writes, syncs and answers in a file."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.points", "record", scenario, str(folder)],
        cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": str(library), "CRASH_MUTANT": mutant},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["survived"], done.stderr


@pytest.mark.timeout(120)
def test_some_power_cuts_during_turns_lose_nothing(library: Path, tmp_path: Path) -> None:
    record(library, "turn", tmp_path)
    images, faults = faults_of_images(tmp_path, SOME, seed=1)
    assert faults == []
    assert images == SOME


@pytest.mark.crash
@pytest.mark.timeout(900)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_power_cuts_at_any_moment_lose_nothing(
    library: Path, tmp_path: Path, scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = SystemRandom().randrange(10**6)
    record(library, scenario, tmp_path)
    images, faults = faults_of_images(tmp_path, MANY, seed)
    with capsys.disabled():
        print(f"\npower loss, {scenario}: {images} images, {len(faults)} bad; seed {seed}")  # noqa: T201
    assert faults[:5] == []
    assert images > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", ["syncs_at_checkpoints_only", "never_syncs"])
def test_a_host_that_syncs_less_is_seen_to_lose(library: Path, tmp_path: Path, mutant: str) -> None:
    record(library, "turn", tmp_path, mutant)
    _, faults = faults_of_images(tmp_path, 5 * SOME, seed=1)
    assert [fault for fault in faults if "acknowledged and lost" in fault]
