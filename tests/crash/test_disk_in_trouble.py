"""No space, or a sync that fails: refused in clear words, nothing lost, and on it goes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.lives import ROOT, in_trouble
from tests.crash.verifier import check
from threadhost.adapters.cli.serve import STORE_FAILED

SECONDS_MAX = 20.0
SOME = 90
"""The tests of a moment try one point in so many."""
LATE_SYNC = 20
"""A sync after the start, in the middle of the requests."""
HELLO = {"clientInfo": {"name": "test", "version": "1"}}


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("what", ["full", "sync"])
def test_a_full_disk_or_failed_sync_loses_no_event_and_is_logged_clearly(
    library: Path, tmp_path: Path, what: str
) -> None:
    found = in_trouble(library, what, "turn", tmp_path, SOME, SECONDS_MAX)
    assert found["violations"] == []
    assert found["counts"]["tried"]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_check_detects_a_host_that_goes_on_after_a_failed_sync(
    library: Path, tmp_path: Path
) -> None:
    mutant = "goes_on_after_a_failed_sync"
    found = in_trouble(library, "sync", "turn", tmp_path, 1, SECONDS_MAX, mutant=mutant)
    assert "goes on after" in "".join(found["violations"])


@pytest.mark.slices
def test_the_program_ends_with_its_own_code_when_a_sync_fails(
    library: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    starts = ({"id": n, "method": "thread/start", "params": {"cwd": "/"}} for n in range(1, 30))
    asked = [{"id": 0, "method": "initialize", "params": HELLO}, {"method": "initialized"}, *starts]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.failing_server", str(home), str(LATE_SYNC)],
        cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": str(library)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin
        assert program.stdout
        assert program.stderr
        program.stdin.writelines(json.dumps(message) + "\n" for message in asked)
        program.stdin.flush()
        assert program.wait(20) == STORE_FAILED
        refused = [line for line in program.stdout if '"error"' in line]
        said = program.stderr.read()
    assert "the store failed: disk I/O error" in refused[-1]
    assert "Traceback" not in said
    assert check(home, at_rest=False) == []
