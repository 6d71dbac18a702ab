"""What docs/jobs.md says to type, carried out as it stands there."""

import csv
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.support.program import run_here, serving

PAGE = Path("docs/jobs.md")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
ASSIGNED = re.compile(r"(\w+)=\$\((threadhost .*?) (\|.*)\)")


def typed(block: str) -> list[str]:
    """The lines of a terminal that somebody types."""
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


def shell(line: str, given: str = "") -> str:
    """What a line prints that runs no program of ours."""
    words = ["/bin/bash", "-e", "-u", "-o", "pipefail", "-c", line]
    return subprocess.run(words, input=given, capture_output=True, text=True, check=True).stdout


class Terminal:
    """Carries out lines as a shell does, with our program in this process: it starts quicker."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}

    def type(self, line: str) -> None:
        """Carry out one line, which has to succeed."""
        if line.startswith("export "):
            self._assign(*line.removeprefix("export ").split("="))
        elif found := ASSIGNED.fullmatch(line):
            self._assign(found[1], shell(f"cat {found[3]}", self._program(found[2])).strip())
        elif line.startswith("threadhost "):
            self._program(line)
        else:
            shell(line)

    def _assign(self, name: str, value: str) -> None:
        self.variables[name] = value

    def _program(self, line: str) -> str:
        for name, value in self.variables.items():
            line = line.replace(f"${name}", shlex.quote(value))
        env = {name: value for name, value in self.variables.items() if name.isupper()}
        done = run_here(*shlex.split(line)[1:], **env)
        assert (done.returncode, done.stderr) == (0, ""), line
        return done.stdout


@pytest.mark.slices
def test_the_lines_of_the_shell_run_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PAGE.read_text().partition("## From the shell")[2].partition("\n## ")[0]
    (serve,), other = map(typed, BLOCK.findall(page))
    words = shlex.split(serve)
    assert words[:4] == ["threadhost", "serve", "--home", "home"]
    monkeypatch.chdir(tmp_path)
    terminal = Terminal()
    with serving(tmp_path / words[3], *words[4:]) as host:
        host.address()
        for line in other:
            terminal.type(line)
    with (tmp_path / "towns" / "hello.csv").open(newline="") as file:
        answers = [row["result_json"] for row in csv.DictReader(file)]
    assert answers == ['{"answer":"Say hello to Athens."}', '{"answer":"Say hello to Verona."}']
    assert len((tmp_path / "towns" / "all.jsonl").read_text().splitlines()) == 2
