"""The host dies anywhere while a model calls servers' tools: each call and question has one end."""

import json
from pathlib import Path

import pytest

from tests.support.dying import DIED, run_doomed
from tests.support.mcp_crash import POINTS, faults

PARTS = 20

pytestmark = pytest.mark.slices


def in_a_process(home: Path, point: str = "none", times: int = 0) -> tuple[int, str]:
    """Have tools called in a process of its own; its exit code and output."""
    home.mkdir(mode=0o700, exist_ok=True)
    return run_doomed("mcp_crash", home, point, times)


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often such a turn comes to each point."""
    home = tmp_path_factory.mktemp("whole") / "home"
    code, output = in_a_process(home)
    assert code == 0
    assert faults(home) == []
    found: dict[str, int] = json.loads(output)
    return found


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_call_and_its_elicitation_have_one_end_wherever_the_host_dies(
    point: str, part: int, reached: dict[str, int], tmp_path: Path
) -> None:
    """Every twentieth time, which is one: the tests together try all of them."""
    for times in range(part, reached[point], PARTS):
        home = tmp_path / str(times)
        assert in_a_process(home, point, times)[0] in (DIED, 0)  # 0: two appends shared a commit
        assert in_a_process(home, "look")[0] == 0
        assert faults(home) == [], f"{point} {times}"
