"""Killed before every single write and sync of a session: all or nothing, each time."""

import re
from pathlib import Path

import pytest

from tests.crash.lives import kill
from tests.crash.mutants import MUTANTS, OF_A_SESSION, SEEN_AT_A_WRITE
from tests.crash.scenarios import SCENARIOS

POINTS_MIN = 50
SOME = 41
"""The fast suite tries one point in so many."""


@pytest.mark.slices
@pytest.mark.timeout(120)
def test_a_host_killed_at_some_writes_of_a_deletion_leaves_no_half_deletion(
    library: Path, tmp_path: Path
) -> None:
    found = kill(library, "delete_tree", tmp_path, SOME)
    assert found["violations"] == []
    assert found["points"] > POINTS_MIN


@pytest.mark.crash
@pytest.mark.timeout(900)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_host_killed_at_any_write_loses_no_event_and_leaves_no_half_change(
    library: Path, tmp_path: Path, scenario: str
) -> None:
    found = kill(library, scenario, tmp_path, 1)
    assert found["violations"] == []
    assert min(found["kills"], found["points"]) > POINTS_MIN  # how writes gather differs a little


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("mutant", "scenario"), SEEN_AT_A_WRITE.items())
def test_the_check_detects_work_that_is_done_in_two_steps(
    library: Path, tmp_path: Path, mutant: str, scenario: str
) -> None:
    found = kill(library, scenario, tmp_path, 1, mutant)
    symptom = (MUTANTS | OF_A_SESSION)[mutant][1]
    assert [fault for fault in found["violations"] if re.search(symptom, fault)], found
