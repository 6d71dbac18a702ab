"""No file, inode or thread to be had for a while: refused in clear words, and nothing stops."""

from pathlib import Path

import pytest

from tests.crash.lives import in_trouble

SECONDS_MAX = 20.0
SOME = 20
FEW_SECONDS = 2.0


def _short(
    library: Path, what: str, scenario: str, folder: Path, seconds: float, **more: str
) -> str:
    found = in_trouble(library, what, scenario, folder, SOME, seconds, module="short", **more)
    assert found["counts"]["tried"]
    return "\n".join(found["violations"])


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("what", ["files", "inodes", "threads"])
def test_a_host_without_files_inodes_or_threads_refuses_and_goes_on(
    library: Path, tmp_path: Path, what: str
) -> None:
    assert _short(library, what, "turn", tmp_path, SECONDS_MAX) == ""


@pytest.mark.slices
@pytest.mark.timeout(60)
@pytest.mark.parametrize("what", ["files", "threads"])
def test_a_host_without_files_or_threads_for_a_moment_goes_on(
    library: Path, tmp_path: Path, what: str
) -> None:
    assert _short(library, what, "turn", tmp_path, FEW_SECONDS) == ""


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_check_detects_a_host_that_takes_a_missing_file_for_a_broken_store(
    library: Path, tmp_path: Path
) -> None:
    mutant = "takes_a_shortage_for_a_broken_store"
    said = _short(library, "files", "turn", tmp_path, SECONDS_MAX, mutant=mutant)
    assert "the store failed" in said
