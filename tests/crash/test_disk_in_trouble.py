"""No space, or a sync that fails: refused in clear words, nothing lost, and on it goes."""

from pathlib import Path

import pytest

from tests.crash.lives import in_trouble

SECONDS_MAX = 20.0
SOME = 90
"""The tests of a moment try one point in so many."""


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("what", ["full", "sync"])
def test_a_disk_in_trouble_loses_nothing_and_is_told_in_clear_words(
    library: Path, tmp_path: Path, what: str
) -> None:
    found = in_trouble(library, what, "turn", tmp_path, SOME, SECONDS_MAX)
    assert found["violations"] == []
    assert found["counts"]["tried"]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_host_that_goes_on_after_a_failed_sync_is_noticed(library: Path, tmp_path: Path) -> None:
    mutant = "goes_on_after_a_failed_sync"
    found = in_trouble(library, "sync", "turn", tmp_path, 1, SECONDS_MAX, mutant=mutant)
    assert "goes on after" in "".join(found["violations"])
