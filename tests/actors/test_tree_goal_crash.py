"""The host dies anywhere while a tree works for one goal: all that was used is charged, once."""

import json
import random
from pathlib import Path

import pytest

from tests.support.dying import DIED, died, run_doomed
from tests.support.shares import shared_out
from tests.support.tree_goal_crash import POINTS
from tests.support.tree_goal_truth import faults_of, spent

KILLS = 5
"""In one home, so that forty seeds are two hundred."""
OFTEN = 14
"""How often a run comes to any point of the store at least."""
PARTS = 20
SEEDS = shared_out(40, of_slices=6)


def in_a_process(home: Path, point: str = "none", times: int = 0) -> tuple[int, str]:
    """Let the tree of a home work in a process of its own; its exit code and output."""
    return run_doomed("tree_goal_crash", home, point, times)


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often a tree comes to each point."""
    home = tmp_path_factory.mktemp("home")
    code, output = in_a_process(home)
    assert code == 0
    assert faults_of(home) == []
    assert spent(home) > 0
    found: dict[str, int] = json.loads(output)
    return found


@pytest.mark.slices
@pytest.mark.parametrize("part", range(PARTS))
def test_all_usage_of_a_tree_is_charged_once_wherever_the_host_dies(
    part: int, reached: dict[str, int], tmp_path: Path
) -> None:
    """Every twentieth of all times at all points, so that the tests together try all of them."""
    points = POINTS[2:]  # what dies before a commit has done nothing
    ways = [(point, times) for point in points for times in range(reached[point])]
    for point, times in ways[part::PARTS]:
        home = tmp_path / f"{point}-{times}"
        if not died(in_a_process(home, point, times), point, times):
            continue  # it gathered more in one append this time
        assert in_a_process(home)[0] == 0
        assert faults_of(home) == [], f"{point} {times}"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_tree_goal_shows_the_sum_of_the_usage_after_many_kills(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    killed = 0
    while killed < KILLS:
        point = chance.choice(POINTS)
        times = chance.randrange(OFTEN if point.startswith("store") else 1)
        killed += in_a_process(tmp_path, point, times)[0] == DIED
    assert in_a_process(tmp_path)[0] == 0
    assert faults_of(tmp_path) == []
    assert spent(tmp_path) > 0
