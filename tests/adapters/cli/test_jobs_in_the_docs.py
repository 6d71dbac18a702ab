"""What docs/jobs.md says to type, typed as it stands there."""

import csv
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import END_S, environment, serving

PAGE = Path("docs/jobs.md")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def typed(block: str) -> list[str]:
    """The lines of a terminal that somebody types."""
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.slices
def test_the_lines_of_the_shell_run_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PAGE.read_text().partition("## From the shell")[2].partition("\n## ")[0]
    one, other = map(typed, BLOCK.findall(page))
    (serve,) = one
    words = shlex.split(serve)
    assert words[:4] == ["threadhost", "serve", "--home", "home"]
    monkeypatch.chdir(tmp_path)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    with serving(tmp_path / words[3], *words[4:]) as host:
        host.address()
        done = subprocess.run(
            ["/bin/bash", "-e", "-u", "-o", "pipefail"],
            input="\n".join(other),
            capture_output=True,
            text=True,
            check=False,
            timeout=END_S,
            env=environment(PATH=path),
        )
    assert (done.returncode, done.stderr) == (0, "")
    with (tmp_path / "towns" / "hello.csv").open(newline="") as file:
        answers = [row["result_json"] for row in csv.DictReader(file)]
    assert answers == ['{"answer":"Say hello to Athens."}', '{"answer":"Say hello to Verona."}']
    assert len((tmp_path / "towns" / "all.jsonl").read_text().splitlines()) == 2
