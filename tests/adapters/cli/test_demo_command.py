"""`threadhost demo` runs on a real host and leaves nothing behind."""

import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.program import COMMAND, environment, run, run_json


def folders(place: Path) -> list[Path]:
    return list(place.glob("threadhost-demo-*"))


@pytest.mark.slices
@pytest.mark.timeout(20)
def test_the_demo_prints_each_of_its_steps_and_leaves_no_files(tmp_path: Path) -> None:
    done = run("demo", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    for words in (
        "a tree of 8 threads grows",
        "its agent: Sunny",
        "turn 2: A lamp; that is all.",
        "the goal is complete: ",
        "completed: 5 rows completed, 0 failed; days.csv:",
        "Neptune  completed",
        "would delete 9 threads (9 live, 0 busy, 1 ephemeral)",
        "receipt at position",
        "the chain holds over",
        "no thread is listed; reading the root: thread not loaded",
        "nothing is left behind",
    ):
        assert words in done.stdout
    # How many items there are hangs on whether the agent ends before it is waited for.
    assert re.search(r"turn\.item_recorded\.v2 +(\d+), \1 erased", done.stdout)
    assert folders(tmp_path) == []


@pytest.mark.slow  # the same story as above, told to programs
@pytest.mark.timeout(20)
def test_the_demo_as_json_is_one_document_with_the_proof() -> None:
    document: dict[str, Any] = run_json("demo")
    assert document["turns"] == {"completed": 8}
    assert document["agents"] == 1
    assert document["goal"]["status"] == "complete"
    assert document["goal"]["turns"] == 2
    assert document["goal"]["tokensUsed"] > 0
    assert document["rows"] == 5
    assert document["deletion"]["receipt"]["threads"] == 8
    assert document["deletion"]["receipt"]["ephemeral"] == 1
    assert document["chain"]["position"] == document["log"]["events"]
    assert document["afterRestart"]["listed"] == 0


@pytest.mark.slices
@pytest.mark.timeout(20)
def test_a_demo_that_is_interrupted_removes_its_host_and_its_home(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(TMPDIR=str(tmp_path), PYTHONUNBUFFERED="1"),
    ) as demo:
        assert demo.stdout is not None
        next(line for line in demo.stdout if "threads grows" in line)
        demo.send_signal(signal.SIGSTOP)  # to look for its host may take longer than all the rest
        (host,) = psutil.Process(demo.pid).children()
        demo.send_signal(signal.SIGINT)
        demo.send_signal(signal.SIGCONT)
        demo.communicate(timeout=15)
        assert demo.returncode == 130
    assert not host.is_running()
    assert folders(tmp_path) == []
