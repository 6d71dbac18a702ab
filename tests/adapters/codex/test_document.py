"""The example in the page on coming from codex says what happens."""

import re
import shlex
from pathlib import Path

import pytest

from tests.support.program import run_here

PAGE = Path(__file__).resolve().parents[3] / "docs" / "importing.md"


def test_the_example_of_the_page_runs_as_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PAGE.read_text()
    [rollout] = re.findall(r"```json\n(.*?)\n```", text, re.DOTALL)
    [place] = re.findall(r"lies as `(\S+)`", text)
    [session] = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(rollout)
    monkeypatch.chdir(tmp_path)
    for part in session.removeprefix("$ ").split("\n$ "):
        command, *printed = part.strip().splitlines()
        done = run_here(*shlex.split(command)[1:])
        assert (done.returncode, done.stdout.splitlines()) == (0, printed)
        assert ("jsonl:4: the file ends within it" in done.stderr) == (len(printed) == 2)
