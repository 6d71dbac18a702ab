"""`threadhost stats`: with a host on the home, and without."""

from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Command, Grown
from tests.support.program import run_here, serving


def test_stats_without_a_running_host_names_the_command_that_starts_one(
    grown: Grown, command: Command
) -> None:
    done = command("stats")
    assert (done.code, done.out) == (1, "")
    start = f"`threadhost serve --home {grown.home}` starts one"
    assert done.err == f"threadhost: no host runs on {grown.home}; {start}\n"


@pytest.mark.slices
def test_stats_prints_the_numbers_of_a_running_host(tmp_path: Path) -> None:
    with serving(tmp_path / "h", "--listen", f"unix://{tmp_path}/s") as host:
        host.address()
        told = run_here("stats", "--home", str(tmp_path / "h"))
    lines = dict(line.split(None, 1) for line in told.stdout.splitlines())
    assert (told.stderr, told.returncode) == ("", 0)
    assert (lines["connections.open"], lines["connections.runningRequests"]) == ("1", "1")
    assert int(lines["toldPosition"]) == int(lines["log.position"]) > 0
    assert lines["threads.memory.usedBytes"] == "0"
