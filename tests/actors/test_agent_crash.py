"""The host dies anywhere while agents are started, told and ended: nothing is lost nor doubled."""

import json
import random
import shutil
from pathlib import Path
from typing import Literal

import pytest

from tests.support.agent_crash import POINTS, TEAM
from tests.support.damage import BREAK, edit, places
from tests.support.dying import DIED, died, run_doomed
from tests.support.shares import shared_out
from tests.support.tree_truth import Most, faults_of

Family = Literal["v1", "v2"]
PARTS = 20
KILLS = 4
MOST = {"v1": Most(), "v2": Most(is_open=100_000, works=3)}
"""Of a team of four one is the lead."""
PARTS_OF_SLICES = 4
SEEDS = shared_out(20, of_slices=4)
families = pytest.mark.parametrize("family", MOST)


def made(home: Path, family: Family) -> Path:
    """A home whose models are offered this family of tools."""
    home.mkdir(mode=0o700, exist_ok=True)
    if family == "v2":
        (home / "config.toml").write_text(TEAM)
    return home


def in_a_process(home: Path, point: str = "none", times: int = 0) -> tuple[int, str]:
    """Work on a home in a process of its own; its exit code and output."""
    return run_doomed("agent_crash", home, point, times)


class Undisturbed:
    """Homes on which a host worked and did not die, and how often it came to each point."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reached: dict[Family, dict[str, int]] = {}

    def reached(self, family: Family) -> dict[str, int]:
        """How often a host comes to each point that is not killed."""
        if family not in self._reached:
            home = self.home(family)
            code, output = in_a_process(home)
            assert code == 0
            assert faults_of(home, MOST[family]) == []
            self._reached[family] = json.loads(output)
        return self._reached[family]

    def home(self, family: Family) -> Path:
        """The home, once it was reached."""
        return made(self._folder / family, family)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return Undisturbed(tmp_path_factory.mktemp("homes"))


@families
@pytest.mark.parametrize("point", POINTS[1:])
@pytest.mark.parametrize("part", shared_out(PARTS, PARTS_OF_SLICES))
def test_no_agent_message_is_lost_or_doubled_wherever_the_host_dies(
    family: Family, point: str, part: int, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """Every twentieth time, so that the tests together try all of them."""
    for times in range(part, undisturbed.reached(family)[point], PARTS):
        home = made(tmp_path / str(times), family)
        if not died(in_a_process(home, point, times), point, times):
            continue  # what agents do at once takes some commits more or less
        assert in_a_process(home)[0] == 0
        assert faults_of(home, MOST[family]) == [], f"{point} {times}"


@families
@pytest.mark.parametrize("seed", SEEDS)
def test_agents_are_whole_after_many_kills_in_one_home(
    family: Family, seed: int, tmp_path: Path
) -> None:
    chance, home = random.Random(seed), made(tmp_path / "home", family)
    for _ in range(KILLS):
        in_a_process(home, chance.choice(POINTS), chance.randrange(8))
    assert in_a_process(home)[0] == 0
    assert faults_of(home, MOST[family]) == []


@pytest.mark.slices
@families
@pytest.mark.parametrize(
    "kind", ["sent", "received", "taken"], ids=lambda kind: f"a message {kind}"
)
def test_a_tree_comes_to_rest_though_its_newest_message_cannot_be_read(
    family: Family, kind: str, tmp_path: Path
) -> None:
    home = made(tmp_path / "home", family)
    assert in_a_process(home, "agent.message_delivered")[0] == DIED
    edit(home, BREAK, places(home, f"agent.message_{kind}.v1")[-1])
    assert in_a_process(home)[0] == 0


EDITS = {
    "an edge": "DELETE FROM spawn_edges WHERE child_id = (SELECT min(child_id) FROM spawn_edges)",
    "a parent": "UPDATE threads SET depth = 7 WHERE id = (SELECT max(id) FROM threads)",
    "a charge": "UPDATE thread_goals SET tokens_used = tokens_used + 1",
    "a row that waits": "INSERT INTO agent_mail VALUES ('s', 1, 'sent', 't', NULL)",
    "a row that is spent": "INSERT INTO goal_spendings VALUES ('t', 'r', 1)",
}
LOST = (
    *("agent.message_sent.v1", "agent.message_received.v1", "agent.message_settled.v1"),
    *("agent.message_taken.v1", "agent.ended.v1", "agent.end_heard.v1", "agent.started.v1"),
    *("goal.spent.v1", "goal.tree_charged.v1", "agent.context_given.v1"),
)


@pytest.mark.slices
@families
@pytest.mark.parametrize("what", [*EDITS, *LOST])
def test_the_check_of_agent_trees_detects_every_kind_of_edit_and_loss(
    family: Family, what: str, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    undisturbed.reached(family)
    home = shutil.copytree(undisturbed.home(family), tmp_path / "home")
    if what in EDITS:
        edit(home, EDITS[what])
    else:
        edit(home, BREAK, places(home, what)[0])
    assert faults_of(home, MOST[family]) != []
