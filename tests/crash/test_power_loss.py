"""A reply means on disk: whatever a power cut leaves of what was not synced."""

from pathlib import Path

import pytest

from tests.crash.images import faults_of_images
from tests.crash.lives import record
from tests.crash.mutants import SYNCING

SOME = 60


@pytest.mark.slices
@pytest.mark.timeout(120)
def test_some_power_cuts_during_turns_lose_nothing(library: Path, tmp_path: Path) -> None:
    record(library, "turn", tmp_path)
    images, faults = faults_of_images(tmp_path, SOME, seed=1)
    assert faults == []
    assert images == SOME


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", SYNCING)
def test_the_check_detects_a_host_that_syncs_less(
    library: Path, tmp_path: Path, mutant: str
) -> None:
    record(library, "turn", tmp_path, mutant)
    _, faults = faults_of_images(tmp_path, 5 * SOME, seed=1)
    assert [fault for fault in faults if "acknowledged and lost" in fault]
