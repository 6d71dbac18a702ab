"""The host dies anywhere while agents are started, told and ended: nothing is lost nor doubled."""

import json
import random
from pathlib import Path

import pytest

from tests.support.agent_crash import POINTS
from tests.support.agent_truth import faults_of
from tests.support.dying import DIED, run_doomed

PARTS = 20
KILLS = 4
SEEDS = [
    pytest.param(seed, marks=pytest.mark.slices if seed < 4 else pytest.mark.slow)
    for seed in range(20)
]


def in_a_process(home: Path, point: str = "none", times: int = 0) -> tuple[int, str]:
    """Work on a home in a process of its own; its exit code and output."""
    return run_doomed("agent_crash", home, point, times)


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often a host comes to each point that is not killed."""
    home = tmp_path_factory.mktemp("home")
    code, output = in_a_process(home)
    assert code == 0
    assert faults_of(home) == []
    found: dict[str, int] = json.loads(output)
    return found


@pytest.mark.slices
@pytest.mark.parametrize("point", POINTS[1:])
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_lost_nor_doubled_wherever_the_host_dies(
    point: str, part: int, reached: dict[str, int], tmp_path: Path
) -> None:
    """Every twentieth time, so that the tests together try all of them."""
    for times in range(part, reached.get(point, 0), PARTS):
        home = tmp_path / str(times)
        if in_a_process(home, point, times)[0] != DIED:
            continue  # what agents do at once takes some commits more or less
        assert in_a_process(home)[0] == 0
        assert faults_of(home) == [], f"{point} {times}"


@pytest.mark.parametrize("seed", SEEDS)
def test_agents_are_whole_after_many_kills_in_one_home(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    for _ in range(KILLS):
        in_a_process(tmp_path, chance.choice(POINTS), chance.randrange(8))
    assert in_a_process(tmp_path)[0] == 0
    assert faults_of(tmp_path) == []
