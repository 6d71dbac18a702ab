"""The page on goals says what the code does: states, waits, limits, tools, methods."""

import re
from pathlib import Path
from typing import get_args

from tests.support.methods import METHODS
from threadhost.actors.goal import OBJECTIVE_CHARS_MAX
from threadhost.actors.goal_tools import BY_THE_MODEL, GOAL_TOOLS
from threadhost.adapters.config import Settings
from threadhost.events.goal_state import GoalStatus

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "goals.md").read_text()


def first_cells(heading: str) -> list[str]:
    """The first cells of the table below a heading of the page, without its head."""
    return first_cells_of(PAGE, heading)


def first_cells_of(page: str, heading: str) -> list[str]:
    """The same of any page."""
    section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (.+?) \|", section, re.MULTILINE)
    return [cell.strip("`") for cell in cells[2:]]


def test_the_page_names_every_state() -> None:
    assert first_cells("The six states") == list(get_args(GoalStatus))


def test_the_page_names_every_method() -> None:
    named = {cell.split(" ")[0] for cell in first_cells("Methods")}
    assert named == {name for name in METHODS if "/goal/" in name}


def test_the_page_has_the_waits_and_the_limit_of_the_code() -> None:
    settings = Settings(Path())
    assert f"`goal_wait_ms` ({settings.goal_wait_ms})" in PAGE
    assert f"`goal_wait_max_ms` ({settings.goal_wait_max_ms})" in PAGE
    assert f"1 to {OBJECTIVE_CHARS_MAX:,} characters" in PAGE


def test_the_page_names_every_tool_and_every_state_that_the_model_may_set() -> None:
    section = PAGE.partition("## The model's tools\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(\w+_goal)`", section)) == set(GOAL_TOOLS)
    assert all(f"`{status}`" in section for status in map(str, BY_THE_MODEL))
