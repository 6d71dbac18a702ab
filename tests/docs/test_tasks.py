"""Ten tasks that a person does with the wheel and the documents alone (tasks.md lists them)."""

import re
import shlex
from itertools import takewhile
from pathlib import Path

import pytest

from tests.support.each import each
from tests.support.installed import Installed
from tests.support.pages import blocks, typed
from tests.support.reader import Reader

HERE = Path(__file__).parent
HEADING = re.compile(r"^## (.+)\n", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+)")
_, *PARTS = HEADING.split((HERE / "tasks.md").read_text())
TASKS = dict(zip(PARTS[::2], PARTS[1::2], strict=True))
WAIT_S = 240


def commands(task: str) -> list[list[str]]:
    """The words of the commands of ours that it takes."""
    shown = [block for block in blocks(task) if block.language == "console"]
    lines = [line.words for block in shown for line in typed(block.text)]
    ours = (part for line in lines for part in line.split("threadhost ")[1:])
    return [shlex.split(re.split(r"[|;>)]", part)[0]) for part in ours]


def test_there_are_ten_tasks_each_of_which_names_its_pages() -> None:
    assert len(TASKS) == 10
    for task in TASKS.values():
        assert all((HERE / link).resolve().is_file() for link in LINK.findall(task))


@each("name", TASKS)
def test_the_pages_of_a_task_mention_every_command_and_option_of_the_task(name: str) -> None:
    pages = [(HERE / link).resolve().read_text() for link in LINK.findall(TASKS[name])]
    assert pages
    for words in commands(TASKS[name]):
        verb = " ".join(takewhile(lambda word: re.fullmatch(r"[a-z-]+", word), words[:2]))
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        for word in (verb.removesuffix(" new"), *options):
            assert any(word in page for page in pages), f"no page of `{name}` says {word}"


@pytest.mark.slices
@pytest.mark.timeout(WAIT_S)
@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_done_with_the_installed_program(
    name: str, installed: Installed, desk: Path
) -> None:
    with Reader(desk, installed.programs) as reader:
        reader.read(blocks(TASKS[name]))
