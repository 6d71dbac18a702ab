"""Copies of a home, and views made anew, that die or find no space at a write: nothing is half."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.crash.lives import ROOT

POINTS_MIN = 30
KINDS = "backup", "restore", "erase", "rebuild", "remake", "upgrade"
SOME = 13
"""The tests of a moment try one point in so many."""


def lived(library: Path, folder: Path, *words: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.copies", *words[:2], str(folder), words[2]],
        cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": str(library)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slices
@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", ["kill", "full"])
def test_a_kill_or_full_disk_at_some_writes_leaves_no_half_copy_or_rebuild(
    library: Path, tmp_path: Path, what: str, kind: str
) -> None:
    found = lived(library, tmp_path, what, kind, str(SOME))
    assert found["violations"] == []
    assert found["points"] > POINTS_MIN


@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", ["kill", "full"])
def test_a_kill_or_full_disk_at_any_write_leaves_no_half_copy_or_rebuild(
    library: Path, tmp_path: Path, what: str, kind: str
) -> None:
    found = lived(library, tmp_path, what, kind, "1")
    assert found["violations"] == []
    assert found["tried"] == found["points"] > POINTS_MIN
