"""The host dies anywhere while a goal goes on: it goes on once, each response is charged once."""

import json
import random
from pathlib import Path

import pytest

from tests.support.dying import DIED, run_doomed
from tests.support.goal_crash import POINTS
from tests.support.goal_truth import faults
from tests.support.shares import shared_out

KILLS = 10
"""In one home, so that twenty seeds are two hundred."""
PARTS = 8
SEEDS = shared_out(20, of_slices=4)


def in_a_process(home: Path, point: str = "none", times: int = 0) -> tuple[int, str]:
    """Go on with the goal of a home in a process of its own; its exit code and output."""
    return run_doomed("goal_crash", home, point, times)


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often a goal of a few turns comes to each point."""
    home = tmp_path_factory.mktemp("home")
    code, output = in_a_process(home)
    assert code == 0
    assert faults(home) == []
    found: dict[str, int] = json.loads(output)
    return found


@pytest.mark.slices
@pytest.mark.parametrize("point", POINTS[1:])
@pytest.mark.parametrize("part", range(PARTS))
def test_a_goal_goes_on_once_wherever_the_host_dies(
    point: str, part: int, reached: dict[str, int], tmp_path: Path
) -> None:
    """Every eighth time, so that the tests together try all of them."""
    for times in range(part, reached[point], PARTS):
        home = tmp_path / str(times)
        assert in_a_process(home, point, times)[0] == DIED
        code, _ = in_a_process(home)
        assert code == 0
        assert faults(home) == [], f"{point} {times}"


@pytest.mark.parametrize("seed", SEEDS)
def test_goals_show_the_sum_of_their_charges_after_many_kills(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    killed = 0
    while killed < KILLS:
        point, times = chance.choice(POINTS), chance.randrange(14)
        killed += in_a_process(tmp_path, point, times)[0] == DIED
    assert in_a_process(tmp_path)[0] == 0
    assert faults(tmp_path) == []
